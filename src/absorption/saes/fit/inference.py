"""How an SAE uses its latents as it encodes, counted in pieces that fit a processor's caches."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.losses.objective import where_active
from absorption.saes.stack import SAEStack

PIECE = 2**22
"""Activations at once: 16 MB in single precision. Wide SAEs on all of the last inputs make many times as many."""


@torch.no_grad()
def usage_in_encoding(
    stack: SAEStack, x: Float[Tensor, "*sae batch d_in"], weights: Float[Tensor, "sae_or_one batch"]
) -> tuple[Float[Tensor, " sae"], Bool[Tensor, "sae d_sae"]]:
    """The mean number of active latents, and which of them fired at least once, on inputs of these probabilities.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0]).requires_grad_(False)
    >>> stack.W_enc[:] = torch.eye(2)
    >>> usage_in_encoding(stack, torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[0.5, 0.5]]))
    (tensor([1.5000]), tensor([[True, True]]))
    """
    rows = max(1, PIECE // stack.b_enc.numel())
    l0, fired = torch.zeros_like(stack.sparsity), torch.zeros_like(stack.b_enc, dtype=torch.bool)
    for part, share in zip(x.split(rows, -2), weights.split(rows, -1), strict=True):
        active = where_active(stack.encode(part), share)
        l0 += (active.sum(-1) * share).sum(-1)
        fired |= active.amax(1) > 0
    return l0, fired
