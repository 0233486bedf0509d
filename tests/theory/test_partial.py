"""The partial-absorption law against scipy's minimisers, closed forms and the fixed-magnitude laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from absorption.theory.law import norm_weighted_law, simple_law
from absorption.theory.partial import partial_law

sparsities = st.floats(0.005, 1.0)
distributions = st.lists(
    st.tuples(st.floats(0, 3), st.floats(0.05, 1)), min_size=1, max_size=8
).map(lambda pairs: (np.array([m for m, _ in pairs]), np.array([w for _, w in pairs]) / sum(w for _, w in pairs)))  # fmt: skip


@given(sparsities, distributions, st.booleans())
def test_the_law_minimises_its_loss(lam, distribution, norm_weighted):
    m, w = distribution

    def loss(delta):
        length = np.sqrt(1 + delta**2) if norm_weighted else 1
        return w @ (np.maximum(0, delta - m) ** 2 + lam * (np.maximum(0, m - delta) + length))

    best = minimize_scalar(loss, bounds=(0, 4), method="bounded", options={"xatol": 1e-9})
    assert loss(partial_law(lam, m, w, norm_weighted)) <= best.fun + 1e-9


@given(sparsities, st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_a_child_alone_is_a_parent_of_magnitude_zero(lam, p11, p01):
    m, w = np.array([1.0, 0.0]), np.array([p11, p01]) / (p11 + p01)
    assert abs(partial_law(lam, m, w) - float(simple_law(lam, p11, p01))) < 1e-9
    assert abs(partial_law(lam, m, w, norm_weighted=True) - norm_weighted_law(lam, p11, p01)) < 1e-9


@given(st.floats(0.01, 0.5), st.floats(0.1, 2), st.floats(0.05, 2))
def test_uniform_magnitudes_have_a_closed_form(lam, low, width):
    n = 500
    m = low + width * (np.arange(n) + 0.5) / n  # midpoints: off by less than a gap
    closed = low + (np.sqrt(lam**2 + 4 * lam * width) - lam) / 2
    assert abs(partial_law(lam, m, np.full(n, 1 / n)) - closed) < 0.01


@given(sparsities, distributions, st.floats(1.0, 3.0))
def test_more_sparsity_absorbs_more(lam, distribution, factor):
    assert partial_law(lam * factor, *distribution) >= partial_law(lam, *distribution) - 1e-12


def test_limits_and_refusals():
    m, w = np.array([0.5, 1.5]), np.array([0.5, 0.5])
    assert partial_law(1e-6, m, w) == pytest.approx(0.5, abs=1e-5)  # free up to the smallest m
    assert partial_law(1e6, m, w) == 1.5
    assert partial_law(0.0, m, w) == 0.0
    for bad in ((-1, m, w), (1, -m, w), (1, m, 2 * w)):
        with pytest.raises(ValueError, match="must"):
            partial_law(*bad)
