"""SAEs made comparable: the same L0 for all, trained or not."""

import torch

from absorption.experiments.bank import Table
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack

ROWS = 4096


@torch.no_grad()
def with_l0(stack: SAEStack, table: Table, l0: float | None = None, seed: int = 0) -> SAEStack:
    """The stack, each BatchTopK member with the threshold at which `l0` latents (its own k) fire on average.

    What training follows is a batch's smallest kept activation, slowly; after few steps it lags behind.

    Raises:
        ValueError: the recipe's activation has no threshold that holds for the whole SAE.
    """
    if not isinstance(stack.recipe.activation, BatchTopK):
        raise ValueError(f"only BatchTopK has one threshold for an SAE; {stack.recipe.activation} has none.")
    rows = next(table.batches(min(ROWS, len(table.x)), 1, torch.Generator().manual_seed(seed)))
    for member in range(len(stack)):
        pre = stack.select([member]).pre_activations(rows).flatten()
        wanted = float(stack.k[member]) if l0 is None else l0
        kept = pre.kthvalue(round(len(pre) * (1 - wanted / stack.d_sae))).values
        stack.threshold[member] = kept.clamp(min=0)
    return stack


def untrained(table: Table, recipe: Recipe, d_sae: int, seed: int) -> SAEStack:
    """One BatchTopK SAE as it is before training, k of whose latents fire on the table's rows on average.

    Raises:
        ValueError: the recipe's activation has no threshold that holds for the whole SAE.
    """
    stack = SAEStack(recipe, table.x.shape[1], d_sae, [seed]).requires_grad_(False)
    return with_l0(stack, table, seed=seed)
