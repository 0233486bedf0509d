"""Slopes within groups, beside ordinary least squares with one dummy column a group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.linear_model import LinearRegression

from absorption.measures.regression import slopes_within_groups


def world(seed: int, slopes: tuple[float, ...] = (0.3, -0.2), noise: float = 1.0):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 6, 400)
    x = rng.normal(size=(400, 2)) + groups[:, None]  # predictors and outcomes both differ between groups
    y = x @ np.array(slopes) - 3.0 * groups + noise * rng.normal(size=(4, 400))
    return y, x, groups


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_it_is_least_squares_with_dummies(seed):
    y, x, groups = world(seed)
    dummies = np.eye(6)[groups]
    oracle = LinearRegression(fit_intercept=False).fit(np.hstack([x, dummies]), y.mean(0)).coef_[:2]
    assert np.allclose(slopes_within_groups(y, x, groups, resamples=10).value, oracle, atol=1e-8)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(60):
        found = slopes_within_groups(*world(seed), resamples=400)
        held += int(np.sum((found.low < [0.3, -0.2]) & (found.high > [0.3, -0.2])))
    assert 0.82 * 120 <= held <= 120


def test_a_constant_of_each_group_changes_nothing():
    y, x, groups = world(0)
    a = slopes_within_groups(y, x, groups, resamples=50)
    b = slopes_within_groups(y + 100.0 * groups, x - 7.0 * groups[:, None], groups, resamples=50)
    assert np.allclose(a.value, b.value) and np.allclose(a.low, b.low) and np.allclose(a.high, b.high)


def test_what_cannot_be_answered_is_refused():
    y, x, groups = world(0)
    with pytest.raises(ValueError, match="collinear"):
        slopes_within_groups(y, np.repeat(x[:, :1], 2, axis=1), groups)
    with pytest.raises(ValueError, match="two seeds"):
        slopes_within_groups(y[:1], x, groups)
    with pytest.raises(ValueError, match="two groups"):
        slopes_within_groups(y, x, np.zeros(400, dtype=int))


def test_the_interval_of_groups_alike_but_for_their_slopes_is_scipys_bootstrap_of_the_slopes():
    slopes = np.random.default_rng(5).exponential(size=9)
    x, groups = np.tile([0.0, 1.0, 2.0], 9)[:, None], np.arange(9).repeat(3)
    outcome = np.tile(slopes.repeat(3) * x[:, 0], (2, 1))
    found = slopes_within_groups(outcome, x, groups, level=0.8)
    expected = bootstrap((slopes,), np.mean, confidence_level=0.8, n_resamples=20_000, method="percentile")
    assert found.value == pytest.approx(slopes.mean())
    ends = [found.low[0], found.high[0]]
    np.testing.assert_allclose(ends, expected.confidence_interval, atol=0.03)


def test_the_interval_of_seeds_that_differ_is_scipys_bootstrap_of_the_seeds():
    slopes = np.random.default_rng(6).exponential(size=9)
    x, groups = np.tile([0.0, 1.0, 2.0], 4)[:, None], np.arange(4).repeat(3)
    found = slopes_within_groups(slopes[:, None] * x[:, 0], x, groups, level=0.8)
    expected = bootstrap((slopes,), np.mean, confidence_level=0.8, n_resamples=20_000, method="percentile")
    ends = [found.low[0], found.high[0]]
    np.testing.assert_allclose(ends, expected.confidence_interval, atol=0.03)
