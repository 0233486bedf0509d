"""Every combination of choices trains, or is refused with a reason."""

import itertools

import pytest
import torch

from absorption.saes import (
    BatchTopK,
    Gated,
    JumpReLU,
    Recipe,
    ReLU,
    SAEStack,
    TopK,
    fit_batches,
    fit_population,
)
from absorption.worlds.hierarchies import tree

ACTIVATIONS = [ReLU(), TopK(2), BatchTopK(1.5), JumpReLU(0.05, 0.2), Gated()]
GRID = list(
    itertools.product(
        ACTIVATIONS,
        [False, True],  # tied
        ["free", "unit", "normalised"],
        [(), (2, 6)],  # nesting
        [0.0, 0.3],  # orthogonality
        [True, False],  # biases
    )
)
WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3), "d": ("c", 0.5)})


def name(case):
    activation, tied, decoder, nesting, orthogonality, biases = case
    return f"{type(activation).__name__}-{'tied-' * tied}{decoder}-{nesting}-{orthogonality}-{biases}"


@pytest.mark.parametrize("decoder", ["free", "normalised"])
@pytest.mark.parametrize(("encoder_bias", "decoder_bias"), list(itertools.product([False, True], repeat=2)))
def test_pre_activations_are_read_with_the_biases_that_there_are(encoder_bias, decoder_bias, decoder):
    recipe = Recipe(decoder=decoder, encoder_bias=encoder_bias, decoder_bias=decoder_bias)
    stack = SAEStack(recipe, 2, 1, seeds=[0]).requires_grad_(False)
    stack.W_enc[:], stack.W_dec[:] = torch.tensor([[2.0], [3.0]]), torch.tensor([[3.0, 4.0]])
    stack.b_enc[:], stack.b_dec[:] = 10.0 * encoder_bias, torch.tensor([1.0, -1.0]) * decoder_bias
    by_hand = 2 * 5 + 3 * 7 + 10 * encoder_bias - (2 - 3) * decoder_bias
    found = stack.pre_activations(torch.tensor([[5.0, 7.0]]))
    assert found.item() == by_hand * (5 if decoder == "normalised" else 1)


@pytest.mark.parametrize("case", GRID, ids=name)
def test_every_combination_lowers_its_loss_or_is_refused(case):
    activation, tied, decoder, nesting, orthogonality, biases = case
    make = lambda: Recipe(  # noqa: E731
        activation=activation, tied=tied, decoder=decoder, nesting=nesting, orthogonality=orthogonality,
        encoder_bias=biases, decoder_bias=biases, sparsity=0.02, encoder_decay=0.0, revival=0.1, dead_after=5, init_norm=0.5,
    )  # fmt: skip
    if tied and decoder == "normalised":
        with pytest.raises(ValueError, match="tied"):
            make()
        return
    stack = SAEStack(make(), 4, 6, seeds=[0, 1])
    first = fit_population(stack, WORLD.activations, WORLD.probabilities, steps=1, lr=1e-4)
    last = fit_population(stack, WORLD.activations, WORLD.probabilities, steps=150, lr=0.01)
    assert (last.loss < first.loss).all()
    assert not last.diverged.any()
    if decoder == "unit":
        torch.testing.assert_close(stack.W_dec.norm(dim=-1), torch.ones(2, 6))
    if tied:
        assert torch.equal(stack.W_enc, stack.W_dec.mT)
    if not biases:
        assert stack.b_enc.abs().max() == stack.b_dec.abs().max() == 0


BAD = {
    "sparsity must not be negative": dict(sparsity=-1),
    "exponent must be positive": dict(exponent=0),
    "k must be positive": dict(activation=TopK(0)),
    "bandwidth": dict(activation=JumpReLU(0.1, 0)),
    "penalised by its L0": dict(activation=JumpReLU(), exponent=0.5),
    "strictly increasing": dict(nesting=(4, 4)),
    "level_weights needs one": dict(nesting=(2, 4), level_weights=(1.0,)),
    "level_weights must not be negative": dict(nesting=(2, 4), level_weights=(1.0, -1.0)),
    "encoder_decay has no effect": dict(tied=True, encoder_decay=0.1),
    "init_norm": dict(init_norm=0),
    "dead_after": dict(dead_after=0),
    "threshold must": dict(activation=JumpReLU(-1.0)),
}


@pytest.mark.parametrize("message", BAD)
def test_meaningless_recipes_are_refused(message):
    with pytest.raises(ValueError, match=message):
        Recipe(**BAD[message])


BAD_STACKS = {
    "seeds is empty": lambda: SAEStack(Recipe(), 2, 2, seeds=[]),
    "nesting must end": lambda: SAEStack(Recipe(nesting=(2, 4)), 2, 6, seeds=[0]),
    "k must lie": lambda: SAEStack(Recipe(activation=TopK(3)), 2, 2, seeds=[0]),
    "k must lie in": lambda: SAEStack(
        Recipe(activation=BatchTopK(1)), 2, 2, seeds=[0, 1], sweep={"k": torch.tensor([1.0, 0.0])}
    ),
    "whole numbers": lambda: SAEStack(
        Recipe(activation=TopK(1)), 2, 2, seeds=[0], sweep={"k": torch.tensor([1.5])}
    ),
    "unknown names": lambda: SAEStack(Recipe(), 2, 2, seeds=[0], sweep={"k": torch.tensor([1.0])}),
    "must have shape": lambda: SAEStack(
        Recipe(), 2, 2, seeds=[0, 1], sweep={"sparsity": torch.tensor([1.0])}
    ),
}


@pytest.mark.parametrize("message", BAD_STACKS)
def test_meaningless_stacks_are_refused(message):
    with pytest.raises(ValueError, match=message):
        BAD_STACKS[message]()


def test_revival_wakes_dead_latents():
    generator = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(12, 8, generator=generator), dim=-1)
    batches = [directions[torch.randint(12, (64,), generator=generator)] for _ in range(600)]

    def trained(revival):
        stack = SAEStack(Recipe(TopK(2), revival=revival, dead_after=20), 8, 12, seeds=[0])
        with torch.no_grad():
            stack.b_enc[0, :6] = -0.6
        report = fit_batches(stack, batches, lr=0.01)
        return int((stack.encode(directions) > 0).any(1)[0, :6].sum()), float(report.mse)

    (alive_without, mse_without), (alive_with, mse_with) = trained(0.0), trained(1 / 32)
    assert alive_without == 0 and alive_with > 0
    assert mse_with < 0.8 * mse_without
