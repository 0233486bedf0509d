"""SAEs that must fail or cannot: what trained ones are compared with."""

import torch

from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack
from absorption.saes.tables import Table


def untrained(table: Table, recipe: Recipe, d_sae: int, seed: int) -> SAEStack:
    """One BatchTopK SAE as it is before training, with the threshold at which k latents fire on the table's rows.

    Raises:
        ValueError: the recipe's activation has no threshold that holds for the whole SAE.
    """
    if not isinstance(recipe.activation, BatchTopK):
        raise ValueError(f"an untrained SAE is given BatchTopK's threshold; {recipe.activation} has none.")
    stack = SAEStack(recipe, table.x.shape[1], d_sae, [seed]).requires_grad_(False)
    rows = next(table.batches(min(4096, len(table.x)), 1, torch.Generator().manual_seed(seed)))
    pre = stack.pre_activations(rows).flatten()
    stack.threshold[:] = pre.kthvalue(round(len(pre) * (1 - recipe.activation.k / d_sae))).values
    return stack
