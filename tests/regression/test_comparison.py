"""The comparison of records: what it lets pass and what it does not."""

from dataclasses import replace

import pytest
from rerun import allowed, close_calls, compare

from absorption.claims import Claim, Evidence, Outcome, Predicate, Quotation, Record, Verdict, conclude


@pytest.fixture
def record(tmp_path, monkeypatch) -> Record:
    """One clear predicate, one close call, and a number that is not there."""
    monkeypatch.setenv("ABSORPTION_ROOT", str(tmp_path))
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))
    predicates = (
        Predicate("clear", "far from its bound", "far", because="why", above=0.5, essential=True),
        Predicate("close", "near its bound", "near", because="why", above=0.5),
        Predicate("lost", "nobody knows", "none", because="why", above=0.5),
        Predicate("learned", "it learned", "far", because="why", above=0, role="gate"),
    )
    claim = Claim("99_tiny", "t", "s", (Quotation("w", "s2024", "§1"),), predicates)
    evidence = (
        Evidence("far", 0.9, 0.8, 1.0),
        Evidence("near", 0.6, 0.51, 0.7),
        Evidence.not_available("none", "no word is judged"),
    )
    return conclude(
        claim, evidence, found="Far.", headline="far", seeds=[0], parameters={}, profile="quick", device="cpu"
    )


def moved(record: Record, by: float) -> Record:
    first, *others = record.evidence
    value = first.value + by
    return replace(record, evidence=(Evidence(first.name, value, value - 0.1, value + 0.1), *others))


def test_a_record_is_like_itself_and_near_itself(record):
    compare(record, record)
    compare(moved(record, 0.9 * allowed(record, record["far"], record["far"])), record)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_number_that_moved_is_named(record, sign):
    with pytest.raises(AssertionError, match=r"far: 0\.9 became"):
        compare(moved(record, sign * 1.1 * allowed(record, record["far"], record["far"])), record)


def test_a_number_that_appears_or_goes_is_named(record):
    *others, _ = record.evidence
    there = replace(record, evidence=(*others, Evidence.exactly("none", 1)))
    with pytest.raises(AssertionError, match="none: not available"):
        compare(there, record)
    with pytest.raises(AssertionError, match="none: 1, exact became not available"):
        compare(record, there)


def test_a_verdict_that_changed_is_seen(record):
    with pytest.raises(AssertionError):
        compare(replace(record, verdicts={"toy": Verdict.REFUTED}), record)


def test_the_wider_interval_says_how_far_a_number_may_move(record):
    narrow, wide = Evidence("far", 0.9, 0.89, 0.91), Evidence("far", 0.9, 0.5, 1.0)
    assert (
        allowed(record, narrow, wide) == allowed(record, wide, narrow) == pytest.approx(1e-6 + 0.009 + 0.125)
    )
    assert allowed(record, narrow, narrow) == pytest.approx(1e-6 + 0.009 + 0.005)


def test_short_runs_on_a_language_model_may_move_by_a_tenth_and_no_other_run(record):
    exact = Evidence.exactly("far", 0.5)
    for profile, tier, room in (
        ("quick", "language model", 0.1),
        ("quick", "toy", 0.005),
        ("laptop", "language model", 0.005),
    ):
        of_kind = replace(record, profile=profile, verdicts={tier: Verdict.QUALIFIED})
        assert allowed(of_kind, exact, exact) == pytest.approx(1e-6 + room)


@pytest.mark.parametrize("change", [{"seeds": (1,)}, {"parameters": {"n": 2}}])
def test_another_run_is_no_repetition(record, change):
    with pytest.raises(AssertionError):
        compare(replace(record, **change), record)


def test_only_a_close_call_may_come_out_otherwise(record):
    assert close_calls(record, record) == {"close"}
    for name, outcome in record.outcomes.items():
        other = Outcome.FAILS if outcome != Outcome.FAILS else Outcome.HOLDS
        flipped = replace(record, outcomes={**record.outcomes, name: other})
        if name == "close":
            compare(flipped, record)
        else:
            with pytest.raises(AssertionError, match=name):
                compare(flipped, record)
