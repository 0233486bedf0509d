"""Named axes of a stack, there and back."""

import numpy as np
import pytest
import torch

from absorption.experiments.members import Members, deltas, of_best
from absorption.experiments.starts import absorbing, start_at
from absorption.saes import Recipe, SAEStack
from absorption.worlds.population import directions

GRID = Members(seed=2, world=3, weight=4)


def test_the_last_axis_runs_fastest_and_values_come_back():
    assert len(GRID) == 24
    worlds, weights = np.array([1.0, 2, 3]), np.array([10.0, 20, 30, 40])
    on_worlds, on_weights = GRID.spread(worlds, "world"), GRID.spread(weights, "weight")
    assert on_weights[:5].tolist() == [10, 20, 30, 40, 10]
    back = GRID.shaped(on_worlds + on_weights)
    np.testing.assert_array_equal(back, np.broadcast_to(worlds[:, None] + weights, (2, 3, 4)))
    assert GRID.index("seed") == [0] * 12 + [1] * 12


def test_it_is_what_tile_and_repeat_interleave_do():
    values = torch.rand(3, 5)
    by_seed, by_point = Members(seed=4, point=3), Members(point=3, start=4)
    assert torch.equal(by_seed.spread(values, "point"), values.repeat(4, 1))
    assert torch.equal(by_point.spread(values, "point"), values.repeat_interleave(4, 0))


def test_several_axes_and_what_lies_beyond_them():
    values = torch.rand(3, 4, 7)
    spread = GRID.spread(values, "world", "weight")
    assert spread.shape == (24, 7) and torch.equal(spread[:12], values.reshape(12, 7))


def test_members_at_a_position():
    assert GRID.where(world=1, weight=-1) == [7, 19]
    assert len(GRID.where()) == 24


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="order of"):
        GRID.spread(torch.ones(4, 3), "weight", "world")
    with pytest.raises(ValueError, match="order of"):
        GRID.spread(torch.ones(4), "height")
    with pytest.raises(ValueError, match=r"must begin with \(3,\)"):
        GRID.spread(torch.ones(4), "world")
    with pytest.raises(ValueError, match="at least 1"):
        Members(seed=0)


def test_delta_of_every_member_in_one_world_or_in_its_own():
    members = Members(point=3, start=2)
    features = torch.stack([directions(2, cosine=c) for c in (0.0, 0.3, -0.3)])
    each, wanted = members.spread(features, "point"), torch.tensor([0.0, 0.5, 1.0])
    stack = SAEStack(Recipe(), 2, 2, range(6))
    rows = torch.stack([absorbing(f, [(0, 1)], float(d))[0] for f, d in zip(features, wanted, strict=True)])
    start_at(stack, members.spread(rows, "point"))
    np.testing.assert_allclose(deltas(stack, each, members), wanted[:, None].expand(3, 2), atol=1e-6)
    assert deltas(stack, features[0], members)[1] == pytest.approx([0.5, 0.5], abs=0.4)
    assert not np.allclose(deltas(stack, features[0], members)[1], 0.5, atol=1e-3)


def test_the_best_run_is_chosen_by_loss_alone():
    loss = np.array([[[3.0, 1.0], [1.0, 2.0], [1.0, 3.0]]])  # [group run point]
    values = np.arange(6).reshape(1, 3, 2)
    assert of_best(values, loss, axis=1).tolist() == [[2, 1]]
    assert of_best(values[0], loss[0]).tolist() == [2, 1]
