"""Knobs: chances are those that were asked for, and the measures read known dictionaries as they are."""

import numpy as np
import pytest
import torch

from absorption.experiments import knobs
from absorption.experiments.knobs import Draws, drawn, probabilities, states, turned
from absorption.experiments.members import Members
from absorption.experiments.starts import absorbing, start_at
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

RANGES = dict(parent=(0.2, 0.5), rate=(0.05, 0.3), magnitude=(0.75, 1.25))
ONE = dict(bounds=[1.0], scales=[1.0], sparsities=[0.1], steps=20, lr=0.01)


@pytest.mark.parametrize("kind", ["exclusive", "together"])
@pytest.mark.parametrize("bound", [0.0, 0.4, 1.0])
def test_binding_moves_who_meets_whom_and_nothing_else(kind, bound):
    draws = drawn(5, 3, seed=1, **RANGES)
    present, p = states(kind, 3), probabilities(kind, draws, bound)
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_allclose(p @ present[:, 0], draws.parent)
    np.testing.assert_allclose(p @ present[:, 1:], draws.rates * draws.parent[:, None])
    with_parent = p @ (present[:, 1:] * present[:, :1]) / (p @ present[:, 1:])
    wanted = draws.parent + bound * (1 - draws.parent)
    np.testing.assert_allclose(with_parent, np.repeat(wanted[:, None], 3, 1))


def test_kinds_differ_in_whether_children_meet():
    draws = drawn(2, 2, seed=1, **RANGES)
    assert states("exclusive", 2)[:, 1:].sum(1).max() == 1
    together = states("together", 2)
    meet = probabilities("together", draws, 1.0) @ together[:, 1:].prod(1)
    np.testing.assert_allclose(meet, draws.parent * draws.rates.prod(1))


def test_exclusive_children_that_come_too_often_are_refused():
    with pytest.raises(ValueError, match="must not sum to more than 1"):
        probabilities("exclusive", Draws(np.array([0.5]), np.array([[0.6, 0.6]]), np.ones((1, 3))), 1.0)


@pytest.mark.parametrize("delta", [0.0, 0.5, 1.0])
def test_the_level_of_a_known_dictionary_is_what_was_built(delta):
    draws = drawn(1, 2, seed=0, **RANGES)
    runs = Members(world=1, start=1, bound=1, scale=1, sparsity=1)
    stack = SAEStack(Recipe(), 3, 3, seeds=[0])
    m = np.array([0.5, 1.0, 2.0])  # powers of 2, so that a silent latent is at zero exactly
    x = torch.as_tensor(states("exclusive", 2) * m).float()[None]
    start_at(
        stack,
        *absorbing(torch.eye(3) * torch.as_tensor(m).float()[:, None], [(0, 1), (0, 2)], delta),
        unit=False,
    )
    read = knobs._read(stack, runs, x, torch.as_tensor(probabilities("exclusive", draws, 1.0)).float())
    np.testing.assert_allclose(read.level.ravel(), [delta, delta], atol=1e-5)
    assert read.share.item() == pytest.approx(delta, abs=1e-5)
    assert read.silent.item() == (delta == 1) and read.found.item() == 1 and read.alive.item() == 1
    assert read.explained.item() == pytest.approx(1, abs=1e-5)


def test_a_second_latent_for_the_parent_is_no_absorption():
    draws = drawn(1, 1, seed=0, **RANGES)
    x = torch.as_tensor(states("exclusive", 1)).float()[None]
    stack = SAEStack(Recipe(), 2, 2, seeds=[0])
    both = torch.tensor([[1.0, 0.0], [1.0, 0.2]])  # the child's best match fires on the parent as well
    start_at(stack, both, torch.tensor([[0.5, 0.5], [0.0, 0.0]]), unit=False)
    runs = Members(world=1, start=1, bound=1, scale=1, sparsity=1)
    p = torch.as_tensor(probabilities("exclusive", draws, 1.0)).float()
    assert knobs._read(stack, runs, x, p).level.item() == pytest.approx(0, abs=1e-6)


def with_a_dead_latent(child_fires: bool):
    """A child's latent that absorbs all of the parent (if it fires), and one whose row is the child but that never fires."""
    draws = drawn(1, 1, seed=0, **RANGES)
    x = torch.as_tensor(states("exclusive", 1)).float()[None]
    stack = SAEStack(Recipe(), 2, 3, seeds=[0])
    rows = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    encoder = torch.tensor([[1.0, 0.0, -1.0], [-1.0, 1.0 if child_fires else -1.0, -1.0]])  # [d_in d_sae]
    start_at(stack, rows, encoder, unit=False)
    runs = Members(world=1, start=1, bound=1, scale=1, sparsity=1)
    return knobs._read(stack, runs, x, torch.as_tensor(probabilities("exclusive", draws, 1.0)).float())


def test_a_latent_that_never_fires_is_nobodys():
    found = with_a_dead_latent(child_fires=True)
    assert found.level.item() == pytest.approx(1) and found.alive.item() == 1


def test_a_child_without_a_latent_that_fires_has_no_level():
    found = with_a_dead_latent(child_fires=False)
    assert np.isnan(found.level).all() and found.alive.item() == 0.5


def test_a_stronger_parent_stands_at_its_own_scale():
    draws = drawn(2, 2, seed=0, **RANGES)
    found = turned("together", draws, **ONE | dict(bounds=[0.0, 1.0], scales=[0.5, 2.0], sparsities=[0.0]))
    assert found.level.shape == (2, 1, 2, 2, 1, 2)
    assert np.abs(found.level).max() < 0.2 and found.explained.min() > 0.9  # nothing pays


def test_starts_of_a_world_differ_and_are_alike_at_every_setting():
    draws = drawn(1, 2, seed=0, **RANGES)
    for start in ("truth", "random"):
        found = turned("exclusive", draws, **ONE | dict(bounds=[1.0, 1.0], steps=1), n_starts=2, start=start)
        np.testing.assert_array_equal(found.explained[:, :, 0], found.explained[:, :, 1])
        assert (found.explained[:, 0] != found.explained[:, 1]).all()
