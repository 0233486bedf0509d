"""Training against a meta-SAE: weight 0 changes nothing, the term is what it says, and it pushes."""

import pytest
import torch

from absorption.saes import Recipe, SAEStack, TopK, fit_population
from absorption.saes.fit.adversary import fit_against, taken_apart
from absorption.worlds.hierarchies import parent_child

WORLD = parent_child(0.3, 0.3)
META = Recipe(TopK(1), decoder_bias=False)


def stacks(seeds=(0, 1)):
    recipe = Recipe(sparsity=0.1, decoder_bias=False)
    return SAEStack(recipe, 2, 2, seeds), SAEStack(META, 2, 1, seeds)


def test_without_weight_it_is_ordinary_training():
    against, meta = stacks()
    plain, _ = stacks()
    fit_against(against, meta, WORLD.activations, WORLD.probabilities, torch.zeros(2), steps=200)
    fit_population(plain, WORLD.activations, WORLD.probabilities, steps=200)
    torch.testing.assert_close(against.W_dec, plain.W_dec)
    torch.testing.assert_close(against.W_enc, plain.W_enc)


def test_what_is_taken_apart_is_the_share_of_the_rows_that_is_reconstructed():
    _, meta = stacks([0])
    with torch.no_grad():
        meta.W_dec.copy_(torch.tensor([[[1.0, 0.0]]]))
        meta.W_enc.copy_(meta.W_dec.mT)
    rows = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    torch.testing.assert_close(taken_apart(meta, rows), torch.tensor([(1 + 0.36) / 2]))


def test_rows_end_further_apart_than_without():
    ended = {}
    for weight in (0.0, 0.5):
        stack, meta = stacks(range(6))
        fit_against(stack, meta, WORLD.activations, WORLD.probabilities, torch.full((6,), weight), steps=600)
        ended[weight] = (stack.dictionary[:, 0] * stack.dictionary[:, 1]).sum(-1).abs().mean()
    assert ended[0.5] < ended[0.0] - 0.1


def test_stacks_that_do_not_match_are_refused():
    stack, _ = stacks()
    with pytest.raises(ValueError, match="one meta-SAE for each"):
        fit_against(stack, stacks([0])[1], WORLD.activations, WORLD.probabilities, torch.zeros(2), steps=1)
    penalised = SAEStack(Recipe(sparsity=0.1), 2, 1, [0, 1])
    with pytest.raises(ValueError, match="no penalties"):
        fit_against(stack, penalised, WORLD.activations, WORLD.probabilities, torch.zeros(2), steps=1)
