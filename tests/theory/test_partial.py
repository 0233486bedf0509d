"""The partial-absorption laws against scipy's minimisers, closed forms, the fixed-magnitude laws and trained SAEs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, differential_evolution, minimize_scalar

from absorption.measures.toy import absorption_delta
from absorption.saes import Recipe, SAEStack, fit_population
from absorption.theory.law import norm_weighted_law, simple_law, tilting_law
from absorption.theory.partial import _objective, partial_law, whole_sae_law

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
    with pytest.raises(ValueError, match="no state with the child"):
        whole_sae_law(0.1, np.array([[1.0, 0.0]]), np.array([1.0]))


def world(m, w, p_child=0.3, p_alone=0.3):
    magnitudes = np.vstack([[1.0, 0.0], np.column_stack([m, np.ones_like(m)])])
    return magnitudes, np.append(p_alone, p_child * w)


@given(st.integers(0, 10_000))
def test_the_gradient_is_the_gradient(seed):
    rng = np.random.default_rng(seed)
    x, p = rng.random((5, 2)), rng.random(5) / 5
    at = rng.normal(size=6)
    numeric = approx_fprime(at, lambda v: _objective(v, x, p, 0.1)[0], 1e-7)
    if np.abs(x @ at[2:].reshape(2, 2)).min() > 1e-4:
        np.testing.assert_allclose(_objective(at, x, p, 0.1)[1], numeric, atol=1e-5)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from([0.02, 0.1, 0.4]), distributions)
def test_no_global_search_over_the_six_weights_finds_less(lam, distribution):
    x, p = world(*distribution)
    bounds = [(-0.5, 0.8), (-0.1, 1.3), (0, 1.5), (-1.5, 0), (-3, 0.5), (0, 3.5)]
    best = differential_evolution(
        lambda v: _objective(v, x, p, lam)[0], bounds, seed=0, maxiter=60, popsize=10, tol=1e-8
    )
    ours = whole_sae_law(lam, x, p)
    assert ours.loss <= best.fun + 1e-4


@given(st.floats(0.02, 0.5), st.floats(0.05, 0.3), st.floats(0.02, 0.3))
@settings(max_examples=30, deadline=None)
def test_fixed_magnitudes_do_as_well_as_the_tilting_law(lam, p11, p01):
    x = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    ours, theirs = whole_sae_law(lam, x, np.array([0.2, p11, p01])), tilting_law(lam, p11, 0.2, p01)
    # A little better where λ is large: the child's latent may read the parent negatively, which that law forbids.
    assert -2e-3 < ours.loss - float(theirs.loss) < 1e-6


@pytest.mark.parametrize("lam, spread, alone", [(0.03, 0.5, 0.0), (0.1, 0.9, 0.1), (0.3, 0.8, 0.4)])
def test_trained_saes_obey_the_law_of_the_whole_sae(lam, spread, alone):
    m = np.append(1 + spread * np.linspace(-1, 1, 24), 0.0)
    w = np.append(np.full(24, (1 - alone) / 24), alone)
    x, p = world(m, w)
    stack = SAEStack(Recipe(sparsity=lam, encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
    with torch.no_grad():
        stack.W_dec.copy_(torch.eye(2)[None])
        stack.W_enc.copy_(torch.eye(2)[None])
    states = torch.tensor(np.vstack([[0.0, 0.0], x]), dtype=torch.float32)
    chances = torch.tensor(np.append(1 - p.sum(), p), dtype=torch.float32)
    report = fit_population(stack, states, chances, steps=3000)
    law = whole_sae_law(lam, x, p)
    assert abs(float(absorption_delta(stack.dictionary.detach(), torch.eye(2))) - law.delta) < 0.01
    assert abs(float(report.loss) - law.loss) < 1e-4
