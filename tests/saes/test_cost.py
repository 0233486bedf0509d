"""Counted multiplications against torch's own counter of operations."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from absorption.saes import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, SAEStack, TopK
from absorption.saes.cost import LISTED, multiplications
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.orthogonality import multiplications as of_scheme
from absorption.saes.losses.schemes import AllPairs, RandomChunks

D_IN, D_SAE, BATCH = 16, 256, 128


def counted_by_torch(recipe):
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[0])
    x = torch.randn(BATCH, D_IN, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter:
        population_losses(stack, x, torch.full((1, BATCH), 1 / BATCH)).total.sum().backward()
    return counter.get_total_flops() / 2 / BATCH  # a product and a sum count as two operations


@pytest.mark.parametrize("activation", [ReLU(), JumpReLU(), Gated()], ids=["relu", "jumprelu", "gated"])
@pytest.mark.parametrize("orthogonality", [0.0, 0.3])
def test_dense_recipes(activation, orthogonality):
    # Without the decoder's bias: its own product, b_dec W_enc, is of one row and not counted.
    recipe = Recipe(activation, sparsity=0.1, orthogonality=orthogonality, decoder_bias=False)
    counted = counted_by_torch(recipe)
    assert multiplications(recipe, D_IN, D_SAE, BATCH) == pytest.approx(counted, rel=0.03)


def test_sparse_recipes_by_hand():
    flat = multiplications(Recipe(BatchTopK(2)), 10, 100, 50)
    assert flat == multiplications(Recipe(TopK(2)), 10, 100, 50) == 1000 + LISTED * 20
    assert multiplications(Recipe(BatchTopK(2), nesting=(5, 100)), 10, 100, 50) - flat == 60
    assert multiplications(Recipe(BatchTopK(2), random_nesting=4), 10, 100, 50) - flat == 120
    assert multiplications(Recipe(BatchTopK(2), orthogonality=1.0), 10, 100, 50) - flat == 400


def test_a_scheme_is_counted_as_it_counts_itself():
    flat = multiplications(Recipe(BatchTopK(2)), 10, 100, 50)
    for scheme in (AllPairs(exponent=1), RandomChunks(size=50, every=5)):
        recipe = Recipe(BatchTopK(2), orthogonality=1.0, orthogonality_scheme=scheme)
        assert multiplications(recipe, 10, 100, 50) - flat == of_scheme(scheme, 100, 10) / 50


def test_what_is_not_counted_is_refused():
    with pytest.raises(ValueError, match="are not counted here"):
        multiplications(Recipe(MatchingPursuit(2), tied=True, encoder_bias=False), 10, 100, 50)
