"""What is said of SAEs on one parent and its child: absorption is told from what only looks like it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from absorption.experiments.members import Members
from absorption.experiments.one_pair import Runs, Worlds, drawn, judged_rightly, on_worlds, read
from absorption.experiments.starts import start_at
from absorption.saes import Recipe, SAEStack

PLAIN = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
RANGES = dict(both=(0.1, 0.3), alone=(0.1, 0.4), sparsity=(0.05, 0.2))
ONE = Worlds(np.array([0.2]), np.array([0.3]), np.array([0.1]))
SINGLE = Members(world=1, start=1)


def untouched(*_, **__):
    """In place of training."""


def placed(delta):
    return on_worlds(ONE, PLAIN, delta=delta, noise=0.0, seed=0, by=untouched)


@pytest.mark.parametrize(("delta", "absorbed", "recall"), [(0.0, 0, 1.0), (0.5, 0, 1.0), (1.0, 1, 0.6)])
def test_members_of_the_family_are_told_apart(delta, absorbed, recall):
    runs = placed(delta)
    assert runs.delta[0, 0] == pytest.approx(delta, abs=1e-6)
    assert runs.absorbed[0, 0] == absorbed
    assert runs.recall[0, 0] == pytest.approx(recall)
    assert runs.explained[0, 0] == pytest.approx(1)


def test_a_bias_that_carries_the_parent_absorbs_nothing():
    stack = SAEStack(replace(PLAIN, encoder_bias=True, decoder_bias=True), 2, 2, seeds=[0])
    signs = torch.tensor([[-1.0, 0.0], [0.0, 1.0]])
    start_at(stack, signs, signs, 0.0, torch.tensor([1.0, 0.0]))
    runs = read(stack, ONE, SINGLE)
    assert runs.explained[0, 0] == pytest.approx(1)
    assert runs.absorbed[0, 0] == 0


def test_a_parent_that_nobody_writes_beside_the_child_is_lost_and_not_absorbed():
    stack = SAEStack(PLAIN, 2, 2, seeds=[0])
    start_at(stack, torch.eye(2), torch.tensor([[1.0, 0.0], [-1.0, 1.0]]))
    assert read(stack, ONE, SINGLE).absorbed[0, 0] == 0


def test_a_second_latent_for_the_parent_that_fires_beside_the_child_undoes_absorption():
    stack = SAEStack(PLAIN, 2, 3, seeds=[0])
    W_dec = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    start_at(stack, W_dec, torch.tensor([[0.5, 0.0, 0.5], [-1.0, 1.0, 0.0]]))
    runs = read(stack, ONE, SINGLE)
    assert runs.absorbed[0, 0] == 0
    assert runs.recall[0, 0] == 1


def test_worlds_are_drawn_within_their_ranges_and_again_from_the_same_seed():
    worlds, again = (drawn(50, 3, **RANGES) for _ in range(2))
    assert worlds.p11.min() >= 0.1 and worlds.p11.max() <= 0.3
    assert worlds.sparsity.min() >= 0.05 and worlds.sparsity.max() <= 0.2
    assert torch.equal(worlds.p, again.p)
    assert torch.allclose(worlds.p.sum(1), torch.ones(50))


def test_sparsity_absorbs_and_its_lack_does_not():
    worlds = drawn(4, 5, **RANGES)
    how = dict(seed=5, steps=300, lr=0.03)
    assert on_worlds(worlds, PLAIN, **how).absorbed.all()
    kept = on_worlds(worlds, PLAIN, pressure=0.0, **how)
    assert not kept.absorbed.any()
    assert np.abs(kept.delta).max() < 0.2


def test_the_path_of_training_is_kept_by_world_and_start():
    worlds = drawn(3, 6, **RANGES)
    runs = on_worlds(worlds, PLAIN, n_starts=2, seed=6, steps=20, lr=0.01, every=10)
    assert runs.trace is not None and runs.trace.shape == (3, 3, 2)
    assert runs.trace[-1] == pytest.approx(runs.delta)


def runs_of(stack, **values):
    """Runs whose measures are all 0 but for those given."""
    given = {name: np.array(value) for name, value in values.items()}
    none = np.zeros(next(iter(given.values())).shape)
    names = ("delta", "absorbed", "recall", "explained", "alive", "loss")
    return Runs(stack, **{name: given.get(name, none) for name in names})


def test_saes_that_learned_nothing_are_not_counted_and_worlds_without_any_are_left_out():
    absorbed, explained = [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]], [[0.99, 0.2], [0.95, 0.95], [0.9, 0.1]]
    runs = runs_of(placed(1.0).stack, absorbed=absorbed, explained=explained)
    assert runs.share().tolist() == [1.0, 0.5]
    assert runs.share(np.array([False, True, True])).tolist() == [0.5]
    assert runs.learned.mean(1).tolist() == [0.5, 1.0, 0.0]


def test_a_bias_is_read_along_the_parent_of_saes_that_learned():
    stack = SAEStack(replace(PLAIN, decoder_bias=True), 2, 2, seeds=[0, 1])
    start_at(stack, torch.eye(2), torch.eye(2), None, torch.tensor([0.25, 0.5]))
    bias = runs_of(stack, explained=[[0.95, 0.5]]).bias
    assert bias[0, 0] == 0.25 and np.isnan(bias[0, 1])


def test_absorption_costs_no_more_than_a_bias_where_the_parent_is_rare():
    worlds = Worlds(np.array([0.1, 0.1]), np.array([0.4, 0.5]), np.array([0.1, 0.1]))
    assert worlds.parent_rare.tolist() == [True, False]


def test_what_is_placed_is_judged_rightly():
    assert judged_rightly(drawn(3, 0, **RANGES), PLAIN, seed=0).tolist() == [1, 1, 1]
