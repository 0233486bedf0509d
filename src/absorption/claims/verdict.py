"""From intervals to outcomes, and from outcomes to one verdict a tier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from absorption.claims.claim import TIERS, Claim, Predicate, Tier
from absorption.claims.evidence import Evidence

MOST_NAMED = 3
"""Predicates that the reason of a verdict names; of more it says how many."""

BETWEEN_REASONS = " · "

ASIDE = {
    "gate": "not learned",
    "match": "not comparable",
    "null": "no better than the null",
    "control": "a control fails",
}
"""What it means, role by role, that a predicate beside those that decide does not hold."""

AFTERWARDS = "failed, but post hoc"


class Outcome(StrEnum):
    """What became of one predicate."""

    HOLDS = "holds"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"
    NOT_AVAILABLE = "not available"
    NOT_RUN = "not run"


class Verdict(StrEnum):
    """What became of a claim in one tier."""

    SUPPORTED = "supported"
    QUALIFIED = "qualified"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Judged:
    """A predicate, what became of it, and whether it was frozen only after its numbers had been seen."""

    predicate: Predicate
    outcome: Outcome
    post_hoc: bool = False


def judge(predicate: Predicate, evidence: Evidence) -> Outcome:
    """Judge a predicate on the whole interval of its evidence; bounds are strict.

    It holds if all of the interval lies within the bounds, fails if all of it lies outside, and is
    inconclusive if the interval straddles a bound.

    >>> small = Predicate("small", "no gap", "gap", because="nobody sees less", below=0.02)
    >>> [str(judge(small, Evidence("gap", 0.01, 0.005, high))) for high in (0.015, 0.025)]
    ['holds', 'inconclusive']
    """
    if evidence.value is None:
        return Outcome.NOT_AVAILABLE
    low, high = evidence.interval
    above = float("-inf") if predicate.above is None else predicate.above
    below = float("inf") if predicate.below is None else predicate.below
    if above < low and high < below:
        return Outcome.HOLDS
    if high <= above or low >= below:
        return Outcome.FAILS
    return Outcome.INCONCLUSIVE


def decide(judged: Iterable[Judged]) -> tuple[Verdict, str]:
    """The verdict of one tier, and why it is not *supported*: the predicates that keep it from that, at most three.

    A gate that does not hold says that the SAEs had not learned, a match that what was compared differs in more than
    the thing claimed, a null or a control that the measurement cannot tell: inconclusive. An essential predicate that fails refutes the claim, if it was
    registered before; one that is open, or that failed but was frozen after the fact, leaves the claim open. With
    every essential predicate holding, the claim is supported if all others hold too and all were registered.

    >>> small = Predicate("small", "no gap", "gap", because="nobody sees less", below=0.02, essential=True)
    >>> for outcome in (Outcome.HOLDS, Outcome.FAILS, Outcome.INCONCLUSIVE):
    ...     verdict, why = decide([Judged(small, outcome)])
    ...     print(f"{verdict} ({why})")
    supported ()
    refuted (no gap)
    inconclusive (inconclusive: no gap)
    """
    seen = list(judged)
    unmet = sorted(
        (j for j in seen if j.outcome is not Outcome.HOLDS), key=lambda j: list(Outcome).index(j.outcome)
    )
    spoiled = [(words, j) for role, words in ASIDE.items() for j in unmet if j.predicate.role == role]
    if spoiled:
        return Verdict.INCONCLUSIVE, _named(spoiled)
    essential = [j for j in unmet if j.predicate.essential]
    refuting = [("", j) for j in essential if j.outcome is Outcome.FAILS and not j.post_hoc]
    if refuting:
        return Verdict.REFUTED, _named(refuting)
    if essential:
        return Verdict.INCONCLUSIVE, _named(
            [(AFTERWARDS if j.outcome is Outcome.FAILS else j.outcome, j) for j in essential]
        )
    if unmet:
        return Verdict.QUALIFIED, _named([(j.outcome, j) for j in unmet])
    if any(one.post_hoc for one in seen):
        return Verdict.QUALIFIED, "post hoc: its bounds were frozen after its numbers had been seen"
    return Verdict.SUPPORTED, ""


def _named(reasons: Sequence[tuple[str, Judged]]) -> str:
    """Predicates by the reason for which they are named, at most `MOST_NAMED` of them: `fails: a; b · inconclusive: c`."""
    groups = []
    for words, group in groupby(reasons[:MOST_NAMED], key=lambda reason: reason[0]):
        statements = "; ".join(one.predicate.statement for _, one in group)
        groups.append(f"{words}: {statements}" if words else statements)
    more = len(reasons) - MOST_NAMED
    return BETWEEN_REASONS.join(groups) + (f"; and {more} more" if more > 0 else "")


def judge_claim(
    claim: Claim, evidence: Sequence[Evidence], post_hoc: Sequence[str], not_run: Mapping[Tier, str]
) -> tuple[dict[str, Outcome], dict[Tier, Verdict], dict[Tier, str]]:
    """Outcomes by predicate, verdicts and their reasons by tier.

    >>> from absorption.claims.claim import Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> outcomes, verdicts, why = judge_claim(claim, [Evidence.exactly("gap", 0.5)], post_hoc=[], not_run={})
    >>> print(outcomes["small"], verdicts["proof"], why["proof"], sep="; ")
    fails; refuted; no gap
    """
    by_name = {e.name: e for e in evidence}
    if len(by_name) < len(evidence):
        raise ValueError(f"claim {claim.id}: two pieces of evidence share a name.")
    for tier, reason in not_run.items():
        if tier not in TIERS or not reason.strip():
            raise ValueError(f"claim {claim.id}: not_run needs a tier of {TIERS} and a reason for {tier!r}.")
    asked = (*claim.predicates, *claim.findings)
    missing = {one.evidence for one in asked if one.tier not in not_run} - set(by_name)
    if missing:
        raise ValueError(f"claim {claim.id}: no evidence named {', '.join(sorted(missing))}.")
    outcomes = {
        p.name: Outcome.NOT_RUN if p.tier in not_run else judge(p, by_name[p.evidence])
        for p in claim.predicates
    }
    verdicts: dict[Tier, Verdict] = {}
    why: dict[Tier, str] = {}
    for tier in TIERS:
        if tier in not_run:
            verdicts[tier], why[tier] = Verdict.NOT_RUN, not_run[tier]
        elif tier in claim.tiers:
            verdicts[tier], why[tier] = decide(
                Judged(p, outcomes[p.name], p.name in post_hoc) for p in claim.predicates if p.tier == tier
            )
    return outcomes, verdicts, why
