"""The threshold that takes the batch's place when a BatchTopK SAE encodes."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from absorption.saes.activations import alike_kept, batch_topk_mask
from absorption.saes.fit.inference import usage_in_encoding
from absorption.saes.fit.report import misses
from absorption.saes.losses.objective import Losses
from absorption.saes.recipe import BatchTopK
from absorption.saes.stack import SAEStack


@torch.no_grad()
def follow(stack: SAEStack, losses: Losses) -> None:
    """SAELens' rule: move a fraction of the way to the batch's smallest positive activation.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> from absorption.saes.losses.objective import Usage
    >>> stack, one = SAEStack(Recipe(BatchTopK(1, threshold_rate=0.25)), d_in=2, d_sae=2, seeds=[0]), torch.ones(1)
    >>> follow(stack, Losses(one, one, lambda: Usage.of(torch.tensor([[[2.0, 4.0]]]), torch.ones(1, 1))))
    >>> stack.threshold.tolist()
    [[0.5]]
    """
    assert isinstance(stack.recipe.activation, BatchTopK)
    smallest = losses.usage().smallest
    moved = torch.lerp(stack.threshold[:, 0], smallest, stack.recipe.activation.threshold_rate)
    stack.threshold[:, 0] = torch.where(smallest > 0, moved, stack.threshold[:, 0])


@torch.no_grad()
def settle(
    stack: SAEStack, x: Float[Tensor, "*sae batch d_in"], weights: Float[Tensor, "sae_or_one batch"]
) -> None:
    """Where `encode` is more than a tenth off k on these inputs, set the threshold by them.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(BatchTopK(1)), d_in=8, d_sae=32, seeds=[0])
    >>> x, weights = torch.randn(64, 8, generator=torch.Generator().manual_seed(0)), torch.full((1, 64), 1 / 64)
    >>> settle(stack, x, weights)
    >>> usage_in_encoding(stack, x, weights)[0].tolist()
    [1.0]

    A threshold that has followed many batches is the better estimate and is left alone; so is one for which no latent
    is positive on these inputs, which say nothing about it.
    """
    lags = misses(stack, usage_in_encoding(stack, x, weights)[0])
    if bool(lags.any()):
        found = exact(stack, x, weights)
        lags &= found[:, 0] > 0
        stack.threshold[lags] = found[lags]


@torch.no_grad()
def exact(
    stack: SAEStack, x: Float[Tensor, "*sae batch d_in"], weights: Float[Tensor, "sae_or_one batch"]
) -> Float[Tensor, "sae 1"]:
    """Half-way between the smallest activation that BatchTopK keeps and the largest that it drops.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(BatchTopK(0.5)), d_in=1, d_sae=1, seeds=[0]).requires_grad_(False)
    >>> stack.W_enc[:] = 1
    >>> exact(stack, torch.tensor([[2.0], [3.0]]), torch.tensor([[0.5, 0.5]])).tolist()
    [[2.5]]

    What has probability zero is neither kept nor dropped.
    """
    acts = stack.pre_activations(x).relu()
    if (n_kept := alike_kept(acts[0].numel(), stack.k, weights)) is not None:
        return _between(acts.flatten(1), n_kept)
    kept, possible = batch_topk_mask(acts, stack.k, weights), (weights > 0)[..., None]
    smallest = torch.where(kept & possible, acts, torch.inf).amin((1, 2))
    largest_dropped = torch.where(~kept & possible, acts, 0.0).amax((1, 2))
    smallest = torch.where(smallest.isfinite(), smallest, largest_dropped)
    return ((smallest + largest_dropped) / 2)[:, None]


def _between(flat: Float[Tensor, "sae entry"], n_kept: Int[Tensor, "sae 1"]) -> Float[Tensor, "sae 1"]:
    """The same where the number that is kept is known: two neighbours in the order of the activations."""
    entries, values = flat.shape[1], flat.cpu().numpy()
    found = np.zeros((2, len(values)))
    for i, n in enumerate(n_kept[:, 0].tolist()):
        # NumPy looks for both without putting the rest in order.
        near = [entries - n + offset for offset in (-1, 0) if 0 <= entries - n + offset < entries]
        of_member = np.partition(values[i], near)
        found[0, i] = of_member[near[0]] if n < entries else 0.0
        found[1, i] = of_member[near[-1]] if n > 0 else found[0, i]
    dropped, smallest = torch.as_tensor(found).to(flat)
    return ((smallest + dropped) / 2)[:, None]
