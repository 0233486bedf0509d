"""An SAE before training fires as often as it would have been trained to."""

import pytest
import torch

from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.saes.controls import untrained
from absorption.saes.recipe import TopK
from absorption.saes.tables import Table, encode_rows


def test_it_has_its_first_weights_and_the_l0_it_was_asked_for():
    table = Table(torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)))
    recipe = Recipe(BatchTopK(3))
    stack = untrained(table, recipe, 40, 5)
    assert torch.equal(stack.W_dec, SAEStack(recipe, 8, 40, [5]).W_dec)
    assert float((encode_rows(stack, 0, table.x) > 0).sum(1).float().mean()) == pytest.approx(3, rel=0.05)


def test_another_activation_is_refused():
    with pytest.raises(ValueError, match="BatchTopK's threshold"):
        untrained(Table(torch.ones(4, 2)), Recipe(TopK(1)), 4, 0)
