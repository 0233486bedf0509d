"""The four laws against direct minimisation of what they claim to minimise, and against trained SAEs."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from absorption.measures.toy import absorption_delta
from absorption.saes import Recipe, SAEStack, fit_population
from absorption.theory.law import biased_law, norm_weighted_law, shrinkage_aware_law, simple_law, tilting_law
from absorption.worlds.hierarchies import parent_child

sparsities, probabilities = st.floats(0.01, 1.0), st.floats(0.01, 0.3)


@given(sparsities, probabilities, probabilities)
def test_simple_law_minimises_its_loss(lam, p11, p01):
    best = minimize_scalar(
        lambda d: p01 * d**2 + lam * p11 * (2 - d), bounds=(0, 1), method="bounded", options={"xatol": 1e-8}
    )
    assert abs(float(simple_law(lam, p11, p01)) - best.x) < 1e-4


@given(st.floats(0.01, 0.3), st.tuples(*[st.floats(0.1, 0.4)] * 4))
def test_biased_law_minimises_the_loss_of_a_bias_and_a_child(lam, weights):
    p11, p10, p01, p00 = np.array(weights) / sum(weights)

    def loss(written):
        bias, delta = written
        saved = p10 * (1 - bias) + p11 * (1 - bias - delta)
        return lam * saved + p00 * bias**2 + p01 * (bias + delta) ** 2

    best = minimize(loss, [0.0, 0.0], bounds=[(0, None), (0, None)], options={"ftol": 1e-14, "gtol": 1e-9})
    law = float(biased_law(lam, p11, p10, p01, p00))
    assert abs(law - best.x[1]) < 1e-3 or best.x.sum() > 1  # it does not hold where all is written


def test_children_by_chance_are_not_absorbed_into_with_a_bias():
    assert biased_law(0.2, 0.3 * 0.1, 0.3 * 0.9, 0.7 * 0.1, 0.7 * 0.9) == 0
    assert biased_law(0.2, 0.3, 0.2, 0.0, 0.5) == 1


@given(sparsities, probabilities, probabilities)
def test_norm_weighted_law_minimises_its_loss(lam, p11, p01):
    def loss(d):
        norm = np.sqrt(1 + d**2)
        return p01 * (d**2 + lam * norm) + lam * p11 * (1 - d + norm)

    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-8})
    assert loss(norm_weighted_law(lam, p11, p01)) <= best.fun + 1e-9


def family_loss(variables, lam, p11, p10, p01):
    """The objective from its definition: reconstruct each state, penalise each activation."""
    phi, theta, a, b, c = variables
    d1, d2 = np.array([np.cos(phi), np.sin(phi)]), np.array([np.sin(theta), np.cos(theta)])
    states = ((p10, np.array([1, 0]), a, 0), (p11, np.array([1, 1]), b, c), (p01, np.array([0, 1]), 0, c))
    return sum(p * (((x - z1 * d1 - z2 * d2) ** 2).sum() + lam * (z1 + z2)) for p, x, z1, z2 in states)


@settings(max_examples=40, deadline=None)
@given(sparsities, probabilities, probabilities, probabilities)
@example(
    1.0, 0.25, 0.0625, 0.03125
)  # two local optima: the better one lies far from the five-variable optimum
def test_shrinkage_and_tilt_minimise_the_objective(lam, p11, p10, p01):
    args = (lam, p11, p10, p01)
    bounds = [(-np.pi / 4, np.pi / 4), (0, np.pi / 2), (0, 2), (0, 2), (0, 3)]
    for law, tilts in ((shrinkage_aware_law, False), (tilting_law, True)):
        ours = law(*args)
        at = (
            np.arctan(ours.parent_tilt),
            np.arctan(ours.delta),
            ours.parent_alone,
            ours.parent_with_child,
            ours.child,
        )
        assert abs(family_loss(at, *args) - ours.loss) < 1e-6
        limits = bounds if tilts else [(0, 0), *bounds[1:]]
        starts = [(0, t, 1 - lam / 2, max(0, 1 - np.tan(t)), 1) for t in (0.05, 0.4, np.pi / 4)]
        best = min(minimize(family_loss, s, args, bounds=limits).fun for s in starts)
        assert ours.loss < best + 2e-5
    assert tilting_law(*args).loss <= shrinkage_aware_law(*args).loss + 1e-9


@given(st.floats(0.5, 1.0), st.floats(0.2, 0.3), st.floats(0.002, 0.01))
def test_full_absorption_is_the_mean_direction(lam, p11, p01):
    optimum = tilting_law(lam, p11, 0.2, p01)
    assert optimum.parent_with_child == 0
    assert abs(float(optimum.delta) - p11 / (p11 + p01)) < 1e-3


def test_limits():
    assert simple_law(0.1, 0.2, 0.0) == 1
    assert norm_weighted_law(0.1, 0.2, 0.0) == 1
    assert norm_weighted_law(0.0, 0.2, 0.1) == 0
    small = [
        float(law)
        for law in (
            simple_law(1e-3, 0.1, 0.1),
            norm_weighted_law(1e-3, 0.1, 0.1),
            tilting_law(1e-3, 0.1, 0.1, 0.1).delta,
        )
    ]
    np.testing.assert_allclose(small, 5e-4, rtol=0.02)


@pytest.mark.parametrize("lam, ratio", [(0.05, 2.0), (0.3, 5.0), (0.9, 1.0), (0.5, 30.0)])
def test_trained_saes_obey_the_tilting_law(lam, ratio):
    p11, p01 = 0.2 * ratio / (1 + ratio), 0.2 / (1 + ratio)
    world = parent_child(p11, 0.2, p01)
    stack = SAEStack(Recipe(sparsity=lam, encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
    with torch.no_grad():
        stack.W_dec.copy_(torch.eye(2)[None])
        stack.W_enc.copy_(torch.eye(2)[None])
    report = fit_population(stack, world.activations, world.probabilities, steps=5000)
    law = tilting_law(lam, p11, 0.2, p01)
    assert abs(float(absorption_delta(stack.dictionary.detach(), world.features)) - law.delta) < 0.01
    assert abs(float(report.loss) - law.loss) < 1e-4
