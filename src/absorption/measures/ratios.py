"""Ratios of tensors that may lack a denominator: what is not available is NaN, never inf and never a number."""

import torch
from jaxtyping import Float
from torch import Tensor

TINY = 1e-6
"""Size below which a denominator counts as missing; directions have length 1, so their parts are rounding there."""
ROUNDING = 1e-10
"""Share of the mean square below which a variance is rounding."""


def ratio(
    numerator: Float[Tensor, "*any"], denominator: Float[Tensor, "*#any"], least: float | Tensor = TINY
) -> Float[Tensor, "*any"]:
    """numerator / denominator, and NaN where the denominator's size is at most `least`.

    >>> import torch
    >>> ratio(torch.tensor([1.0, 1.0, 0.0]), torch.tensor([-2.0, 0.0, 0.0])).tolist()
    [-0.5, nan, nan]
    """
    return torch.where(denominator.abs() > least, numerator / denominator, torch.nan)
