"""From intervals to outcomes, and from outcomes to one verdict a tier."""

from collections.abc import Iterable
from enum import StrEnum

from absorption.claims.claim import Predicate
from absorption.claims.evidence import Evidence


class Outcome(StrEnum):
    """What became of one predicate."""

    HOLDS = "holds"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"


class Verdict(StrEnum):
    """What became of a claim in one tier."""

    SUPPORTED = "supported"
    QUALIFIED = "qualified"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"


def judge(predicate: Predicate, evidence: Evidence) -> Outcome:
    """Judge a predicate on the whole interval of its evidence; bounds are strict.

    It holds if all of the interval lies within the bounds, fails if all of it lies outside, and is
    inconclusive if the interval straddles a bound.
    """
    low, high = evidence.interval
    above = float("-inf") if predicate.above is None else predicate.above
    below = float("inf") if predicate.below is None else predicate.below
    if above < low and high < below:
        return Outcome.HOLDS
    if high <= above or low >= below:
        return Outcome.FAILS
    return Outcome.INCONCLUSIVE


def decide(outcomes: Iterable[tuple[Predicate, Outcome]]) -> Verdict:
    """The verdict of one tier.

    A control that does not hold makes everything else worthless: inconclusive. An essential predicate
    that fails refutes the claim; one that is inconclusive leaves it open. With every essential predicate
    holding, the claim is supported if all others hold too, and qualified if one does not.
    """
    seen = list(outcomes)
    controls = {outcome for predicate, outcome in seen if predicate.control}
    essential = {outcome for predicate, outcome in seen if predicate.essential}
    others = {outcome for _, outcome in seen}
    if controls - {Outcome.HOLDS}:
        return Verdict.INCONCLUSIVE
    if Outcome.FAILS in essential:
        return Verdict.REFUTED
    if essential - {Outcome.HOLDS}:
        return Verdict.INCONCLUSIVE
    return Verdict.SUPPORTED if others == {Outcome.HOLDS} else Verdict.QUALIFIED
