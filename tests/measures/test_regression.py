"""Slopes within groups, beside ordinary least squares with one dummy column a group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
    oracle = LinearRegression(fit_intercept=False).fit(np.hstack([x, dummies]), y.T).coef_[:, :2]
    assert np.allclose(slopes_within_groups(y, x, groups), oracle, atol=1e-8)


def test_a_constant_of_each_group_changes_nothing():
    y, x, groups = world(0)
    a = slopes_within_groups(y, x, groups)
    b = slopes_within_groups(y + 100.0 * groups, x - 7.0 * groups[:, None], groups)
    assert np.allclose(a, b)


def test_what_cannot_be_answered_is_refused():
    y, x, groups = world(0)
    with pytest.raises(ValueError, match="collinear"):
        slopes_within_groups(y, np.repeat(x[:, :1], 2, axis=1), groups)
