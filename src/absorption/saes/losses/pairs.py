"""Sums of a cost over all pairs of directions, exact: by Gram matrices where the cost is a polynomial, else in blocks.

A pair costs `max(0, |cosine| − hinge)^q`. For q = 2 and q = 4 without a hinge the sum over all n² pairs needs no
pair: ⟨u, v⟩² is the scalar product of u⊗u and v⊗v, so Σ_{i,j} ⟨u_i, u_j⟩² = ‖Σ_i u_i⊗u_i‖², a d_in × d_in
matrix, and the fourth power takes the same step once more. Both are linear in n.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

ENTRIES = 2**23
"""Cosines that are held at once when they cannot be avoided."""


def directions(dictionary: Float[Tensor, "sae d_sae d_in"]) -> Float[Tensor, "sae d_sae d_in"]:
    """The decoder's rows at length 1; a row of zeros stays, and is at a right angle to all.

    >>> import torch
    >>> directions(torch.tensor([[[0.0, 2.0], [0.0, 0.0]]])).tolist()
    [[[0.0, 1.0], [0.0, 0.0]]]
    """
    return torch.nn.functional.normalize(dictionary, dim=-1)


def pair_cost(cosine: Float[Tensor, "*any"], exponent: float, hinge: float) -> Float[Tensor, "*any"]:
    """`max(0, |cosine| − hinge)^exponent`, with gradients (0 at a right angle, also for exponent 1).

    >>> import torch
    >>> pair_cost(torch.tensor([-0.75, 0.125]), exponent=2.0, hinge=0.25).tolist()
    [0.25, 0.0]
    """
    return _power((cosine.abs() - hinge).clamp_min(0), exponent)


def mean_cost(
    dictionary: Float[Tensor, "sae d_sae d_in"], exponent: float = 2.0, hinge: float = 0.0
) -> Float[Tensor, " sae"]:
    """The mean cost over ordered pairs of distinct directions.

    >>> import torch
    >>> round(mean_cost(torch.tensor([[[1.0, 0.0], [3.0, 4.0]]]), exponent=1.0).item(), 4)
    0.6
    """
    n = dictionary.shape[1]
    return cost_within(directions(dictionary), exponent, hinge) / max(1, n * (n - 1))


def mean_squared_cosine(dictionary: Float[Tensor, "sae d_sae d_in"]) -> Float[Tensor, " sae"]:
    """Mean of cos² over ordered pairs of distinct directions, exact and linear in d_sae.

    >>> import torch
    >>> round(mean_squared_cosine(torch.tensor([[[1.0, 0.0], [3.0, 4.0]]])).item(), 4)
    0.36
    """
    return mean_cost(dictionary)


def cost_within(unit: Float[Tensor, "sae n d_in"], exponent: float, hinge: float) -> Float[Tensor, " sae"]:
    """The sum over ordered pairs of distinct rows, by whichever exact form needs the fewest operations.

    >>> import torch
    >>> cost_within(torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]]), exponent=2.0, hinge=0.0).tolist()
    [2.0]
    """
    n, d_in = unit.shape[1:]
    if exponent == 2 and not hinge:
        return _SquaredGram.apply(unit) - n
    if exponent == 4 and not hinge and quartic_pays(n, d_in):
        return _SquaredGram.apply(_squares(unit)) - n
    return _BlockedSum.apply(unit, unit.detach(), exponent, hinge, True)


def cost_between(
    unit: Float[Tensor, "sae n d_in"], fixed: Float[Tensor, "sae m d_in"], exponent: float, hinge: float
) -> Float[Tensor, " sae"]:
    """The sum over pairs of a row and a fixed one; only the former get a gradient.

    >>> import torch
    >>> unit, fixed = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> cost_between(unit, fixed, exponent=2.0, hinge=0.0).tolist()
    [1.0]
    """
    fixed = fixed.detach()
    if exponent == 2 and not hinge:
        return ((unit.mT @ unit) * (fixed.mT @ fixed)).sum((-1, -2))
    return _BlockedSum.apply(unit, fixed, exponent, hinge, False)


def quartic_pays(n: int, d_in: int) -> bool:
    """Whether the fourth power is cheaper by its Gram matrix, of d_in (d_in + 1) / 2 rows, than pair by pair.

    >>> quartic_pays(n=1000, d_in=4), quartic_pays(n=10, d_in=16)
    (True, False)

    Products forward and backward: 2 n D² for the one, 2 n² d_in for the other.
    """
    return 2 * (d_in * (d_in + 1) // 2) ** 2 < 2 * n * d_in


class _SquaredGram(torch.autograd.Function):
    """Σ_{i,j} ⟨r_i, r_j⟩² by the smaller of the two Gram matrices; for unit rows the diagonal gives exactly n.

    The matrix is symmetric, so the gradient 4 R RᵀR takes one product, where autograd would take two.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        """rows [sae n d]; the sum [sae]."""
        by_column = rows.shape[2] <= rows.shape[1]
        gram = rows.mT @ rows if by_column else rows @ rows.mT
        ctx.save_for_backward(rows, gram)
        ctx.by_column = by_column
        return gram.square().sum((-1, -2))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Gradient for the rows."""
        rows, gram = ctx.saved_tensors
        return 4 * grads[0][:, None, None] * (rows @ gram if ctx.by_column else gram @ rows)


def _squares(unit: Float[Tensor, "sae n d"]) -> Float[Tensor, "sae n d_squared"]:
    """u⊗u without its mirrored half, so that ⟨u⊗u, v⊗v⟩ = ⟨u, v⟩²: u_a² and √2 u_a u_b."""
    a, b = torch.triu_indices(unit.shape[-1], unit.shape[-1], device=unit.device)
    mirrored = torch.where(a == b, 1, 2).to(unit)
    return unit[..., a] * unit[..., b] * mirrored.sqrt()


class _BlockedSum(torch.autograd.Function):
    """Σ cost(⟨u_i, v_j⟩), some rows at a time; the gradient for u is summed on the way, so nothing is kept for later.

    With `within`, v is u: the diagonal is left out, and the gradient counts each pair from both sides.
    """

    @staticmethod
    def forward(ctx: Any, unit: Tensor, fixed: Tensor, exponent: float, hinge: float, within: bool) -> Tensor:
        """unit [sae n d_in], fixed [sae m d_in]; the sum [sae]."""
        n_sae, n, _ = unit.shape
        total = torch.zeros(n_sae, dtype=torch.float64, device=unit.device)
        gradient = torch.empty_like(unit)
        height = max(1, ENTRIES // (n_sae * fixed.shape[1]))
        for start in range(0, n, height):
            cosine = unit[:, start : start + height] @ fixed.mT
            if within:
                cosine.diagonal(offset=start, dim1=-2, dim2=-1).zero_()
            excess = (cosine.abs() - hinge).clamp_min_(0)
            total += _power(excess, exponent).sum((-1, -2), dtype=torch.float64)
            slope = exponent * _power(excess, exponent - 1) * cosine.sign()
            slope = slope * (excess > 0) if hinge else slope
            gradient[:, start : start + height] = slope @ fixed
        ctx.save_for_backward(2 * gradient if within else gradient)
        return total.to(unit.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None, None]:
        """Gradient for the rows that learn."""
        (gradient,) = ctx.saved_tensors
        return grads[0][:, None, None] * gradient, None, None, None, None


def _power(x: Tensor, exponent: float) -> Tensor:
    """x^exponent for x ≥ 0; multiplications where they do, for `pow` is slow."""
    match exponent:
        case 0:
            return torch.ones_like(x)
        case 1:
            return x
        case 2:
            return x.square()
        case 4:
            return x.square().square()
        case _:
            return x**exponent
