"""Sparsity terms, as pure functions of activations."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class MeanL1(torch.autograd.Function):
    """The mean of Σ z over inputs with given weights; its gradient is one number an input, which needs no product.

    >>> acts = torch.tensor([[[3.0, 4.0], [1.0, 0.0]]])
    >>> MeanL1.apply(acts, torch.tensor([[0.5, 0.5]])).tolist()
    [4.0]
    """

    @staticmethod
    def forward(ctx: Any, acts: Tensor, weights: Tensor) -> Tensor:
        """`acts [sae batch d_sae]`, `weights [sae_or_one batch]` → `[sae]`."""
        ctx.save_for_backward(weights)
        ctx.shape = acts.shape
        return (weights[:, None] @ acts)[:, 0].sum(-1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        """For the activations alone."""
        (weights,) = ctx.saved_tensors
        return (grads[0][:, None] * weights)[..., None].expand(ctx.shape), None


def lp_penalty(
    acts: Float[Tensor, "sae batch d_sae"], exponent: float = 1.0, aggregate: str = "sum"
) -> Float[Tensor, "sae batch"]:
    """Σ zᵖ over latents, or its p-th root with `aggregate="norm"` (SAELens' form).

    >>> import torch
    >>> acts = torch.tensor([[[3.0, 4.0, 0.0]]])
    >>> lp_penalty(acts).tolist(), lp_penalty(acts, exponent=2.0).tolist()
    ([[7.0]], [[25.0]])

    Args:
        acts: Activations, not negative; multiply by the decoder's norms first for the norm-weighted penalty.
        exponent: p > 0. Below 1 the gradient at z = 0 is taken as 0, so a silent latent stays silent.
        aggregate: `sum` or `norm`.
    """
    if exponent == 1:
        return acts.sum(-1)
    # Silent entries are 1 while powers are taken and 0 after; sums and products are vectorised where `where` is not.
    active = (acts > 0).to(acts)
    powers = ((acts + (1 - active)) ** exponent * active).sum(-1)
    if aggregate == "sum":
        return powers
    fires = powers > 0
    return torch.where(fires, torch.where(fires, powers, 1.0) ** (1 / exponent), 0.0)


def sized_like(penalty: Float[Tensor, " sae"], reference: Float[Tensor, " sae"]) -> Float[Tensor, " sae"]:
    """The penalty times a constant that makes its value the reference's; the gradient keeps its direction.

    >>> import torch
    >>> penalty = torch.tensor([4.0], requires_grad=True)
    >>> sized_like(penalty, torch.tensor([1.0])).backward()
    >>> penalty.grad.tolist()
    [0.25]
    """
    fires = penalty > 0
    return penalty * torch.where(fires, reference / torch.where(fires, penalty, 1.0), 1.0).detach()
