"""Adam in one pass over each parameter."""

# Numba compiles plain functions alone: nothing may wrap them to check types.
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false

from typing import no_type_check

import numpy as np
import torch
from torch import Tensor

from absorption.saes.fit.compiled.jit import compiled
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.stack import SAEStack

BETAS, EPS = (0.9, 0.999), 1e-8
"""As torch has them."""


class Adam:
    """`torch.optim.Adam` with its default moments, in one pass over each parameter, the decoder's constraint included.

    >>> import torch
    >>> from absorption.saes.fit.compiled.objective import CompiledObjective
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0])
    >>> CompiledObjective(stack)(torch.eye(2)).total.sum().backward()
    >>> Adam(stack, lr=0.1).step()
    >>> bool(torch.allclose(stack.W_dec.norm(dim=-1), torch.ones(1, 2)))
    True

    Args:
        stack: Its parameters are changed in place; decoder rows keep norm 1 where the recipe says `unit`.
        lr: Learning rate; `param_groups[0]["lr"]` changes it, as torch's.
    """

    def __init__(self, stack: SAEStack, lr: float) -> None:
        self.param_groups = [{"lr": lr}]
        self.parameters = list(stack.parameters())
        self.unit = stack.W_dec if stack.recipe.decoder == "unit" else None
        self.state = {
            p: {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)} for p in self.parameters
        }
        self.share, self.done = Sharing(), 0

    @torch.no_grad()
    def clip(self, largest: float) -> None:
        """Shrink each member's gradient to this norm, of which what lies along decoder rows of norm 1 is no part."""
        moved = [(p, p.grad) for p in self.parameters if p.grad is not None]
        square = np.zeros(len(moved[0][0]))
        for p, grad in moved:
            rows = [_rows(t).numpy() for t in (p.detach(), grad)]
            squares = np.empty(len(rows[0]), rows[0].dtype)
            self.share(square_norms, len(squares), *rows, p is self.unit, squares)
            square += squares.reshape(len(square), -1).sum(1, dtype=np.float64)
        factor = np.minimum(1, largest / (np.sqrt(square) + 1e-6))
        if (factor < 1).any():
            for p, grad in moved:
                grad.mul_(torch.as_tensor(factor).to(p).view(-1, *[1] * (p.ndim - 1)))

    @torch.no_grad()
    def step(self) -> None:
        """One step on the gradients that there are."""
        self.done += 1
        rates = np.array(
            [*BETAS, EPS, self.param_groups[0]["lr"], 1 - BETAS[0] ** self.done, 1 - BETAS[1] ** self.done]
        )
        for p in self.parameters:
            if p.grad is not None:
                moments = self.state[p].values()
                rows = [_rows(t).numpy() for t in (p.detach(), p.grad, *moments)]
                self.share(adam, len(rows[0]), *rows, rates, p is self.unit)


def _rows(t: Tensor) -> Tensor:
    """A parameter or what is like it as [row width], in the order of its memory."""
    t = t.mT if t.ndim == 3 and not t.is_contiguous() else t
    return t.reshape(-1, t.shape[-1])


@compiled
@no_type_check
def square_norms(first, last, p, g, unit, squares):
    """squares [row]: the squared norm of each row of g [row width], less what lies along the row of p if that has norm 1.

    >>> squares = np.zeros(1)
    >>> square_norms(0, 1, np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]]), True, squares)
    >>> squares.tolist()
    [16.0]
    """
    for i in range(first, last):
        along, square = p.dtype.type(0), p.dtype.type(0)
        if unit:
            for j in range(p.shape[1]):
                along += g[i, j] * p[i, j]
        for j in range(p.shape[1]):
            left = g[i, j] - along * p[i, j]
            square += left * left
        squares[i] = square


@compiled
@no_type_check
def adam(first, last, p, g, m, v, rates, unit):
    """A step of Adam on the rows of p [row width], by gradients g and moments m and v, all of one shape and in place.

    >>> p, g, m, v = np.eye(1), np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1))
    >>> adam(0, 1, p, g, m, v, np.array([0.9, 0.999, 1e-8, 0.01, 1.0 - 0.9, 1.0 - 0.999]), False)
    >>> round(float(p[0, 0]), 6)
    0.99

    Args:
        rates: β₁, β₂, ε, the learning rate, and the bias corrections 1 − β₁ᵗ and 1 − β₂ᵗ.
        unit: Whether rows have norm 1: then the gradient along them is taken off before, and their norm divided out
            after the step.
    """
    b1, b2, eps = p.dtype.type(rates[0]), p.dtype.type(rates[1]), p.dtype.type(rates[2])
    c1, c2, rate = p.dtype.type(1 - rates[0]), p.dtype.type(1 - rates[1]), p.dtype.type(rates[3] / rates[4])
    root = p.dtype.type(1 / np.sqrt(rates[5]))
    for i in range(first, last):
        row, along, square = p[i], p.dtype.type(0), p.dtype.type(0)
        if unit:
            for j in range(len(row)):
                along += g[i, j] * row[j]
        for j in range(len(row)):
            grad = g[i, j] - along * row[j]
            m[i, j] = b1 * m[i, j] + c1 * grad
            v[i, j] = b2 * v[i, j] + c2 * grad * grad
            row[j] -= rate * m[i, j] / (np.sqrt(v[i, j]) * root + eps)
            square += row[j] * row[j]
        if unit:
            shrink = 1 / max(np.sqrt(square), p.dtype.type(1e-12))
            for j in range(len(row)):
                row[j] *= shrink
