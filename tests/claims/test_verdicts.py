"""Claims, outcomes and verdicts: no verdict is stronger than the weakest part that it rests on."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tiny import CLAIM, WORDS, run

from absorption.claims import Claim, Evidence, Outcome, Predicate, Quotation, Verdict
from absorption.claims.claim import Role
from absorption.claims.verdict import Judged, decide, judge

STRENGTH = {Verdict.SUPPORTED: 2, Verdict.QUALIFIED: 1, Verdict.INCONCLUSIVE: 0}
OPEN = (Outcome.INCONCLUSIVE, Outcome.NOT_AVAILABLE)


def predicate(name: str = "p", role: Role = "deciding", essential: bool = False, **bounds) -> Predicate:
    bound = bounds or {"above": 0}
    return Predicate(name, f"{name} is so", "x", because="why", role=role, essential=essential, **bound)


def judged(role: Role = "deciding") -> some.SearchStrategy[Judged]:
    """A predicate of one role with any outcome, registered or not."""
    essential = some.booleans() if role == "deciding" else some.just(False)
    asked = some.builds(predicate, role=some.just(role), essential=essential)
    outcomes = some.sampled_from([Outcome.HOLDS, Outcome.FAILS, *OPEN])
    return some.builds(Judged, asked, outcomes, some.booleans())


TIERS = some.tuples(
    some.builds(Judged, some.just(predicate(essential=True)), some.sampled_from(Outcome), some.booleans()),
    some.lists(some.one_of(*map(judged, get_args(Role))), max_size=6),
).map(lambda parts: [parts[0], *parts[1]])


def ceiling(one: Judged) -> int:
    """The strongest verdict in favour of the claim that this predicate alone leaves possible."""
    if one.outcome is Outcome.HOLDS:
        return 1 if one.post_hoc else 2
    decides_alone = one.predicate.essential or one.predicate.role != "deciding"
    return 0 if decides_alone else 1


@given(TIERS)
def test_no_verdict_is_stronger_than_its_weakest_part(tier):
    verdict, why = decide(tier)
    if verdict is not Verdict.REFUTED:
        assert STRENGTH[verdict] == min(map(ceiling, tier))
    assert bool(why) == (verdict is not Verdict.SUPPORTED)


@given(TIERS)
def test_refuted_needs_a_registered_essential_failure_beside_gates_matches_nulls_and_controls_that_hold(tier):
    fails = any(one.predicate.essential and one.outcome is Outcome.FAILS and not one.post_hoc for one in tier)
    aside = [one for one in tier if one.predicate.role != "deciding"]
    sound = all(one.outcome is Outcome.HOLDS for one in aside)
    verdict, why = decide(tier)
    assert (verdict is Verdict.REFUTED) == (fails and sound)
    if not sound:
        assert verdict is Verdict.INCONCLUSIVE
        assert why.startswith(("not learned", "not comparable", "no better than the null", "a control fails"))


@given(TIERS, judged())
def test_a_predicate_asked_after_the_fact_never_strengthens(tier, late):
    before, _ = decide(tier)
    after, _ = decide([*tier, replace(late, post_hoc=True)])
    if Verdict.REFUTED in (before, after):
        assert before == after
    else:
        assert STRENGTH[after] <= min(STRENGTH[before], STRENGTH[Verdict.QUALIFIED])


@given(TIERS)
def test_what_was_registered_counts_no_less_than_what_was_not(tier):
    early, _ = decide([replace(one, post_hoc=False) for one in tier])
    late, _ = decide([replace(one, post_hoc=True) for one in tier])
    assert late is not Verdict.REFUTED and late is not Verdict.SUPPORTED
    if early is not Verdict.REFUTED:
        assert STRENGTH[late] <= STRENGTH[early]


def test_a_reason_names_what_does_not_hold_three_at_most_the_worst_first():
    named = {
        name: Judged(predicate(name), outcome)
        for name, outcome in zip("abcd", [*OPEN, Outcome.FAILS, Outcome.FAILS], strict=True)
    }
    sound = Judged(predicate("e", essential=True), Outcome.HOLDS)
    assert decide([named["a"], sound, named["c"]])[1] == "fails: c is so · inconclusive: a is so"
    assert (
        decide([sound, *named.values()])[1] == "fails: c is so; d is so · inconclusive: a is so; and 1 more"
    )
    gates = [Judged(predicate(name, "gate"), Outcome.FAILS) for name in "xy"]
    null = Judged(predicate("z", "null"), Outcome.FAILS)
    why = decide([sound, null, *gates, named["c"]])[1]
    assert why == "not learned: x is so; y is so · no better than the null: z is so"
    essential = [
        Judged(predicate(name, essential=True), Outcome.FAILS, late)
        for name, late in (("v", True), ("w", False))
    ]
    assert decide(essential) == (Verdict.REFUTED, "w is so")
    assert decide(essential[:1]) == (Verdict.INCONCLUSIVE, "failed, but post hoc: v is so")


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.0, 0.019, Outcome.HOLDS),
        (0.0, 0.02, Outcome.INCONCLUSIVE),  # a bound is strict
        (0.01, 0.03, Outcome.INCONCLUSIVE),
        (0.02, 0.03, Outcome.FAILS),
        (0.5, 0.6, Outcome.FAILS),
    ],
)
def test_a_predicate_is_judged_on_the_interval(low, high, outcome):
    assert judge(predicate(below=0.02), Evidence("x", (low + high) / 2, low, high)) is outcome


def test_both_bounds_count_and_no_number_is_no_outcome():
    between = predicate(above=0.0, below=1.0)
    assert judge(between, Evidence("x", 0.5, 0.4, 0.6)) is Outcome.HOLDS
    assert judge(between, Evidence("x", 0.0, -0.1, 0.1)) is Outcome.INCONCLUSIVE
    assert judge(between, Evidence("x", 0.5, -0.1, 1.1)) is Outcome.INCONCLUSIVE
    assert judge(between, Evidence("x", 2.0, 1.5, 2.5)) is Outcome.FAILS
    assert judge(between, Evidence.exactly("x", 0)) is Outcome.FAILS
    assert judge(between, Evidence.exactly("x", 1)) is Outcome.FAILS
    assert judge(between, Evidence.not_available("x", "no word is judged")) is Outcome.NOT_AVAILABLE


def test_one_verdict_for_each_tier_and_a_reason_where_not_run():
    far = Predicate("far", "so in the hub", "far", because="why", above=0, tier="hub", essential=True)
    near = Predicate("near", "it learned there", "far", because="why", above=0, tier="hub", role="gate")
    proved = Predicate(
        "proved", "it agrees", "proofs", because="all", above=0.5, tier="proof", essential=True
    )
    claim = replace(CLAIM, id="98_tiers", predicates=(*CLAIM.predicates, far, near, proved))
    record = run(Evidence.exactly("proofs", 1), claim=claim, not_run={"hub": "no hub can be reached"})
    assert record.verdicts == {"proof": "supported", "toy": "qualified", "hub": "not run"}
    assert record.outcomes["far"] is Outcome.NOT_RUN
    assert "hub: not run (no hub can be reached)" in str(record)
    with pytest.raises(ValueError, match="no evidence named far"):
        run(Evidence.exactly("proofs", 1), claim=claim)
    with pytest.raises(ValueError, match="reason"):
        run(Evidence.exactly("proofs", 1), claim=claim, not_run={"hub": " "})


GATE = predicate("gate", "gate")
ESSENTIAL = predicate("e", essential=True)


def claim_of(*predicates: Predicate, id: str = "99_tiny", quotations=WORDS) -> Claim:
    return Claim(id, "t", "s", quotations, predicates)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Predicate("p", "s", "x", because="why"), "above="),
        (lambda: predicate(above=1, below=1), "nothing"),
        (lambda: predicate(role="control", essential=True), "cannot be essential"),
        (lambda: Predicate("p", "s", "x", above=1), "because="),
        (lambda: Quotation("", "s", "p"), "needs its words"),
        (lambda: Quotation("word " * 61, "s", "p"), "more than 60 words"),
        (lambda: claim_of(predicate(), GATE), "essential"),
        (lambda: claim_of(ESSENTIAL), "needs a gate"),
        (lambda: claim_of(), "no predicate"),
        (lambda: claim_of(ESSENTIAL, ESSENTIAL, GATE), "twice"),
        (lambda: claim_of(ESSENTIAL, GATE, quotations=()), "quotes nobody"),
        (lambda: claim_of(ESSENTIAL, GATE, id="tiny"), "two digits"),
        (lambda: claim_of(ESSENTIAL, GATE, *[predicate(f"p{n}") for n in range(6)]), "at most 6"),
        (lambda: run(found="{gap} {gap} {gap} {gap}"), "at most 3"),
        (lambda: run(found="{gape}"), "no evidence"),
        (lambda: run(headline="gape"), "gape, which the ledger"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
