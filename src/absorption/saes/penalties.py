"""Sparsity and orthogonality terms, as pure functions of activations and dictionaries."""

import torch
from jaxtyping import Float
from torch import Tensor


def lp_penalty(
    acts: Float[Tensor, "sae batch d_sae"], exponent: float = 1.0, aggregate: str = "sum"
) -> Float[Tensor, "sae batch"]:
    """Σ zᵖ over latents, or its p-th root with `aggregate="norm"` (SAELens' form).

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


def mean_squared_cosine(dictionary: Float[Tensor, "sae d_sae d_in"]) -> Float[Tensor, " sae"]:
    """Mean of cos² over ordered pairs of distinct directions, exact and linear in d_sae.

    Σ_{i,j} cos²(d_i, d_j) = ‖D̂ᵀD̂‖²_F, and D̂ᵀD̂ is d_in × d_in whatever the number of latents; the smaller
    of the two Gram matrices is used. The diagonal contributes exactly d_sae.
    """
    unit = torch.nn.functional.normalize(dictionary, dim=-1)
    d_sae, d_in = dictionary.shape[1:]
    gram = unit.mT @ unit if d_in <= d_sae else unit @ unit.mT
    return (gram.square().sum((-1, -2)) - d_sae) / max(1, d_sae * (d_sae - 1))
