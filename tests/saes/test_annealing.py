"""Exponents that move during training: the schedule, the size of the penalty, and the gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.saes import JumpReLU, Recipe, SAEStack, TopK, fit_batches, fit_population
from absorption.saes.clock import Clock
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.penalties import lp_penalty
from absorption.worlds.hierarchies import tree

WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3)})
ANNEALED = Recipe(sparsity=0.1, exponent_end=0.2, annealing=(0.25, 0.75), decoder="free", init_norm=0.7)


@pytest.mark.parametrize(
    ("fraction", "exponent"), [(0, 1), (0.25, 1), (0.5, 0.6), (0.75, 0.2), (0.9, 0.2), (1, 0.2)]
)
def test_schedule(fraction: float, exponent: float) -> None:
    assert ANNEALED.exponent_at(fraction) == pytest.approx(exponent)
    assert Recipe(exponent=0.5).exponent_at(fraction) == 0.5


@given(st.floats(0, 1))
def test_the_penalty_has_the_size_of_l1_and_the_direction_of_lp(fraction: float) -> None:
    stack = SAEStack(ANNEALED, 3, 5, seeds=[0, 1], dtype=torch.float64)
    stack.clock = Clock(round(1000 * fraction), 1000)
    x, weights = WORLD.activations.double(), WORLD.probabilities.double()[None]
    weights = weights / weights.sum()
    ours = population_losses(stack, x, weights)
    acts = stack.pre_activations(x).relu()
    l1 = (acts.sum(-1) * weights).sum(-1)
    torch.testing.assert_close(ours.total - ours.mse, 0.1 * l1)
    lp = (lp_penalty(acts, ANNEALED.exponent_at(stack.clock.fraction)) * weights).sum(-1)
    (wanted,) = torch.autograd.grad(
        (0.1 * l1.detach() / lp.detach() * lp).sum(), stack._W_enc, retain_graph=True
    )
    (full,) = torch.autograd.grad(ours.total.sum(), stack._W_enc, retain_graph=True)
    reconstruction = ((acts @ stack.W_dec - x).square().sum(-1) * weights).sum()
    (of_mse,) = torch.autograd.grad(reconstruction, stack._W_enc)
    torch.testing.assert_close(full - of_mse, wanted)


def test_the_clock_moves_the_exponent_while_training() -> None:
    def trained(**options) -> torch.Tensor:
        stack = SAEStack(Recipe(sparsity=0.1, **options), 3, 5, seeds=[0])
        fit_population(stack, WORLD.activations, WORLD.probabilities, steps=40)
        return stack.W_dec.detach()

    never = trained(exponent_end=1.0)
    assert torch.equal(never, trained())
    assert not torch.equal(never, trained(exponent_end=0.2))
    late = dict(exponent_end=0.2, annealing=(0.99, 1.0))
    assert torch.equal(never, trained(**late))


@pytest.mark.parametrize(
    "penalty", [dict(exponent_end=0.5), dict(exponent=0.5), dict(exponent=2.0, aggregate="norm")], ids=str
)
def test_sparse_and_dense_paths_agree(penalty: dict) -> None:
    recipe = Recipe(TopK(2), sparsity=0.1, **penalty)
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(16, 4, generator=generator, dtype=torch.float64) for _ in range(20)]
    stacks = [SAEStack(recipe, 4, 8, seeds=[0], dtype=torch.float64) for _ in range(2)]
    for stack, sparse in zip(stacks, (False, True), strict=True):
        fit_batches(stack, batches, sparse=sparse, lr=0.01)
        stack.clock = Clock(10, 20)
    torch.testing.assert_close(stacks[0].W_dec, stacks[1].W_dec)
    weights = torch.full((1, 16), 1 / 16, dtype=torch.float64)
    dense = population_losses(stacks[0], batches[0], weights).total
    torch.testing.assert_close(dense, SparseObjective(stacks[1])(batches[0]).total)


REFUSED = {
    "exponent_end must be positive": dict(exponent_end=0.0),
    "rising fractions": dict(exponent_end=0.5, annealing=(0.5, 0.5)),
    "penalised by its L0": dict(activation=JumpReLU(), exponent_end=0.5),
}


@pytest.mark.parametrize("message", REFUSED)
def test_meaningless_schedules_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe(**REFUSED[message])
