"""A report through JSON and back, whatever is in it; and intervals that hold what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from absorption.experiments.measure.report import (
    METRICS,
    NOT_AVAILABLE,
    RATES,
    Absorber,
    Beside,
    LabelReport,
    MainLatent,
    MeasuredOn,
    MeasuredSAE,
    Number,
    Report,
    Word,
)
from absorption.experiments.measure.resampling import RESAMPLES, Resampler, WithNulls
from absorption.experiments.measure.summary import tells, without_null

FINITE = st.floats(-1e6, 1e6)
NAMES = st.text(max_size=5)
COUNTS = st.integers(0, 10**6)
NUMBERS = st.builds(Number, st.none() | FINITE, st.none() | FINITE, st.none() | FINITE, COUNTS)
BESIDE = st.builds(Beside, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
SOME_WORDS = st.lists(NAMES, max_size=2).map(tuple)
MAIN = st.builds(MainLatent, COUNTS, COUNTS, FINITE, FINITE, FINITE, FINITE, SOME_WORDS)
ABSORBERS = st.builds(Absorber, COUNTS, COUNTS, FINITE, SOME_WORDS)


def by_name(values):
    return st.dictionaries(NAMES, values, max_size=2)


def some(values):
    return st.lists(values, max_size=2).map(tuple)


LABELS = st.builds(
    LabelReport, NAMES, COUNTS, COUNTS, st.none() | NAMES, by_name(BESIDE), by_name(NUMBERS), some(MAIN),
    some(COUNTS), some(ABSORBERS),
)  # fmt: skip
WORDS = st.builds(
    Word, COUNTS, NAMES, NAMES, st.booleans(), st.booleans(), FINITE, COUNTS, FINITE, FINITE, FINITE
)
SAES = st.builds(MeasuredSAE, NAMES, NAMES, COUNTS, COUNTS, SOME_WORDS, NAMES, FINITE, FINITE, FINITE)
ON = st.builds(
    MeasuredOn, NAMES, NAMES, st.none() | COUNTS, NAMES, NAMES, COUNTS, by_name(COUNTS), COUNTS, COUNTS
)
REPORTS = st.builds(
    Report, SAES, ON, by_name(BESIDE), by_name(NUMBERS), by_name(st.none() | st.booleans()), some(LABELS),
    some(WORDS), by_name(NAMES),
)  # fmt: skip


@given(REPORTS)
@settings(max_examples=25)
def test_a_report_survives_json(report):
    text = report.to_json()
    assert Report.from_json(text) == report
    assert Report.from_json(text).to_json() == text


@pytest.mark.parametrize("text", ["{}", "[]", '{"sae": {}}', "no JSON"])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(ValueError, match=r"no report of this version|Expecting value"):
        Report.from_json(text)


def test_metrics_have_names_of_their_own_and_hold_the_rates():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names) and set(RATES) < set(names)


def test_a_rate_of_one_split_has_the_binomial_interval():
    rng = np.random.default_rng(0)
    scores = (rng.random(400) < 0.3).astype(float)
    number = Resampler(1).words([scores], [np.zeros(400, int)], 1).number(0)
    expected = binom(400, scores.mean()).ppf([0.025, 0.975]) / 400
    assert number.value == pytest.approx(scores.mean(), abs=1e-6) and number.n == 400
    np.testing.assert_allclose([number.low, number.high], expected, atol=0.006)


def test_splits_that_differ_widen_the_interval():
    alike, apart = (
        [np.full(500, a), np.full(500, b), np.full(500, c)] for a, b, c in ((0.5,) * 3, (0.2, 0.5, 0.8))
    )
    own = [np.zeros(500, int)] * 3
    for scores, width in ((alike, 0.0), (apart, 0.5)):
        number = Resampler(3).words(scores, own, 1).number(0)
        assert number.value == 0.5 and number.high - number.low >= width


def test_f1_is_that_of_the_counts_and_its_interval_holds_it():
    counts = np.array([[[80, 100, 120]], [[82, 100, 120]]])
    number = Resampler(2).f1(counts, np.array([1000, 1000])).number(0)
    assert number.value == pytest.approx((2 * 80 / 220 + 2 * 82 / 220) / 2, abs=1e-6)
    assert number.low < number.value < number.high and number.high - number.low < 0.15
    assert number.n == 240


def test_a_split_without_words_is_left_out():
    found = Resampler(2).words([np.ones(5), np.zeros(0)], [np.zeros(5, int), np.zeros(0, int)], 2)
    assert found.number(0) == Number(1.0, 1.0, 1.0, 5)
    assert found.number(1) == NOT_AVAILABLE


def test_one_half_space_has_no_interval_and_none_no_number():
    resampler = Resampler(1)
    found = resampler.half_spaces(np.array([0.2, 0.1, 0.3, np.nan]), np.array([0, 1, 1, 2]), 3)
    assert found.number(0) == Number(0.2, None, None, 1)
    assert found.number(1).value == pytest.approx(0.2) and found.number(1).low == pytest.approx(0.1)
    assert found.number(2) == NOT_AVAILABLE
    assert found.mean(np.array([True, True, True])).n == 2


def test_the_difference_is_of_labels_that_have_both():
    resampler = Resampler(1)
    own = resampler.words([np.array([0.4, 0.4, 0.9, 0.9])], [np.array([0, 0, 1, 1])], 2)
    null = resampler.half_spaces(np.array([0.1, 0.1]), np.array([0, 0]), 2)
    beside = WithNulls(own, null, null).mean(np.array([True, True]))
    assert beside.label.value == pytest.approx(0.65) and beside.label.n == 2
    assert beside.difference.value == pytest.approx(0.3, abs=1e-6) and beside.difference.n == 1
    assert tells(beside.difference) is True


def test_what_is_the_same_by_chance_is_not_told():
    rng = np.random.default_rng(1)
    resampler = Resampler(3)
    own = resampler.words(
        [(rng.random(300) < 0.2).astype(float) for _ in range(3)], [np.zeros(300, int)] * 3, 1
    )
    null = resampler.half_spaces(rng.binomial(300, 0.2, 20) / 300, np.zeros(20, int), 1)
    assert tells(own.less(null).number(0)) is False
    assert tells(NOT_AVAILABLE) is None


def test_a_rate_without_null_has_none():
    beside = without_null(np.array([1.0, 0.0, 1.0]), np.array([0, 0, 1]), 2).mean(np.array([True, True]))
    assert beside.label.value == pytest.approx(0.75) and beside.free == beside.difference == NOT_AVAILABLE


def test_resamples_are_the_same_each_time():
    first, second = (Resampler(2).splits for _ in range(2))
    assert np.array_equal(first, second) and first.shape == (RESAMPLES, 2)
