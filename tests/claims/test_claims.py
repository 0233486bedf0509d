"""Claims, evidence, verdicts and records."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from absorption.claims import (
    Claim,
    Evidence,
    Outcome,
    Predicate,
    RecordError,
    Verdict,
    conclude,
    load_records,
)
from absorption.claims.record import Record
from absorption.claims.verdict import decide, judge


@pytest.fixture(autouse=True)
def _results(tmp_path, monkeypatch):
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))


CLAIM = Claim(
    id="99_tiny",
    title="Tiny",
    sentence="A tiny claim holds.",
    sources=("someone2024",),
    predicates=(
        Predicate("small", "the gap is small", evidence="gap", below=0.02, essential=True),
        Predicate("tall", "recall is high", evidence="recall", above=0.9),
        Predicate("oracle", "the oracle is perfect", evidence="oracle", above=0.99, control=True),
    ),
)
EVIDENCE = (Evidence("gap", 0.01, 0.005, 0.015, n_seeds=5), Evidence("recall", 0.95), Evidence("oracle", 1.0))


def run(*evidence: Evidence, claim: Claim = CLAIM, profile: str = "laptop", **more) -> Record:
    changed = {e.name: e for e in EVIDENCE} | {e.name: e for e in evidence}
    return conclude(
        claim, changed.values(), seeds=[0, 1], parameters={"n": 3}, profile=profile, device="cpu", **more
    )


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
    predicate = Predicate("small", "", evidence="gap", below=0.02)
    assert judge(predicate, Evidence("gap", (low + high) / 2, low, high)) is outcome


def test_both_bounds_count():
    predicate = Predicate("between", "", evidence="x", above=0.0, below=1.0)
    assert judge(predicate, Evidence("x", 0.5, 0.4, 0.6)) is Outcome.HOLDS
    assert judge(predicate, Evidence("x", 0.0, -0.1, 0.1)) is Outcome.INCONCLUSIVE
    assert judge(predicate, Evidence("x", 0.5, 0.0, 0.6)) is Outcome.INCONCLUSIVE
    assert judge(predicate, Evidence("x", 0.0)) is Outcome.FAILS
    assert judge(predicate, Evidence("x", 0.5, -0.1, 1.1)) is Outcome.INCONCLUSIVE
    assert judge(predicate, Evidence("x", 2.0, 1.5, 2.5)) is Outcome.FAILS


@pytest.mark.parametrize(
    ("essential", "other", "control", "verdict"),
    [
        ("holds", "holds", "holds", Verdict.SUPPORTED),
        ("holds", "fails", "holds", Verdict.QUALIFIED),
        ("holds", "inconclusive", "holds", Verdict.QUALIFIED),
        ("fails", "holds", "holds", Verdict.REFUTED),
        ("inconclusive", "holds", "holds", Verdict.INCONCLUSIVE),
        ("holds", "holds", "fails", Verdict.INCONCLUSIVE),
        ("fails", "holds", "inconclusive", Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_of_a_tier(essential, other, control, verdict):
    outcomes = (Outcome(essential), Outcome(other), Outcome(control))
    assert decide(zip(CLAIM.predicates, outcomes, strict=True)) is verdict


def test_a_failing_essential_refutes_even_beside_an_open_one():
    first = Predicate("a", "", evidence="x", below=1, essential=True)
    second = Predicate("b", "", evidence="x", below=1, essential=True)
    assert decide([(first, Outcome.INCONCLUSIVE), (second, Outcome.FAILS)]) is Verdict.REFUTED


def test_one_verdict_for_each_tier_and_a_reason_where_not_run():
    far = Predicate("far", "holds in the hub", evidence="far", above=0, tier="hub", essential=True)
    proved = Predicate(
        "proved", "the solver agrees", evidence="proofs", above=0.5, tier="proof", essential=True
    )
    claim = Claim("98_tiers", "Tiers", "s", (), (*CLAIM.predicates, far, proved))
    record = run(Evidence("proofs", 1), claim=claim, not_run={"hub": "no hub can be reached"})
    assert record.verdicts == {"proof": "supported", "toy": "supported", "hub": "not run"}
    assert record.outcomes["far"] is Outcome.NOT_RUN
    assert "hub: not run (no hub can be reached)" in str(record)
    with pytest.raises(ValueError, match="no evidence named far"):
        run(Evidence("proofs", 1), claim=claim)
    with pytest.raises(ValueError, match="reason"):
        run(Evidence("proofs", 1), claim=claim, not_run={"hub": " "})


def test_mean_interval_is_students():
    samples = [1.0, 2.0, 3.0, 5.0]
    evidence = Evidence.of("x", samples)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(samples), scale=stats.sem(samples))
    assert evidence.interval == pytest.approx((low, high), rel=1e-5)
    assert evidence.n_seeds == 4


@pytest.mark.parametrize("statistic", ["median", "min", "max"])
def test_other_statistics_are_bootstrapped_the_same_way_twice(statistic):
    samples = np.random.default_rng(1).normal(size=30)
    first, second = (Evidence.of("x", samples, statistic=statistic) for _ in range(2))
    assert first == second
    assert first.low is not None and first.low <= first.value <= first.high
    assert first.value == pytest.approx(getattr(np, statistic)(samples), rel=1e-5)


def test_the_bootstrap_covers_the_median_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = [
        e.low <= 0 <= e.high
        for e in (Evidence.of("x", rng.normal(size=25), statistic="median") for _ in range(60))
    ]
    assert 0.85 <= np.mean(covered) <= 1.0


@pytest.mark.parametrize("samples", [[3.0, 3.0, 3.0], [0.0] * 10])
@pytest.mark.parametrize("statistic", ["mean", "median", "min"])
def test_equal_samples_give_an_interval_of_no_width(samples, statistic):
    assert Evidence.of("x", samples, statistic=statistic).interval == (samples[0], samples[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Evidence("x", float("nan")), "nan"),
        (lambda: Evidence("x", 1.0, low=0.5), "both low and high"),
        (lambda: Evidence("x", 1.0, 2.0, 3.0), "outside"),
        (lambda: Evidence.of("x", [1.0]), "at least two"),
        (lambda: Evidence.of("x", [1.0, float("inf"), 2.0]), "1 of 3"),
        (lambda: Predicate("p", "", evidence="x"), "above="),
        (lambda: Predicate("p", "", evidence="x", above=1, below=1), "nothing"),
        (lambda: Predicate("p", "", evidence="x", above=1, essential=True, control=True), "control"),
        (lambda: Claim("c", "", "", (), (Predicate("p", "", evidence="x", above=1),)), "essential"),
        (lambda: Claim("c", "", "", (), ()), "no predicate"),
        (lambda: Claim("c", "", "", (), (CLAIM.predicates[0],) * 2), "twice"),
        (lambda: run(claim=CLAIM, not_run={"moon": "far"}), "tier"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_numbers_keep_six_digits():
    assert Evidence("x", 0.123456789).value == 0.123457


def test_a_record_survives_the_disk_and_repeats_to_the_byte():
    record = run()
    text = record.path.read_text()
    assert load_records() == [record]
    assert run().path.read_text() == text
    assert "date" not in json.loads(text)["made"]


def test_another_profile_is_dated_and_leaves_the_laptop_record_alone():
    laptop = run()
    before = laptop.path.read_bytes()
    gpu = run(Evidence("gap", 0.5), profile="gpu")
    assert gpu.path.name == "99_tiny.gpu.json" and laptop.path.read_bytes() == before
    assert set(gpu.made) == {"date", "commit"}
    assert [r.profile for r in load_records()] == ["laptop", "gpu"]


def test_a_damaged_record_is_named():
    path = run().path
    path.write_text(path.read_text()[:200])
    with pytest.raises(RecordError, match=r"99_tiny.json .* run its notebook again"):
        load_records()


def test_a_verdict_that_does_not_follow_is_refused():
    path = run().path
    path.write_text(
        path.read_text().replace('"value": 0.01', '"value": 0.9').replace('"high": 0.015', '"high": 0.9')
    )
    with pytest.raises(RecordError, match="do not follow"):
        load_records()


def test_a_full_disk_is_one_sentence_and_keeps_the_old_record(monkeypatch):
    path = run().path
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match=r"could not write .*99_tiny.json.*No space left"):
        run(Evidence("gap", 0.5))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["99_tiny.json"]


def test_printed_lines_have_fixed_digits():
    assert str(run()) == (
        "holds         the gap is small  [0.01, interval 0.005 to 0.015, 5 seeds] (essential)\n"
        "holds         recall is high  [0.95]\n"
        "holds         the oracle is perfect  [1] (control)\n"
        "\n"
        "toy: supported"
    )


def test_claims_import_no_torch_and_stay_light():
    code = (
        "import sys, absorption.claims; print([m for m in ('torch', 'scipy', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
