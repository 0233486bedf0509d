"""A claim with one predicate of each kind."""

from absorption.claims import Claim, Evidence, Predicate, Quotation, Record, conclude

WORDS = (Quotation("a tiny claim holds", "someone2024", "§2"),)
CLAIM = Claim(
    id="99_tiny",
    title="Tiny?",
    sentence="A tiny claim holds.",
    quotations=WORDS,
    predicates=(
        Predicate("small", "the gap is small", "gap", because="nobody sees less", below=0.02, essential=True),
        Predicate("tall", "recall is high", "recall", because="one in ten is missed", above=0.9),
        Predicate("learned", "it reconstructs", "variance", because="half is noise", above=0.5, role="gate"),
        Predicate(
            "oracle", "the oracle is perfect", "oracle", because="it knows", above=0.99, role="control"
        ),
    ),
)
SEEDS = (0, 1)
DESIGN = {"n": 3}
EVIDENCE = (
    Evidence("gap", 0.01, 0.005, 0.015, n=5),
    Evidence.exactly("recall", 0.95),
    Evidence("variance", 0.8, 0.7, 0.9, n=5),
    Evidence.exactly("oracle", 1),
)


def run(*evidence: Evidence, claim: Claim = CLAIM, profile: str = "laptop", **more) -> Record:
    """Conclude about the claim, with some of its evidence changed."""
    given = {e.name: e for e in EVIDENCE} | {e.name: e for e in evidence}
    asked = {"found": "The gap is {gap:.2f}.", "headline": "gap"} | more
    return conclude(
        claim, given.values(), seeds=SEEDS, parameters=DESIGN, profile=profile, device="cpu", **asked
    )
