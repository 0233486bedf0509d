"""From a claim and its evidence to the record of a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from absorption.claims.claim import Claim, Tier
from absorption.claims.evidence import Evidence
from absorption.claims.provenance import commit, source_hash, versions
from absorption.claims.record import LAPTOP, QUICK, Record
from absorption.claims.registration import dates
from absorption.claims.verdict import judge_claim

MOST_NUMBERS = 3  # of the sentence that says what was found


def conclude(
    claim: Claim,
    evidence: Iterable[Evidence],
    *,
    found: str,
    headline: str,
    seeds: Iterable[int],
    parameters: Mapping[str, Any],
    profile: str,
    device: str,
    not_run: Mapping[Tier, str] | None = None,
) -> Record:
    """Judge every predicate, write the record and return it.

    >>> import os, tempfile
    >>> from unittest.mock import patch
    >>> from absorption.claims import Predicate, Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_RESULTS=folder):
    ...     record = conclude(
    ...         claim, [Evidence.exactly("gap", 0.01)], found="The gap is {gap:.2f}.", headline="gap",
    ...         seeds=[0], parameters={"n": 3}, profile="laptop", device="cpu",
    ...     )
    >>> record.found, record.verdict_lines()
    ('The gap is 0.01.', ['proof: supported'])

    Args:
        claim: Frozen before the run.
        evidence: One for each predicate and finding that was tested; more are recorded for the page to cite.
        found: What was found in a plain sentence; `{name}`, `{name_low}` and `{name_high}` (with a format, such as
            `{recall:.0%}`) stand for at most three numbers of the evidence.
        headline: Name of the evidence that the ledger shows with its interval.
        seeds: Every seed that was used.
        parameters: The notebook's parameters; they must be JSON.
        profile: `laptop` gives `results/<id>.json`; any other gives `results/<id>.<profile>.json`.
        device: Where it ran.
        not_run: Tier to reason, for each tier that was not run.

    Raises:
        ValueError: a predicate, finding or headline lacks its evidence, two pieces of evidence share a name, a tier
            that was not run has no reason, or `found` has more than three numbers or none that exists.
        RegistrationError: the claim's registration is damaged.
        OSError: the record cannot be written.
    """
    gathered = tuple(evidence)
    reasons = dict(not_run or {})
    days = dates(claim)
    post_hoc = tuple(name for name, (_, late) in days.items() if late)
    outcomes, verdicts, why = judge_claim(claim, gathered, post_hoc, reasons)
    record = Record(
        claim=claim,
        evidence=gathered,
        outcomes=outcomes,
        verdicts=verdicts,
        why=why,
        found=_sentence(claim, found, gathered),
        headline=headline,
        frozen={name: day for name, (day, _) in days.items()},
        post_hoc=post_hoc,
        profile=profile,
        device=device,
        seeds=tuple(int(seed) for seed in seeds),
        parameters=dict(parameters),
        versions=versions(),
        source=source_hash(claim.id),
    )
    if not reasons and record.get(headline) is None:
        raise ValueError(f"claim {claim.id}: no evidence named {headline}, which the ledger is to show.")
    if profile not in (LAPTOP, QUICK):
        record = replace(record, made={"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit()})
    record.write()
    return record


def _sentence(claim: Claim, found: str, evidence: Sequence[Evidence]) -> str:
    """The sentence with its numbers."""
    fields = [name for _, name, _, _ in Formatter().parse(found) if name is not None]
    if len(fields) > MOST_NUMBERS:
        raise ValueError(
            f"claim {claim.id}: found= has {len(fields)} numbers, at most {MOST_NUMBERS} may stand there."
        )
    numbers: dict[str, float] = {}
    for one in evidence:
        if one.value is not None:
            low, high = one.interval
            numbers |= {one.name: one.value, f"{one.name}_low": low, f"{one.name}_high": high}
    missing = set(fields) - set(numbers)
    if missing:
        raise ValueError(
            f"claim {claim.id}: found= names {', '.join(sorted(missing))}, of which there is no evidence."
        )
    return found.format(**numbers)
