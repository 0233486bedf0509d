"""Worlds for a penalty on cosines are what they say, its weights are those of a pair, and each measure sees its fault."""

import numpy as np
import pytest
import torch

from absorption.experiments.cosines import leaning, of_recipe, partners, read, trainer
from absorption.experiments.families import families
from absorption.experiments.starts import absorbing, start_at
from absorption.saes import AllPairs, FrozenBatches, Neighbours, RandomChunks, Recipe, SAEStack
from absorption.saes.clock import Clock
from absorption.saes.losses.orthogonality import orthogonality_penalty


def chances(world):
    """How often each two features are present together `[feature feature]`; each one alone on the diagonal."""
    present = world.present
    return (present.T * world.probabilities) @ present


def test_partners_mostly_come_together_and_strangers_as_chance_has_it():
    for seed in range(5):
        together, apart = (chances(partners([seed], strangers).worlds[0]) for strangers in (False, True))
        torch.testing.assert_close(together.diagonal(), apart.diagonal())
        for first, second in ((0, 1), (2, 3)):
            assert together[first, second] > 0.5 * together[first, first]
            assert apart[first, second] == pytest.approx(float(apart[first, first] * apart[second, second]))
        rare = together[4, 4] * together[0, 0]
        assert together[4, 0] == pytest.approx(float(rare)) and 0.02 <= together[4, 4] <= 0.06
        assert partners([seed]).worlds[0].probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("cosine", [-0.25, 0.0, 0.4])
def test_leaning_features_have_their_cosine_and_are_independent(cosine):
    world = leaning([3], cosine).worlds[0]
    gram = world.features @ world.features.T
    torch.testing.assert_close(gram, torch.full((4, 4), cosine).fill_diagonal_(1.0), atol=1e-6, rtol=0)
    p = world.feature_probabilities
    torch.testing.assert_close(chances(world).fill_diagonal_(0), torch.outer(p, p).fill_diagonal_(0))


@pytest.mark.parametrize(
    "scheme",
    [AllPairs(exponent=1), Neighbours(exponent=1, count=3), FrozenBatches(2, exponent=1), RandomChunks()],
)
def test_one_pair_costs_its_weight_whatever_the_scheme(scheme):
    """Two latents of four share a direction, both in the last batch: the penalty is γ."""
    stack = SAEStack(Recipe(orthogonality=1.0, orthogonality_scheme=scheme), 4, 4, seeds=[0])
    stack.clock = Clock(9, 10)
    rows = torch.eye(4)
    rows[3] = rows[2]
    start_at(stack, rows)
    assert of_recipe(scheme, 4) * orthogonality_penalty(stack).item() == pytest.approx(1)


def test_combinations_and_what_is_missing_are_seen():
    worlds, stack = partners([0]), SAEStack(Recipe(decoder_bias=False), 6, 6, seeds=[0])
    rows = worlds.features.clone()
    rows[4] = rows[0] + rows[1]  # in the place of a rare feature
    start_at(stack, rows, torch.linalg.pinv(rows))
    found = read(stack, worlds, worlds.probabilities, worlds.true_l0)
    assert found["rare"].item() == 0.5 and found["found"].item() == pytest.approx(5 / 6)
    reads_both = torch.zeros(6, 6)
    reads_both[:2, 4] = 1.0
    with torch.no_grad():
        stack.W_enc.copy_(torch.where(torch.arange(6) == 4, reads_both, torch.eye(6)))
        stack.b_enc[0, 4] = -1.0  # fires on both alone
    found = read(stack, worlds, worlds.probabilities, worlds.true_l0)
    assert found["combined"].item() == pytest.approx(1 / 6)


def test_absorption_is_read_where_there_are_parents():
    worlds = families([0], "apart")
    stack = SAEStack(Recipe(decoder_bias=False), 6, 6, seeds=[0])
    start_at(stack, *absorbing(worlds.features, worlds.pairs))
    found = read(stack, worlds, worlds.probabilities, worlds.true_l0)
    assert found["absorbed"].item() == pytest.approx(1) and found["unexplained"].item() == pytest.approx(
        0, abs=1e-6
    )


def test_training_keeps_the_axes_apart():
    """A weight that drives rows apart does so in its own column, from the same starts as the one without."""
    train = trainer(
        families([0, 1], "apart"), AllPairs(exponent=1), [0.0, 3.0], beside=1.0, steps=60, lr=0.02
    )
    found = train(np.full((1, 2, 2), 0.1))
    assert found["absorbed"].shape == (1, 2, 2)
    alone = trainer(families([1], "apart"), AllPairs(exponent=1), [3.0], beside=1.0, steps=60, lr=0.02)
    np.testing.assert_allclose(
        alone(np.full((1, 1, 1), 0.1))["unexplained"][0, 0], found["unexplained"][0, 1, 1:], rtol=1e-3
    )
    assert (found["unexplained"][0, 0] != found["unexplained"][0, 1]).all()
