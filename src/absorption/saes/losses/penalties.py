"""Sparsity terms, as pure functions of activations."""

import torch
from jaxtyping import Float
from torch import Tensor


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
    active = acts > 0
    powers = torch.where(active, torch.where(active, acts, 1.0) ** exponent, 0.0).sum(-1)
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
