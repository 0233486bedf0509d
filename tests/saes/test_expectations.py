"""An expectation weighs states by their probability: how a population is written down changes no loss."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.saes import (
    BatchTopK,
    FrozenBatches,
    Gated,
    JumpReLU,
    MatchingPursuit,
    Neighbours,
    RandomChunks,
    Recipe,
    ReLU,
    SAEStack,
    TopK,
    fit_population,
)
from absorption.saes.fit.threshold import exact
from absorption.saes.losses.objective import Usage, population_losses, revival_loss
from absorption.worlds.hierarchies import parent_child

D_IN, D_SAE = 4, 6
RECIPES = {
    "relu": Recipe(ReLU(), sparsity=0.1),
    "norm of a power": Recipe(
        ReLU(), sparsity=0.1, exponent=0.7, aggregate="norm", weighting="decoder_norm", decoder="free"
    ),
    "annealed": Recipe(ReLU(), sparsity=0.1, exponent_end=0.3),
    "topk, revival": Recipe(TopK(2), revival=0.5),
    "nested, revival": Recipe(TopK(2), nesting=(2, 6), level_weights=(0.5, 1.0), revival=0.5),
    "drawn widths": Recipe(TopK(2), random_nesting=2, decoder="normalised"),
    "batchtopk, revival": Recipe(BatchTopK(1.5), revival=0.5),
    "jumprelu": Recipe(JumpReLU(0.05, 0.5), sparsity=0.05, orthogonality=0.1),
    "gated, revival": Recipe(Gated(), sparsity=0.1, revival=0.5),
    "tied, neighbours": Recipe(
        TopK(2), tied=True, orthogonality=0.1, orthogonality_scheme=Neighbours(count=2)
    ),
    "chunks": Recipe(ReLU(), sparsity=0.1, orthogonality=0.1, orthogonality_scheme=RandomChunks(size=3)),
    "frozen batches": Recipe(ReLU(), sparsity=0.1, orthogonality_scheme=FrozenBatches(batches=2)),
    "pursuit": Recipe(MatchingPursuit(2), tied=True, encoder_bias=False),
}
DEAD = torch.tensor([[False, False, False, True, True, True]])


def world(seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(5, D_IN, generator=generator, dtype=torch.float64)
    return x, torch.softmax(torch.randn(5, generator=generator, dtype=torch.float64), 0)


def split(x, p, state, share):
    """The same world: a state written down twice, with its probability divided."""
    part = torch.zeros_like(p)
    part[state] = share * p[state]
    return torch.cat([x, x[state : state + 1]]), torch.cat([p - part, part[state : state + 1]])


def with_impossible(x, p, far):
    """The same world, and a state that never occurs."""
    return torch.cat([x[:2], far[None], x[2:]]), torch.cat([p[:2], p.new_zeros(1), p[2:]])


def evaluated(recipe, seed, x, p):
    """The loss, its parts and its gradients."""
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[seed], dtype=torch.float64)
    losses = population_losses(stack, x, p[None], DEAD if recipe.revival else None)
    losses.total.sum().backward()
    usage = losses.usage()
    gradients = {name: p.grad for name, p in stack.named_parameters() if p.grad is not None}
    return {"total": losses.total, "mse": losses.mse, "l0": usage.l0, "smallest": usage.smallest} | gradients


@pytest.mark.parametrize("name", RECIPES)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), state=st.integers(0, 4), share=st.floats(0.1, 0.9))
def test_how_states_are_written_down_changes_nothing(name, seed, state, share):
    recipe = RECIPES[name]
    x, p = world(seed)
    plain = evaluated(recipe, seed, x, p)
    same = [with_impossible(x, p, 10 * x.sum(0))]
    if name != "batchtopk, revival":  # a part of a state may fit where the whole one does not: see below
        same.append(split(x, p, state, share))
    for rewritten in same:
        torch.testing.assert_close(evaluated(recipe, seed, *rewritten), plain, atol=1e-10, rtol=1e-8)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), state=st.integers(0, 4), share=st.floats(0.1, 0.9))
def test_training_batchtopk_takes_equal_states_as_one(seed, state, share):
    x, p = world(seed)

    def trained(x, p):
        stack = SAEStack(Recipe(BatchTopK(1.5)), D_IN, D_SAE, seeds=[seed], dtype=torch.float64)
        report = fit_population(stack, x, p, steps=3)
        return {"loss": report.loss, "l0": report.l0, "dead": report.dead, **stack.state_dict()}

    plain = trained(x, p)
    for rewritten in (split(x, p, state, share), with_impossible(x, p, 10 * x.sum(0))):
        torch.testing.assert_close(trained(*rewritten), plain, atol=1e-9, rtol=1e-7)


def test_revival_of_a_population_and_of_its_possible_states():
    whole = parent_child(0.1, 0.2, 0.0)
    totals = []
    for population in (whole, whole.merged()):
        stack = SAEStack(Recipe(TopK(1), revival=1.0), 2, D_SAE, seeds=[0])
        totals.append(
            population_losses(stack, population.activations, population.probabilities[None], DEAD).total
        )
    torch.testing.assert_close(*totals)


def test_revival_by_hand():
    pre, dictionary = torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0, 0.0]])
    residual = torch.tensor([[1.0, 2.0], [1.0, 0.0]])  # what is left: 4 and 0
    assert revival_loss(pre, dictionary, residual, torch.tensor([0.25, 0.75])).item() == 1.0
    # In one dimension half of d_in is no latent at all; one is tried.
    assert revival_loss(pre, dictionary[:, :1], residual[:, :1], torch.tensor([0.25, 0.75])).item() == 0.0


def test_a_latent_of_an_impossible_state_has_not_fired():
    acts = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.5]]])
    usage = Usage.of(acts, torch.tensor([[0.5, 0.5, 0.0]]))
    assert usage.fired.tolist() == [[True, True, False]]
    assert (usage.l0.item(), usage.smallest.item()) == (1.0, 1.0)


def test_an_impossible_state_does_not_move_batchtopks_threshold():
    stack = SAEStack(Recipe(BatchTopK(0.5)), d_in=1, d_sae=1, seeds=[0]).requires_grad_(False)
    stack.W_enc[:] = 1
    x, p = torch.tensor([[2.0], [3.0]]), torch.tensor([[0.5, 0.5]])
    assert exact(stack, x, p).item() == 2.5
    far = torch.tensor([[2.9], [2.0], [3.0], [100.0]])
    assert exact(stack, far, torch.tensor([[0.0, 0.5, 0.5, 0.0]])).item() == 2.5


def test_dead_latents_of_a_population_are_those_of_its_possible_states():
    def report(x, p):
        stack = SAEStack(Recipe(ReLU(), encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
        stack.W_dec.data = stack.W_enc.data.copy_(torch.eye(2)).clone()
        return fit_population(stack, torch.tensor(x), torch.tensor(p), steps=1, lr=1e-9)

    assert report([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5]).dead.item() == 0
    assert report([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0]).dead.item() == 0.5
