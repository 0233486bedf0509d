"""SAEs fire as often as they are asked to, before and after training."""

import pytest
import torch

from absorption.experiments.bank import Table, encode_rows
from absorption.experiments.controls import untrained, with_l0
from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.saes.recipe import TopK


def test_it_has_its_first_weights_and_the_l0_it_was_asked_for():
    table = Table(torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)))
    recipe = Recipe(BatchTopK(3))
    stack = untrained(table, recipe, 40, 5)
    assert torch.equal(stack.W_dec, SAEStack(recipe, 8, 40, [5]).W_dec)
    assert float((encode_rows(stack, 0, table.x) > 0).sum(1).float().mean()) == pytest.approx(3, rel=0.05)


def test_another_activation_is_refused():
    with pytest.raises(ValueError, match="only BatchTopK has one threshold"):
        untrained(Table(torch.ones(4, 2)), Recipe(TopK(1)), 4, 0)


def test_every_member_gets_its_own_threshold():
    table = Table(torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)))
    stack = SAEStack(Recipe(BatchTopK(3)), 8, 40, [0, 1]).requires_grad_(False)
    with torch.no_grad():
        stack.W_enc[1] *= 5
    with_l0(stack, table)
    assert float((encode_rows(stack, 1, table.x) > 0).sum(1).float().mean()) == pytest.approx(3, rel=0.05)
    with_l0(stack, table, 2.0)
    for member in range(2):
        assert float((encode_rows(stack, member, table.x) > 0).sum(1).float().mean()) == pytest.approx(
            2, rel=0.05
        )
    assert stack.threshold[1] > 3 * stack.threshold[0]
