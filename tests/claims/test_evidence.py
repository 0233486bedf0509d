"""Evidence: each interval against a second way to compute it."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from absorption.claims import Evidence
from absorption.claims.intervals import holm_levels

NUMBERS = some.lists(some.floats(-100, 100), min_size=2, max_size=12)
SHARES = some.lists(some.floats(0, 1), min_size=2, max_size=12)


def test_the_mean_has_students_interval():
    samples = [1.0, 2.0, 3.0, 5.0]
    evidence = Evidence.of_samples("x", samples, of="worlds")
    low, high = stats.t.interval(0.95, 3, loc=np.mean(samples), scale=stats.sem(samples))
    assert evidence.interval == pytest.approx((low, high), rel=1e-5)
    assert (evidence.n, evidence.of, evidence.exact) == (4, "worlds", False)


def test_the_median_is_bootstrapped_the_same_way_twice():
    samples = np.random.default_rng(1).normal(size=30)
    first, second = (Evidence.of_samples("x", samples, statistic="median") for _ in range(2))
    assert first == second and first.low < first.value < first.high
    assert first.value == pytest.approx(np.median(samples), rel=1e-5)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_intervals_cover_about_as_often_as_they_say(statistic):
    rng = np.random.default_rng(2)
    made = [Evidence.of_samples("x", rng.normal(size=25), statistic=statistic) for _ in range(80)]
    assert 0.85 <= np.mean([one.low <= 0 <= one.high for one in made]) <= 1.0


@given(NUMBERS)
def test_equal_or_not_the_estimate_lies_in_its_interval(samples):
    evidence = Evidence.of_samples("x", samples)
    assert evidence.low <= evidence.value <= evidence.high
    flat = Evidence.of_samples("x", samples[:1] * 3)
    assert flat.interval == (flat.value, flat.value)


@given(SHARES)
def test_an_interval_never_leaves_what_is_possible(samples):
    evidence = Evidence.of_samples("x", samples, possible=(0, 1))
    assert 0 <= evidence.low <= evidence.value <= evidence.high <= 1
    free = Evidence.of_samples("x", samples)
    assert evidence.value == free.value
    assert evidence.interval == (max(0.0, free.low), min(1.0, free.high))


def test_a_pair_is_judged_by_its_differences_whatever_their_order():
    first, second = {"a": 1.0, "b": 2.0, "c": 4.0}, {"c": 3.5, "a": 0.0, "b": 1.5}
    by_name = Evidence.paired("x", first, second, of="blocks")
    assert by_name == Evidence.of_samples("x", [1.0, 0.5, 0.5], of="blocks")
    assert by_name == Evidence.paired("x", [1.0, 2.0, 4.0], [0.0, 1.5, 3.5], of="blocks")
    t = stats.ttest_rel([1.0, 2.0, 4.0], [0.0, 1.5, 3.5]).confidence_interval()
    assert by_name.interval == pytest.approx((t.low, t.high), rel=1e-5)


def test_words_within_letters_agree_with_every_possible_resample():
    values, letters = [0.0, 1.0, 1.0, 0.2, 0.6], [0, 0, 0, 1, 1]
    groups = [[v for v, name in zip(values, letters, strict=True) if name == letter] for letter in (0, 1)]
    means = [
        np.mean([np.mean(drawn) for drawn in choice])
        for choice in itertools.product(*(itertools.product(group, repeat=len(group)) for group in groups))
    ]
    evidence = Evidence.of_words("x", values, letters)
    assert evidence.value == pytest.approx(np.mean([np.mean(group) for group in groups]), rel=1e-5)
    exact = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    assert evidence.interval == pytest.approx(tuple(exact), abs=1e-5)
    assert (evidence.n, evidence.of) == (5, "words")


def rejected(p_values: dict[str, float], alpha: float) -> set[str]:
    """Holm 1979, step by step."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    found: set[str] = set()
    for rank, name in enumerate(ordered):
        if p_values[name] >= alpha / (len(ordered) - rank):
            break
        found.add(name)
    return found


@given(some.lists(some.floats(-2, 2), min_size=1, max_size=6), some.integers(0, 999))
def test_a_familys_intervals_leave_out_zero_where_holm_rejects(effects, seed):
    rng = np.random.default_rng(seed)
    samples = {f"c{i}": effect + rng.normal(size=6) for i, effect in enumerate(effects)}
    p_values = {name: float(stats.ttest_1samp(x, 0).pvalue) for name, x in samples.items()}
    made = {e.name: e for e in Evidence.family(samples)}
    assert {name for name, e in made.items() if e.low > 0 or e.high < 0} == rejected(p_values, 0.05)
    assert list(made) == list(samples)
    assert all(f"Holm over {len(samples)}" in e.note for e in made.values())
    alone = {name: Evidence.of_samples(name, x) for name, x in samples.items()}
    assert all(made[n].low <= alone[n].low and alone[n].high <= made[n].high for n in samples)


@pytest.mark.parametrize("blocks", [2, 3])
def test_holm_where_blocks_agree(blocks):
    flat = {"zero": np.zeros(blocks), "one": np.ones(blocks)}
    assert holm_levels(flat, 0.0, 0.95) == {"one": 0.975, "zero": 0.95}


def test_the_detectable_effect_is_found_four_times_out_of_five():
    rng = np.random.default_rng(0)
    n, trials = 8, 4000
    # The true effect at which a t-interval clears the bound in 80% of cases, from what the design says on average.
    effect = np.mean([Evidence.of_samples("x", rng.normal(size=n)).detectable for _ in range(400)])
    draws = effect + rng.normal(size=(trials, n))
    half = stats.t.ppf(0.975, n - 1) * draws.std(axis=1, ddof=1) / np.sqrt(n)
    assert np.mean(draws.mean(axis=1) > half) == pytest.approx(0.8, abs=0.04)


def test_an_exact_number_has_no_interval_and_says_so():
    evidence = Evidence.exactly("proofs", 0, unit="statements")
    assert evidence.interval == (0.0, 0.0) and evidence.low is None
    assert str(evidence) == "0, exact statements"


def test_what_is_not_available_says_why_and_has_no_interval():
    evidence = Evidence.not_available("share", "no letter has 20 judged words")
    assert str(evidence) == "not available: no letter has 20 judged words"
    with pytest.raises(ValueError, match="no letter has 20"):
        _ = evidence.interval


def test_numbers_keep_six_digits():
    assert Evidence.exactly("x", 0.123456789).value == 0.123457


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Evidence("x", float("nan"), exact=True), "nan"),
        (lambda: Evidence("x"), "unavailable="),
        (lambda: Evidence("x", 1.0, 0.5, 2.0, unavailable="why"), "unavailable="),
        (lambda: Evidence("x", 1.0, low=0.5), "both low and high"),
        (lambda: Evidence("x", 1.0), "exact=True"),
        (lambda: Evidence("x", 1.0, 0.5, 2.0, exact=True), "exact=True"),
        (lambda: Evidence("x", 1.0, 2.0, 3.0), "outside"),
        (lambda: Evidence.of_samples("x", [1.0]), "at least two"),
        (lambda: Evidence.of_samples("x", [1.0, float("inf"), 2.0]), "1 of 3"),
        (lambda: Evidence.of_samples("x", [0.5, 1.5], possible=(0, 1)), "possible range"),
        (lambda: Evidence.of_samples("x", [-0.5, 0.5], possible=(0, 1)), "possible range"),
        (lambda: Evidence.paired("x", {"a": 1.0}, {"b": 1.0}), "same blocks"),
        (lambda: Evidence.paired("x", [1.0, 2.0], [1.0]), "same blocks"),
        (lambda: Evidence.paired("x", {"a": 1.0}, [1.0]), "same blocks"),
        (lambda: Evidence.of_words("x", [1.0, 2.0], [0]), "one letter for each"),
        (lambda: Evidence.of_words("x", [1.0, float("nan")], [0, 0]), "not finite"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
