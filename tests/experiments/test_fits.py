"""Exact fits that cannot fail unseen, and what is read off them."""

import numpy as np
import pytest
import torch

from absorption.experiments.fits import code, exact_l0, fit, l0_followed, living
from absorption.experiments.starts import start_at
from absorption.saes import Recipe, SAEStack, fit_population
from absorption.worlds.hierarchies import independent

WORLD = independent([0.4, 0.3, 0.2])
RECIPE = Recipe(sparsity=0.05, decoder_bias=False)


def test_it_is_fit_population_also_for_numpy():
    one, other = (SAEStack(RECIPE, 3, 3, range(2)) for _ in range(2))
    x, p = WORLD.activations, WORLD.probabilities
    report = fit(one, x.double().numpy(), p.double().numpy(), "here", steps=20, lr=0.02)
    same = fit_population(other, x, p, steps=20, lr=0.02)
    assert torch.equal(one.W_dec, other.W_dec) and torch.equal(report.loss, same.loss)


def test_divergence_is_an_error_that_names_the_members():
    stack = SAEStack(RECIPE, 3, 3, range(3))
    with torch.no_grad():
        stack.b_enc[1] = torch.inf
    with pytest.raises(FloatingPointError, match=r"the forest: 1 of 3 SAEs diverged, members \[1\]"):
        fit(stack, WORLD.activations, WORLD.probabilities, "the forest", steps=3)


def test_code_and_living_latents():
    stack = SAEStack(RECIPE, 3, 3, range(2))
    start_at(stack, torch.eye(3), torch.eye(3))
    with torch.no_grad():
        stack.b_enc[1, 2] = -5
    acts, rows = code(stack, WORLD.activations)
    assert torch.equal(acts[0], WORLD.activations) and torch.equal(rows[1], torch.eye(3))
    assert living(stack, WORLD.activations).tolist() == [[True] * 3, [True, True, False]]
    never = torch.where(WORLD.activations[:, 0] > 0, 0, WORLD.probabilities)  # states of the first feature
    assert living(stack, WORLD.activations, never).tolist() == [[False, True, True], [False, True, False]]
    assert not rows.requires_grad


def test_exact_l0_is_the_worlds_own_for_the_truth():
    stack = SAEStack(RECIPE, 3, 3, [0])
    start_at(stack, torch.eye(3), torch.eye(3))
    assert float(exact_l0(stack, WORLD.activations, WORLD.probabilities)) == pytest.approx(0.9)


def test_sparsity_follows_the_wanted_l0():
    world = independent([0.3] * 6)
    p = world.probabilities
    reached = []
    for target in (1.2, 2.2):
        stack = SAEStack(RECIPE, 6, 12, range(3))
        follow = l0_followed(world.activations, p, target, within=(1e-3, 2.0))
        report = fit(stack, world.activations, p, "L0", steps=600, lr=0.03, observe=follow, every=10)
        reached.append(exact_l0(stack, world.activations, p).numpy())
        assert report.trace is not None and report.trace.shape == (61, 3)
    np.testing.assert_allclose(np.mean(reached, 1), [1.2, 2.2], rtol=0.15)
