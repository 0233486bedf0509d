"""Closed forms against forward passes and brute force, in numbers that know nothing of the formulas."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from absorption.theory import closed, delta
from absorption.theory.forward import NumericSAE, directions, expected_loss, family_member

chance = st.floats(0.05, 0.4)
weight = st.floats(0.01, 1.0)
fraction = st.floats(0, 1)
angle = st.floats(-0.9, 0.9)
BOTH = np.array([[1.0, 0.0], [1.0, 1.0]])


@given(fraction, angle, weight, chance, chance, st.booleans())
def test_the_symbolic_forward_pass_is_the_numeric_one(d, c, lam, p11, p10, weighted):
    f1, f2 = directions(c)
    numeric = expected_loss(
        family_member(d, c), np.array([f1, f1 + f2]), np.array([p10, p11]), lam, weighted=weighted
    )
    exact = sp.Float(c, 30)
    symbolic = delta.loss(
        delta.family(sp.Float(d, 30), exact), delta.states(exact), weighted, parent=p10, both=p11
    )
    assert float(symbolic.subs(delta.LAMBDA, lam)) == pytest.approx(numeric, abs=1e-9)


@given(
    fraction, angle, st.sampled_from([0.5, 1.0, 1.7, 3.0]), st.sampled_from(["sum", "norm"]), st.booleans()
)
def test_the_cost_on_child_states(d, c, p, aggregate, weighted):
    f1, f2 = directions(c)
    how = dict(exponent=p, weighted=weighted, aggregate=aggregate)
    measured = expected_loss(family_member(d, c), (f1 + f2)[None], np.ones(1), 1.0, **how)
    assert closed.child_state_cost(np.array([d]), cosine=c, **how)[0] == pytest.approx(
        measured,
        abs=1e-6,  # below p = 1 a rounding error in 1 − δ grows to its root
    )


@given(st.floats(0.3, 6))
def test_the_exponent_optimum_is_where_the_cost_is_least(p):
    grid = np.linspace(0, 1, 2001)
    cost = closed.child_state_cost(grid, p, weighted=True)
    assert closed.exponent_optimum(p) == pytest.approx(grid[cost.argmin()], abs=1e-3)


def test_the_exponent_optimum_at_two_is_a_half():
    assert closed.exponent_optimum(2.0) == pytest.approx(0.5)
    assert closed.exponent_optimum(1.0) == closed.exponent_optimum(0.3) == 1.0


@given(weight, chance, st.floats(1e-3, 0.3))
def test_the_decay_optimum_is_where_the_loss_is_least(lam, p11, mu):
    def loss(d: float) -> float:
        member = family_member(d)
        norms = np.linalg.norm(member.W_dec, axis=1)
        unit = NumericSAE(member.W_enc * norms, member.W_dec / norms[:, None])
        return expected_loss(unit, BOTH, np.array([0.3, p11]), lam) + mu * (unit.W_enc**2).sum()

    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).x
    assert closed.decay_optimum(lam, p11, mu) == pytest.approx(best, abs=1e-4)


def test_one_latent_of_topk_misses_what_is_not_absorbed():
    for d in (0.0, 0.3, 1.0):
        assert expected_loss(family_member(d), BOTH[1:], np.ones(1), 0.5, k=1) == pytest.approx(
            (1 - d) ** 2 + 0.5
        )
        assert expected_loss(family_member(d), BOTH[1:], np.ones(1), 0.0, k=2) == pytest.approx(0)


@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.05, 1.9), chance, chance)
def test_no_sae_of_any_width_beats_the_global_bound(seed, d_sae, lam, p11, p10):
    draw = np.random.default_rng(seed).normal
    sae = NumericSAE(draw(size=(2, d_sae)), draw(size=(d_sae, 2)))
    bound = p10 * (lam - lam**2 / 4) + p11 * (np.sqrt(2) * lam - lam**2 / 4)
    assert expected_loss(sae, BOTH, np.array([p10, p11]), lam, weighted=True) >= bound - 1e-12


@given(weight, chance, chance)
def test_the_absorbed_sae_attains_the_global_bound(lam, p11, p10):
    keep, both = 1 - lam / 2, np.sqrt(2) - lam / 2
    sae = NumericSAE(np.array([[keep, 0], [-keep, both]]), np.array([[1, 0], [0.5**0.5, 0.5**0.5]]))
    bound = p10 * (lam - lam**2 / 4) + p11 * (np.sqrt(2) * lam - lam**2 / 4)
    assert expected_loss(sae, BOTH, np.array([p10, p11]), lam, weighted=True) == pytest.approx(bound)


@pytest.mark.parametrize(("p10", "winner"), [(0.1, 1), (0.2, 1), (0.4, 0), (0.6, 0)])
def test_the_best_tied_sae_is_the_cheaper_of_the_two(p10, winner):
    """Sixteen descents from random tied SAEs, at a λ so small that shrinkage plays no part."""
    p11, lam = 0.2, 1e-3
    draws = np.random.default_rng(0)

    def loss(flat: np.ndarray) -> float:
        rows = flat.reshape(2, 2)
        return expected_loss(NumericSAE(rows.T, rows), BOTH, np.array([p10, p11]), lam, weighted=True)

    found = min(
        minimize(loss, draws.normal(size=4), method="Powell", options={"xtol": 1e-8, "ftol": 1e-12}).fun
        for _ in range(16)
    )
    costs = closed.tied_cost(p11, p10)
    assert int(np.argmin(costs)) == winner
    assert found / lam == pytest.approx(min(costs), rel=5e-3)


@given(chance, chance)
def test_the_bias_that_carries_the_parent_costs_what_is_said(p11, p10):
    p00 = 1 - p11 - p10
    weights = np.array([[-1.0, 0.0], [0.0, 1.0]])
    sae = NumericSAE(weights, weights, b_dec=np.array([1.0, 0.0]))
    x = np.vstack([[0.0, 0.0], BOTH])
    assert expected_loss(sae, x, np.array([p00, p10, p11]), 1.0, weighted=True) == pytest.approx(p00 + p11)


def test_the_gain_vanishes_for_equal_features_and_is_two_for_opposite_ones():
    assert closed.cosine_gain(np.array([1.0, 0.0, -1.0])) == pytest.approx([0, 2 - 2**0.5, 2])
