"""Large worlds on SAELens: its own ground truth has the rates, the trees, the noise and the overlap that are said."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from absorption.worlds.benchmark import RATES, _before_choice, _kept, benchmark

N = 30_000
WORLDS = {one: benchmark(120, 48, roots=4, exclusive=one, seed=5) for one in (True, False)}
DRAWN = {one: world.draw(N, seed=7) for one, world in WORLDS.items()}


def test_there_are_trees_and_free_features():
    world = WORLDS[True]
    assert world.parents[:4] == (-1,) * 4
    assert world.parents[4:20] == tuple(root for root in range(4) for _ in range(4))
    assert world.parents[20:84] == tuple(child for child in range(4, 20) for _ in range(4))
    assert set(world.parents[84:]) == {-1}
    assert torch.allclose(world.features.norm(dim=-1), torch.ones(120))


@pytest.mark.parametrize("exclusive", [True, False])
def test_features_are_as_frequent_as_asked(exclusive):
    found = (DRAWN[exclusive][1] > 0).double().mean(0).numpy()
    wanted = WORLDS[exclusive].probabilities
    assert np.abs(found - wanted).max() < 0.01
    assert abs(found.sum() / WORLDS[exclusive].true_l0 - 1) < 0.03


@pytest.mark.parametrize("exclusive", [True, False])
def test_no_child_is_without_its_parent_and_only_some_worlds_let_siblings_meet(exclusive):
    present = DRAWN[exclusive][1] > 0
    for parent, child in WORLDS[exclusive].pairs:
        assert not bool((present[:, child] & ~present[:, parent]).any())
    met = max(int(present[:, 4 + 4 * root : 8 + 4 * root].sum(1).max()) for root in range(4))
    assert met == 1 if exclusive else met > 1


def test_the_rates_of_one_family_are_those_named_in_some_order():
    world = WORLDS[True]
    for root in range(4):
        assert sorted(world.rates[4 + 4 * root : 8 + 4 * root]) == sorted(RATES)
    assert all(a > b for a, b in pairwise(world.rates[:4]))


def test_children_are_as_strong_as_their_parent():
    magnitudes = DRAWN[True][1]
    on = magnitudes[:, 4] > 0
    assert torch.corrcoef(magnitudes[on][:, [0, 4]].T)[0, 1] > 0.2
    assert abs(float(magnitudes[:, 0][magnitudes[:, 0] > 0].mean()) - 1) < 0.05


def test_of_those_drawn_the_right_share_is_kept():
    drawn = _before_choice(np.array(RATES))
    assert np.allclose(_kept(drawn), RATES)
    assert _kept(np.array([1.0, 1.0])).tolist() == [0.5, 0.5]


def test_activations_are_features_and_noise_and_draws_repeat():
    x, magnitudes = DRAWN[True]
    left = x - magnitudes @ WORLDS[True].features
    assert abs(float(left.std()) / WORLDS[True].noise - 1) < 0.02
    again = WORLDS[True].inputs(5000, seed=7)
    assert torch.equal(again, x[:5000]) or torch.equal(again[:4096], x[:4096])
    assert not torch.equal(WORLDS[True].inputs(100, seed=8), x[:100])


def test_drawing_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    WORLDS[False].draw(10, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_too_many_trees_are_refused():
    with pytest.raises(ValueError, match="5 trees need 105 features"):
        benchmark(100, 8, roots=5)
