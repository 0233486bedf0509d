import numpy as np
import pytest
from scipy.stats import bootstrap, pearsonr, rankdata, spearmanr

from absorption.measures.intervals import crossed_interval, rank_correlation_interval


def test_constant_samples_have_no_width():
    assert crossed_interval(np.full((3, 4), 0.7)) == pytest.approx((0.7, 0.7))


@pytest.mark.parametrize(("shape", "axis"), [((5, 200), 0), ((200, 5), 1)])
def test_the_axis_that_varies_decides_the_width(shape, axis):
    """Constant along one axis, 0 … 4 along the other: the width is that of a bootstrap over five numbers alone."""
    values = np.broadcast_to(np.expand_dims(np.arange(5.0), 1 - axis), shape)
    low, high = crossed_interval(values)
    draws = np.random.default_rng(1).integers(0, 5, (50_000, 5)).mean(1)
    np.testing.assert_allclose([low, high], np.quantile(draws, [0.025, 0.975]), atol=0.21)


def test_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        samples = rng.normal(size=(12, 1)) + rng.normal(size=(1, 26)) + rng.normal(size=(12, 26))
        low, high = crossed_interval(samples, resamples=500)
        inside += low < 0 < high
    assert 0.88 < inside / 200 <= 1.0


def test_refuses_what_has_no_interval():
    with pytest.raises(ValueError, match="two seeds"):
        crossed_interval(np.zeros((1, 26)))
    with pytest.raises(ValueError, match="finite"):
        crossed_interval(np.array([[0.0, np.nan], [0.0, 0.0]]))


def test_resampling_seeds_alone_is_scipys_bootstrap():
    """All letters alike: what is left is the mean of the seeds, whose percentile interval scipy has."""
    values = np.random.default_rng(3).exponential(size=8)
    low, high = crossed_interval(np.repeat(values[:, None], 5, axis=1), level=0.8)
    expected = bootstrap(
        (values,), np.mean, confidence_level=0.8, n_resamples=20_000, method="percentile"
    ).confidence_interval
    np.testing.assert_allclose([low, high], expected, atol=0.02)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_rank_correlation_and_its_interval_are_scipys(sign):
    rng = np.random.default_rng(4)
    a = rng.integers(0, 8, size=40).astype(float)  # many ties
    b = sign * (a + 3 * rng.normal(size=40))
    value, low, high = rank_correlation_interval(a, b, level=0.9)

    def statistic(a, b, axis=-1):
        return pearsonr(rankdata(a, axis=axis), rankdata(b, axis=axis), axis=axis).statistic

    expected = bootstrap(
        (a, b), statistic, paired=True, confidence_level=0.9, n_resamples=4000, method="percentile", rng=rng
    )
    assert value == pytest.approx(spearmanr(a, b).statistic)
    np.testing.assert_allclose([low, high], expected.confidence_interval, atol=0.02)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_interval_of_the_middle_resamples_is_widened_to_hold_the_value(sign):
    """Of eight items one stands out; in most resamples the correlation lies further from 0 than in the items."""
    value, low, high = rank_correlation_interval(
        np.arange(8.0), sign * (np.arange(8.0) == 7).astype(float), level=0.01
    )
    assert value == (low if sign > 0 else high) and high - low > 0.01


def test_resamples_of_one_item_alone_are_left_out():
    """Of four items with three equal ones, a resample is often constant: its correlation is no number."""
    a, b = np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 2, 3])
    value, low, high = rank_correlation_interval(a, b)
    assert value == pytest.approx(spearmanr(a, b).statistic)
    assert -1 <= low <= value <= high <= 1
    with pytest.raises(ValueError, match="four items"):
        rank_correlation_interval(a[1:], b[1:])
    with pytest.raises(ValueError, match="columns that vary"):
        rank_correlation_interval(b, np.ones(4))
    with pytest.raises(ValueError, match="finite numbers"):
        rank_correlation_interval(a, np.array([0.0, 1, 2, np.inf]))
