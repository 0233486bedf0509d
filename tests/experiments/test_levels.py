"""SAEs on two-level trees: what is read of a dictionary that is known, and what training finds."""

import numpy as np
import pytest
import torch

from absorption.experiments.levels import RECIPES, Training, angles, placed, read, train
from absorption.experiments.tree_jobs import with_steps
from absorption.worlds.two_levels import two_levels


def of(world, absorbed=False):
    """A dictionary that is put in place, read on its world."""
    return {name: float(values[0]) for name, values in placed([world], absorbed).items()}


def test_the_truth_is_faithful_at_every_correlation():
    """Its pursuit is exact with as many steps as there are concepts."""
    for correlation in (0.0, 0.3, 0.6):
        world = two_levels(3, correlation)
        found = of(world)
        assert found["worse"] < 1e-5 and found["explained"] > 0.999 and found["recall"] == 1
        assert abs(found["l0"] - 1.36) < 0.05


def test_a_dictionary_that_has_absorbed_is_found_out():
    """The child's row leans to the parent by 45°, and its latent takes the parent's place where magnitudes are constant."""
    found = of(two_levels(3, spread=0.0), absorbed=True)
    assert found["between"] == pytest.approx(0.5**0.5, abs=1e-4)
    assert found["absorbed"] == 1 and found["recall"] == 0
    assert [found[name] for name in ("first", "second", "third")] == pytest.approx([1, 1, 1], abs=1e-3)


def test_siblings_that_are_turned_apart_count_within_and_not_between():
    """A level that is made orthogonal keeps away from its parent."""
    world = two_levels(3, correlation=0.5)
    apart = world.features.clone()
    apart[11:14] = torch.linalg.qr(world.features[11:14].T).Q.T * torch.tensor([1.0, 1.0, 1.0])[:, None]
    apart[11:14] *= (apart[11:14] * world.features[11:14]).sum(1, keepdim=True).sign()
    found = {name: float(value) for name, value in angles(apart[None], world.features).items()}
    assert found["between"] < 1e-5 and found["within"] == pytest.approx(0.5 / 6, abs=0.01)


@pytest.mark.parametrize("name", RECIPES)
def test_every_architecture_trains_on_one_stack_of_worlds(name):
    """Two values in two worlds; nothing diverges, and members of different worlds differ."""
    worlds = [two_levels(0), two_levels(1, hierarchy=False)]
    stack, members = train(worlds, Training(name, steps=60), np.array([[1.0, 1.0], [2.0, 2.0]]))
    found = read(stack, members, worlds)
    assert found["explained"].shape == (2, 2) and np.isfinite(found["explained"]).all()
    assert found["between"][0, 0] != found["between"][0, 1]


def test_a_pursuit_trained_long_enough_keeps_orthogonal_levels_apart_where_magnitudes_vary():
    """And far more than before training."""
    worlds = [two_levels(2500, spread=0.5)]
    asked = np.array([[6.0]])
    before, after = (read(*train(worlds, Training("pursuit", steps=n), asked), worlds) for n in (0, 2500))
    assert before["worse"][0, 0] > 0.12 and after["worse"][0, 0] < 0.06


def test_more_steps_at_inference_never_lose_variance():
    """Each step takes away what it writes."""
    worlds = [two_levels(0)]
    stack, members = train(worlds, Training("pursuit", steps=100), np.array([[2.0]]))
    explained = [read(with_steps(stack, k), members, worlds)["explained"][0, 0] for k in (1, 2, 4)]
    assert explained == sorted(explained)


def test_how_far_a_child_has_gone_is_measured_from_its_own_tilt():
    """Truth is 0 and equal parts are 1, whatever the child's cosine with its parent."""
    tilted = two_levels(4, tilts=(-0.5, 0.0, 0.5))
    for absorbed, gone in ((False, 0), (True, 1)):
        found = of(tilted, absorbed)
        assert [found[name] for name in ("first", "second", "third")] == pytest.approx([gone] * 3, abs=1e-3)
