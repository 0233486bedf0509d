"""Something small to judge, for examples and tests."""

import torch

from absorption.experiments.bank.table import Table
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack


def a_yardstick_and_an_sae() -> tuple[Yardstick, SAEStack]:
    """Two "letters" in 4 dimensions, and an untrained SAE of 12 latents, two of which fire.

    >>> by, stack = a_yardstick_and_an_sae()
    >>> len(by.x), stack.d_sae
    (600, 12)
    """
    x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    stack = SAEStack(Recipe(BatchTopK(2)), 4, 12, seeds=[0]).requires_grad_(False)
    return by, with_l0(stack, Table(x), 2.0)
