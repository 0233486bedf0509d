"""The balance law against a minimiser that knows nothing of its derivation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from absorption.theory.balance import balance, first_order_balance


def objective(parameters, beta, sparsity, q):
    """The exact loss of two latents on the two states that have the parent, written out by hand."""
    e1, e2, angles = parameters[:2], parameters[2:4], parameters[4:]
    d1, d2 = (np.array([np.cos(t), np.sin(t)]) for t in angles)
    total = 0.0
    for share, x in ((1 - q, np.array([1.0, 0.0])), (q, np.array([1.0, 1.0]))):
        z1, z2 = max(0.0, e1 @ x), max(0.0, e2 @ x)
        inner, outer = x - z1 * d1, x - z1 * d1 - z2 * d2
        total += share * (beta * inner @ inner + outer @ outer + sparsity * (z1 + z2))
    return total


def trained_encoder(beta, sparsity, q):
    """Child component of the best parent encoder near the truth, in units of its parent component."""
    start = np.array([1.0, 0.0, -0.2, 0.9, 0.02, np.pi / 2])
    options = dict(xatol=1e-10, fatol=1e-15, maxiter=60_000, maxfev=60_000, adaptive=True)
    for _ in range(3):
        start = minimize(objective, start, (beta, sparsity, q), method="Nelder-Mead", options=options).x
    return start[1] / start[0]


@pytest.mark.parametrize(("sparsity", "q"), [(0.03, 0.15), (0.1, 0.5), (0.01, 0.3)])
def test_a_minimiser_finds_no_child_in_the_parents_encoder_at_the_balance(sparsity, q):
    beta, _ = balance(sparsity, q)
    assert abs(trained_encoder(beta, sparsity, q)) < 1e-3
    assert trained_encoder(0.5 * beta, sparsity, q) < -0.01
    assert trained_encoder(2 * beta, sparsity, q) > 0.01


@settings(max_examples=40)
@given(st.floats(0.02, 0.8), st.floats(-6, -3))
def test_first_order_is_the_limit_of_small_sparsity(q, exponent):
    sparsity = 10**exponent
    beta, tilt = balance(sparsity, q)
    assert beta == pytest.approx(float(first_order_balance(np.array(sparsity), np.array(q))), rel=0.1)
    assert tilt == pytest.approx(q * beta / ((1 - q) * (1 + beta)), rel=0.1)


@given(st.floats(0.02, 0.6), st.floats(0.001, 0.08))
def test_balance_falls_with_q_and_rises_with_sparsity(q, sparsity):
    beta = balance(sparsity, q)[0]
    assert balance(sparsity, q + 0.1)[0] < beta < balance(sparsity * 1.2, q)[0]


@pytest.mark.parametrize(("sparsity", "q"), [(0.0, 0.5), (0.1, 1.0), (1.5, 0.5)])
def test_out_of_range(sparsity, q):
    with pytest.raises(ValueError, match="must lie in"):
        balance(sparsity, q)
