"""Worlds of frequent combinations: what they promise about their probabilities, and the same worlds without combinations."""

import numpy as np
import pytest
import torch

from absorption.experiments.crowds import apart, crowded_worlds, pair_worlds

EVERY = {
    "one pair": pair_worlds(6, seed=1),
    "five proportions": pair_worlds(6, seed=1, turned=(-20.0, -10.0, 0.0, 10.0, 20.0)),
    "overlapping": crowded_worlds(6, seed=1),
    "two rare features": crowded_worlds(6, seed=1, n_frequent=3, n_rare=2),
}


@pytest.mark.parametrize("worlds", EVERY.values(), ids=EVERY)
def test_probabilities_are_those_of_a_world(worlds):
    assert bool((worlds.p >= 0).all()) and torch.allclose(worlds.p.sum(1), torch.ones(6), atol=1e-6)
    assert torch.equal(worlds.x[0] > 1e-6, worlds.present > 0)
    assert ((worlds.rarity > 0.001 - 1e-9) & (worlds.rarity < 0.1 + 1e-9)).all()


@pytest.mark.parametrize("worlds", EVERY.values(), ids=EVERY)
def test_rare_features_are_independent_of_everything(worlds):
    weighted = worlds.p[..., None] * worlds.present
    together = weighted.mT @ worlds.present
    chance = worlds.p @ worlds.present
    for rare in worlds.rare:
        others = [i for i in range(worlds.present.shape[1]) if i != rare]
        assert torch.allclose(together[:, rare, others], chance[:, [rare]] * chance[:, others], atol=1e-6)


@pytest.mark.parametrize("worlds", EVERY.values(), ids=EVERY)
def test_apart_no_two_frequent_features_meet_and_rare_ones_are_as_rare(worlds):
    alone = apart(worlds)
    frequent = [i for i in range(worlds.present.shape[1]) if i not in worlds.rare]
    meets = worlds.present[:, frequent].sum(1) > 1
    assert bool(meets.any()) and float(alone.p[:, meets].abs().max()) == 0
    assert torch.allclose(alone.p.sum(1), torch.ones(6), atol=1e-6)
    np.testing.assert_allclose(alone.rarity, worlds.rarity, atol=1e-6)

    def some(of):
        return of.p @ (of.present[:, frequent].sum(1) > 0).float()

    assert torch.allclose(some(alone), some(worlds), atol=1e-6)


def test_proportions_change_the_direction_of_the_pair_and_nothing_else():
    fixed, turned = EVERY["one pair"], EVERY["five proportions"]
    assert torch.allclose(fixed.p @ fixed.present, turned.p @ turned.present, atol=1e-6)
    pairs = turned.x[0, 3:8, :2]
    assert torch.allclose(pairs.norm(dim=1), fixed.x[0, 3, :2].norm().expand(5))
    assert torch.allclose(pairs[2], fixed.x[0, 3, :2])
