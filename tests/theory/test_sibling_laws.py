"""Children that can be present together: each closed form against the loss it minimises, sympy, and trained SAEs."""

from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from absorption.experiments.sibling_runs import on_families
from absorption.experiments.siblings import fixed
from absorption.theory.siblings import WINNER, derivation, plain_pair, plain_siblings, shares, unit_slopes

sparsities = st.floats(0.005, 1.0)
rates = st.floats(0.02, 0.8)


def plain_loss(lam, q, delta):
    """Over every combination of children: what is written too much, squared, and λ times the parent's latent."""
    states = np.array(list(product([0, 1], repeat=len(q))))
    p = np.prod(np.where(states == 1, q, 1 - np.asarray(q)), axis=1)
    total = states @ np.asarray(delta)
    return float(p @ (np.maximum(0, total - 1) ** 2 + lam * np.maximum(0, 1 - total)))


@given(sparsities, rates, st.integers(1, 5))
def test_equal_siblings_take_what_costs_least(lam, q, n):
    best = minimize_scalar(
        lambda delta: plain_loss(lam, [q] * n, [delta] * n), bounds=(0, 1.2), method="bounded", options={"xatol": 1e-10}
    )  # fmt: skip
    assert plain_loss(lam, [q] * n, [plain_siblings(lam, q, n)] * n) <= best.fun + 1e-9


@given(sparsities, rates)
def test_two_equal_siblings_have_the_formula_of_the_page(lam, q):
    assert plain_siblings(lam, q) == pytest.approx(min(1, 0.5 + lam * (1 - q) / (4 * q)))


@given(sparsities, rates, rates, st.floats(0, 1), st.floats(0, 1))
def test_no_other_pair_costs_less(lam, first, second, one, other):
    best = plain_loss(lam, [first, second], plain_pair(lam, first, second))
    assert best <= plain_loss(lam, [first, second], [one, other]) + 1e-12


@given(sparsities, rates, st.floats(-0.1, 0.1))
def test_at_equal_rates_only_the_sum_counts(lam, q, moved):
    middle = plain_siblings(lam, q)
    moved = moved * (1 - middle)  # neither may pass 1
    assert plain_loss(lam, [q, q], [middle + moved, middle - moved]) == pytest.approx(
        plain_loss(lam, [q, q], [middle, middle])
    )


@given(st.lists(rates, min_size=1, max_size=5), st.integers(0, 1000))
def test_shares_sum_to_one_and_no_transfer_pays(q, seed):
    delta = shares(q)
    assert delta.sum() == pytest.approx(1)

    def cost(at):
        return float(np.asarray(q) @ (np.sqrt(1 + at**2) - at))

    other = np.random.default_rng(seed).dirichlet(np.ones(len(q)))
    assert cost(delta) <= cost(other) + 1e-9


@given(st.floats(0.05, 0.5), st.floats(0.01, 0.5))
def test_the_winner_takes_all_from_two_plus_root_two(q, beyond):
    assert shares([q, q / (WINNER * (1 + beyond))])[0] == pytest.approx(1)
    assert shares([q, q / WINNER * (1 + beyond)])[0] < 1 - 1e-4


def test_sympy_derives_the_slopes():
    slopes, q = derivation()
    for rate in (0.01, 0.1, 0.3, 0.7, 0.95):
        derived = [float(slopes[name].subs(q, rate)) for name in ("delta", "sibling", "parent")]
        assert derived == pytest.approx(unit_slopes(rate), rel=1e-9)


def test_the_overshoot_condition_as_written():
    """(4/3) q (e − s) = λ[(1 − q)(1 − 1/√5) + 2q/(3√5)], with δ = ½ + e/2."""
    slopes, q = derivation()
    root = sp.sqrt(5)
    apart = 2 * slopes["delta"] - slopes["sibling"]
    right = (1 - q) * (1 - 1 / root) + 2 * q / (3 * root)
    assert sp.simplify(sp.Rational(4, 3) * q * apart - right) == 0


@given(st.floats(0.02, 0.95))
def test_two_equal_siblings_always_pass_one_half(q):
    assert unit_slopes(q).delta > 0
    assert unit_slopes(q).sibling > 0


@pytest.mark.parametrize("call", [
    lambda: plain_siblings(-1, 0.2), lambda: plain_siblings(0.1, 1.0), lambda: plain_siblings(0.1, 0.2, 0),
    lambda: plain_pair(0.1, 0.0, 0.2), lambda: shares([]), lambda: unit_slopes(0.0),
])  # fmt: skip
def test_refusals(call):
    with pytest.raises(ValueError, match=r"must|empty"):
        call()


def test_trained_saes_obey_the_first_order():
    rates_here, lam = [0.15, 0.25, 0.4], np.array([0.01, 0.02])
    runs = on_families(
        fixed("together", [0.4] * 3, [[q, q] for q in rates_here]), "L1", lam, steps=1500, lr=0.01
    )
    law = np.array([0.5 + lam * unit_slopes(q).delta for q in rates_here])
    assert np.abs(runs.share.mean(2) - law).max() < 0.004


def test_trained_saes_of_unequal_rates_share_as_predicted():
    families = fixed("together", [0.4] * 3, [[0.3, 0.3], [0.3, 0.15], [0.3, 0.06]])
    runs = on_families(families, "L1", [0.01], steps=3000, lr=0.01)
    law = np.array([shares(q) for q in families.rates.tolist()])
    assert np.abs(runs.share[:, 0] - law).max() < 0.05
