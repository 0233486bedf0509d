"""Strengths that vary: distributions are those that were asked for, and the measures read known dictionaries as they are."""

import numpy as np
import pytest
import torch

from absorption.experiments import strengths
from absorption.experiments.knobs import drawn, probabilities, states
from absorption.experiments.members import Members
from absorption.experiments.starts import absorbing, start_at
from absorption.experiments.strengths import values, varied
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

RANGES = dict(parent=(0.2, 0.5), rate=(0.05, 0.3), magnitude=(0.75, 1.25))


@pytest.mark.parametrize("family", ["uniform", "gamma"])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
def test_values_have_mean_1_and_the_spread_asked_for(family, spread):
    m = values(family, spread, 400)
    assert m.mean() == pytest.approx(1, abs=0.01) and m.std() == pytest.approx(spread, rel=0.02)
    assert m.min() >= 0 and (np.diff(m) >= 0).all()


def test_uniform_values_below_zero_are_refused():
    with pytest.raises(ValueError, match="must not exceed"):
        values("uniform", 0.6, 4)


def read(delta: float, m: list[float]):
    """One parent, one child of magnitude 1 that implies it, a dictionary with a known δ; the parent's strengths are `m`."""
    draws = drawn(1, 1, seed=0, **RANGES)
    x = np.repeat(states("exclusive", 1), len(m), axis=0)
    x[:, 0] *= np.tile(m, len(x) // len(m))
    p = np.repeat(probabilities("exclusive", draws, 1.0), len(m), axis=1) / len(m)
    stack = SAEStack(Recipe(), 2, 2, seeds=[0])
    start_at(stack, *absorbing(torch.eye(2), [(0, 1)], delta), unit=False)
    inputs = (torch.as_tensor(part).float() for part in (x[None], p, np.ones((1, 2))))
    return strengths._read(stack, Members(world=1, start=1, spread=1, sparsity=1), *inputs)


def test_no_absorption_is_neither_partial_nor_silent():
    found = read(0.0, [0.5, 1.0])
    assert found.partial.item() == found.silent.item() == 0 and found.found.item() == 1


def test_full_absorption_of_a_fixed_strength_is_silent():
    found = read(1.0, [1.0])
    assert (found.partial.item(), found.silent.item(), found.row.item()) == (0, 1, 0.5)
    assert (round(found.of_child.item(), 5), found.of_parent.item()) == (1, 0)


def test_what_a_fixed_mixture_lacks_is_made_up_for_on_partial_appearances():
    found = read(0.5, [0.5, 1.0, 4.0])  # silent; half as strong; seven eighths as strong
    assert found.partial.item() == pytest.approx(1 / 3) and found.silent.item() == pytest.approx(1 / 3)
    assert found.error.item() == pytest.approx(0, abs=1e-9) and found.error_without.item() > 0
    assert (found.of_child.item(), found.of_parent.item()) == (0.5, 0.5)
    assert found.above_tenth.item() == found.above_fifth.item() == found.partial.item()
    assert found.removed.item() == pytest.approx(1)


def test_weak_has_lower_ends():
    found = read(0.5, [0.5625, 0.578125, 4.0])  # a ninth of 0.5625 is left, and 0.135 of 0.578125
    assert found.above_tenth.item() == pytest.approx(2 / 3) and found.above_fifth.item() == 0


def test_a_latent_that_never_fires_is_nobodys():
    draws = drawn(1, 1, seed=0, **RANGES)
    x, p = states("exclusive", 1)[None], probabilities("exclusive", draws, 1.0)
    stack = SAEStack(Recipe(), 2, 3, seeds=[0])
    rows = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])  # the last one is the child, and never fires
    start_at(stack, rows, torch.tensor([[1.0, 0.0, -1.0], [-1.0, 1.0, -1.0]]), unit=False)
    inputs = (torch.as_tensor(part).float() for part in (x, p, np.ones((1, 2))))
    found = strengths._read(stack, Members(world=1, start=1, spread=1, sparsity=1), *inputs)
    assert (found.silent.item(), found.alive.item(), found.row.item()) == (1, 1, 0.5)


def test_nothing_is_partial_without_a_penalty():
    draws = drawn(2, 2, seed=0, **RANGES)
    for start in ("truth", "random"):
        found = varied(draws, spreads=[0.3], sparsities=[0.0], n_nodes=3, start=start, steps=10, lr=1e-4)
        assert found.partial.shape == (2, 1, 1, 1)
    assert varied(draws, spreads=[0.3], sparsities=[0.0], n_nodes=3, steps=10, lr=1e-4).partial.max() == 0
