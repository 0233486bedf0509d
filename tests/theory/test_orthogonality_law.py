"""The law of absorption under an orthogonality penalty: its limits, an optimiser that we did not write, trained SAEs."""

import itertools

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from absorption.measures.toy import absorption_delta
from absorption.saes import AllPairs, Recipe, SAEStack, fit_population
from absorption.theory.law import norm_weighted_law
from absorption.theory.orthogonality import orthogonality_law, orthogonality_loss
from absorption.worlds.hierarchies import parent_child

lambdas, shares = st.floats(0.01, 1.0), st.floats(0.05, 0.6)


@given(lambdas, shares)
def test_without_the_penalty_absorption_is_full_as_in_the_norm_weighted_law(lam, p11):
    assert orthogonality_law(0.0, lam, p11) == norm_weighted_law(lam, p11, 0.0) == 1


@given(lambdas, shares, st.floats(1.0, 50.0))
def test_the_sum_of_cosines_ends_absorption_from_its_threshold_on(lam, p11, factor):
    assert abs(orthogonality_law(factor * lam * p11, lam, p11, exponent=1)) < 1e-9
    assert orthogonality_law(0.78 * lam * p11, lam, p11, exponent=1) > 0.99
    assert 0.3 < orthogonality_law(0.8 * lam * p11, lam, p11, exponent=1) < 0.4
    assert 0 < orthogonality_law(0.9 * lam * p11, lam, p11, exponent=1) < 0.2


@given(lambdas, shares, st.floats(1.5, 4.0))
def test_larger_exponents_never_end_it(lam, p11, exponent):
    rest = 0.02
    weight = lam * p11 / (exponent * rest ** (exponent - 1))
    assert abs(orthogonality_law(weight, lam, p11, exponent) / rest - 1) < 0.1


@given(lambdas, shares, st.floats(0.1, 0.6))
def test_a_hinge_leaves_its_angle(lam, p11, hinge):
    assert (
        abs(orthogonality_law(1e7 * lam * p11, lam, p11, hinge=hinge) - hinge / np.sqrt(1 - hinge**2)) < 1e-3
    )


@given(lambdas, shares, st.floats(-0.6, 0.6), st.sampled_from([1.0, 2.0, 4.0]))
def test_features_at_an_angle_lose_it(lam, p11, cosine, exponent):
    assert abs(orthogonality_law(1e9 * lam * p11, lam, p11, exponent, 0.0, cosine) + cosine) < 2e-3


@given(lambdas, shares, st.floats(0, 1), st.floats(1.0, 4.0), st.floats(0, 0.5), st.floats(-0.5, 0.5))
def test_scipy_finds_nothing_better(lam, p11, weight, exponent, hinge, cosine):
    loss = lambda d: float(orthogonality_loss(d, weight, lam, p11, exponent, hinge, cosine))  # noqa: E731
    ours = loss(orthogonality_law(weight, lam, p11, exponent, hinge, cosine))
    edges = np.linspace(-1, 1, 41)
    theirs = min(
        minimize_scalar(loss, bounds=ends, method="bounded").fun for ends in itertools.pairwise(edges)
    )
    assert ours <= theirs + 2e-4 * (lam * p11 + weight)


def test_the_loss_is_that_of_the_two_vectors():
    c, d = sp.symbols("c delta", real=True)
    parent, child = sp.Matrix([1, 0]), sp.Matrix([c, sp.sqrt(1 - c**2)])
    taken = child + d * parent
    assert sp.simplify(taken.dot(taken) - (1 + 2 * c * d + d**2)) == 0
    assert sp.simplify(taken.dot(parent) - (c + d)) == 0
    point = {c: sp.Rational(1, 5), d: sp.Rational(3, 10)}
    length = float(taken.norm().subs(point))
    cosine = float((taken.dot(parent) / taken.norm()).subs(point))
    by_hand = 0.1 * 0.2 * (1 - 0.3 + length) + 0.7 * (cosine - 0.1) ** 2
    assert abs(orthogonality_loss(0.3, 0.7, 0.1, 0.2, 2, 0.1, 0.2) - by_hand) < 1e-12


@pytest.mark.parametrize("bad", [dict(cosine=1.0), dict(cosine=-1.0), dict(exponent=0.5), dict(weight=-0.1)])
def test_nonsense_is_refused(bad):
    with pytest.raises(ValueError, match="must lie"):
        orthogonality_law(**dict(weight=0.1, sparsity=0.1, p11=0.2) | bad)


@pytest.mark.parametrize(("exponent", "hinge"), [(1.0, 0.0), (2.0, 0.0), (2.0, 0.3), (4.0, 0.0)])
def test_trained_saes_meet_it(exponent, hinge):
    world, weights, lam = parent_child(0.2, 0.2), np.array([0.0, 0.005, 0.05, 0.3]), 0.1
    recipe = Recipe(
        sparsity=lam, encoder_bias=False, decoder_bias=False,
        orthogonality_scheme=AllPairs(exponent=exponent, hinge=hinge),
    )  # fmt: skip
    stack = SAEStack(recipe, 2, 2, range(4), sweep={"orthogonality": torch.tensor(weights)})
    with torch.no_grad():
        for weight in (stack.W_enc, stack.W_dec):
            weight.copy_(torch.eye(2) + 0.02)
        stack.W_dec.copy_(torch.nn.functional.normalize(stack.W_dec, dim=-1))
    fit_population(stack, world.activations, world.probabilities, steps=2000)
    found = absorption_delta(stack.dictionary.detach(), world.features).numpy()
    assert np.abs(found - orthogonality_law(weights, lam, 0.2, exponent, hinge)).max() < 0.04
