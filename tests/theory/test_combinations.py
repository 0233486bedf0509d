"""The shortest path over angles against scipy's optimisers, the floor, and trained SAEs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import differential_evolution, minimize, nnls

from absorption.saes import Recipe, SAEStack, fit_population
from absorption.theory.combinations import floor, free_codes, linear_encoder, planar_optimum

PAIR = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
sparsities = st.floats(0.02, 0.8)
plane_worlds = st.lists(
    st.tuples(st.floats(0, 1.5), st.floats(0.1, 2), st.floats(0.02, 0.3)), min_size=1, max_size=4
).map(lambda rows: (np.array([[r * np.cos(a), r * np.sin(a)] for a, r, _ in rows]).clip(0), np.array([p for *_, p in rows])))  # fmt: skip


def coded(atoms, states, p, lam):
    """Loss with the best non-negative codes."""
    z = free_codes(atoms, states, lam)
    return float(p @ (((states - z @ atoms) ** 2).sum(1) + lam * z.sum(1)))


def at_angles(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)])


@settings(max_examples=10, deadline=None)
@given(plane_worlds, sparsities)
def test_every_loss_is_reached_by_its_own_atoms_and_falls_to_the_floor(world, lam):
    states, p = world
    optimum = planar_optimum(states, p, lam, len(states), resolution=61)
    for loss, angles in zip(optimum.loss[1:], optimum.angles[1:], strict=True):
        assert coded(at_angles(angles), states, p, lam) == pytest.approx(loss, abs=1e-9)
    assert (np.diff(optimum.loss) <= 1e-12).all()
    least = float(floor(np.linalg.norm(states, axis=1), p, lam))
    assert (optimum.loss >= least - 1e-9).all()
    assert optimum.loss[-1] == pytest.approx(least, abs=2e-3)  # one atom a direction, up to the grid


@settings(max_examples=5, deadline=None)
@given(plane_worlds, sparsities, st.integers(1, 2))
def test_no_global_search_over_angles_finds_less(world, lam, n):
    states, p = world
    found = differential_evolution(
        lambda angles: coded(at_angles(angles), states, p, lam),
        [(-0.3, 1.9)] * n, seed=0, maxiter=20, popsize=6, polish=False,
    )  # fmt: skip
    assert planar_optimum(states, p, lam, n, resolution=241).loss[n] <= found.fun + 5e-4


@given(st.integers(0, 10_000), sparsities)
def test_free_codes_are_the_best(seed, lam):
    rng = np.random.default_rng(seed)
    atoms = rng.normal(size=(3, 2))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    x = rng.random((1, 2))
    # λ Σ z as the cross term of one more equation, small and far away: an ordinary non-negative least squares.
    small = 1e-3
    z, _ = nnls(np.vstack([atoms.T, np.full(3, small)]), np.append(x[0], -lam / (2 * small)))
    oracle = ((x - z @ atoms) ** 2).sum() + lam * z.sum()
    assert coded(atoms, x, np.ones(1), lam) == pytest.approx(oracle, abs=1e-4)


@given(st.integers(0, 10_000), sparsities)
def test_no_dictionary_beats_the_floor(seed, lam):
    rng = np.random.default_rng(seed)
    atoms, states, p = rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), rng.random(4)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    assert coded(atoms, states, p, lam) >= floor(np.linalg.norm(states, axis=1), p, lam) - 1e-9


def world(p3, p_alone=0.1, p_pair=0.3):
    plane = np.vstack([[[0.0, 0.0]], PAIR])
    chances = np.array([1 - 2 * p_alone - p_pair, p_alone, p_alone, p_pair])
    states = np.vstack([np.column_stack([plane, np.full(4, third)]) for third in (0.0, 1.0)])
    return states, np.concatenate([chances * (1 - p3), chances * p3])


@pytest.mark.parametrize("lam, p3, lost", [(0.1, 0.005, True), (0.1, 0.03, False), (0.4, 0.03, True)])
def test_three_dimensions_leave_nothing_better(lam, p3, lost):
    states, p = world(p3)
    plane = planar_optimum(PAIR, np.array([0.1, 0.1, 0.3]), lam, 3)
    kept, left_out = plane.loss[2] + p3 * (lam - lam**2 / 4), plane.loss[3] + p3
    assert (left_out < kept) == lost == (p3 < plane.boundary(lam)[2])

    def loss(flat):
        atoms = flat.reshape(3, 3)
        return coded(atoms / np.linalg.norm(atoms, axis=1, keepdims=True), states, p, lam)

    starts = [np.vstack([[[1, 0.1, 0], [0.1, 1, 0]], [third]]) for third in ([0, 0, 1.0], [1, 1, 0.05])]
    rng = np.random.default_rng(0)
    starts += [rng.random((3, 3)) for _ in range(4)]
    found = min(minimize(loss, start.ravel(), method="BFGS", options={"maxiter": 60}).fun for start in starts)
    assert found == pytest.approx(min(kept, left_out), rel=3e-3)


def test_trained_saes_find_the_better_dictionary_when_started_in_both():
    lam, recipe = 0.2, Recipe(sparsity=0.2, decoder_bias=False)
    for p3 in (0.01, 0.08):
        states, p = world(p3)
        stack = SAEStack(recipe, 3, 3, seeds=[0, 1])
        pair = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0.5**0.5, 0.5**0.5, 0]])
        with torch.no_grad():
            stack.W_dec.copy_(torch.stack([torch.eye(3), pair]))
            stack.W_enc[0].copy_(torch.eye(3))
            stack.W_enc[1].copy_(torch.tensor([[1.0, -1, 0], [-1, 1, 0], [1, 1, 0]]).T)
            stack.b_enc[1, 2] = -1
        report = fit_population(stack, torch.tensor(states).float(), torch.tensor(p).float(), steps=1500)
        plane = planar_optimum(PAIR, np.array([0.1, 0.1, 0.3]), lam, 3)
        predicted = [plane.loss[2] + p3 * (lam - lam**2 / 4), plane.loss[3] + p3]
        assert report.loss.argmin() == np.argmin(predicted) == (p3 < 0.028)
        assert float(report.loss.min()) == pytest.approx(min(predicted), rel=2e-3)


def test_a_linear_encoder_reproduces_codes_that_a_linear_encoder_can_make():
    rng = np.random.default_rng(0)
    states, weights, bias = rng.random((12, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    codes = np.maximum(0, states @ weights + bias)
    w, b = linear_encoder(states, np.full(12, 1 / 12), codes)
    np.testing.assert_allclose(np.maximum(0, states @ w + b), codes, atol=0.15)
    # One latent a direction needs thresholds and inhibition, and a linear encoder has both.
    atoms = at_angles(np.radians([0.0, 45.0, 90.0]))
    codes = free_codes(atoms, PAIR, 0.1)
    assert ((codes > 0).sum(1) == 1).all()
    w, b = linear_encoder(PAIR, np.full(3, 100.0), codes)
    np.testing.assert_allclose(np.maximum(0, PAIR @ w + b), codes, atol=1e-6)


def test_a_negative_magnitude_is_refused():
    with pytest.raises(ValueError, match="quadrant"):
        planar_optimum(-PAIR, np.full(3, 0.1), 0.1, 2)
