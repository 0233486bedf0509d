"""A parent with three exclusive children: what is built is exact, and every start stays with its seed."""

import numpy as np
import pytest
import torch

from absorption.experiments.architectures import recipe_of, swept
from absorption.experiments.single_trees import STARTS, absorption_of, on_single_trees, placed, single_trees
from absorption.experiments.starts import start_at
from absorption.saes import SAEStack


@pytest.fixture
def trees():
    return single_trees(6, 0.5, (0.2, 0.7))


def test_the_parent_is_alone_as_often_as_asked(trees):
    with_child = trees.states @ trees.features[1:].sum(0) > 0
    with_parent = trees.states @ trees.features[0] > 0
    p = trees.probabilities
    assert torch.allclose((p * with_parent).sum(1), torch.tensor([0.5, 0.5]))
    assert torch.allclose((p * (with_parent & ~with_child)).sum(1) / 0.5, torch.tensor([0.2, 0.7]))
    assert np.allclose(trees.power, [0.5 * 1.8, 0.5 * 1.3])


def test_built_to_absorb_is_scored_as_absorbing_and_the_truth_as_not(trees):
    recipe = recipe_of("L1", encoder_bias=False)
    stack = SAEStack(recipe, 6, 4, range(2), sweep=swept("L1", [0.1, 0.1]))
    start_at(stack, *trees.absorbed())
    start_at(stack, trees.features, trees.features.T, members=[1])
    assert absorption_of(stack, trees, trees.probabilities[:1]).tolist() == [1.0, 0.0]
    assert torch.allclose(stack(trees.states), trees.states, atol=1e-5)


def test_what_the_two_solutions_cost_can_be_counted_by_hand(trees):
    found = placed(trees, recipe_of("L1", encoder_bias=False), "L1", 0.1, "cpu")
    share = np.array([0.2, 0.7])
    # The truth pays 1 for the parent and 1 for a child; absorbed, a child pays the length √2 of parent + child.
    assert np.allclose(found["truth"], 0.1 * 0.5 * (share + 2 * (1 - share)) / trees.power, atol=1e-6)
    assert np.allclose(found["absorbed"], 0.1 * 0.5 * (share + 2**0.5 * (1 - share)) / trees.power, atol=1e-6)


def test_a_penalty_on_magnitude_leaves_the_truth_and_tying_or_no_pressure_keeps_it(trees):
    how = dict(n_seeds=2, steps=300, lr=0.02, noise=0.02, n_random_latents=8, device="cpu")
    untied = on_single_trees(trees, "L1", False, pressure=0.2, **how)
    tied = on_single_trees(trees, "L1", True, pressure=0.2, **how)
    assert set(untied.absorbed) == set(STARTS) == set(untied.loss)
    assert untied.absorbed["truth"].shape == (2, 2)
    assert untied.absorbed["truth"].min() == 1
    assert untied.absorbed["unpressed"].max() == tied.absorbed["truth"].max() == 0
