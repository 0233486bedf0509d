"""Products of sparse activations with dense weights, forward and backward, on compressed sparse rows."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")


@dataclass(frozen=True)
class Pattern:
    """Which latents are active on which inputs, in row order: entry n is latent `cols[n]` on input `rows[n]`.

    >>> import torch
    >>> pattern = Pattern(rows=torch.tensor([0, 1]), cols=torch.tensor([2, 0]), shape=(2, 3))
    >>> pattern.matrix(torch.tensor([5.0, 7.0])).to_dense().tolist()
    [[0.0, 0.0, 5.0], [7.0, 0.0, 0.0]]
    """

    rows: Int[Tensor, " entry"]
    cols: Int[Tensor, " entry"]
    shape: tuple[int, int]

    @cached_property
    def _row_starts(self) -> Int[Tensor, " batch_and_one"]:
        return _starts(self.rows, self.shape[0])

    @cached_property
    def _by_column(self) -> tuple[Tensor, Tensor, Tensor]:
        """The order of the entries by column, their rows in it, and where each column starts."""
        order = _stable_order(self.cols, self.shape[1])
        return order, self.rows[order], _starts(self.cols[order], self.shape[1])

    def matrix(self, values: Float[Tensor, " entry"]) -> Tensor:
        """The sparse matrix [batch d_sae] with these values."""
        return torch.sparse_csr_tensor(
            self._row_starts, self.cols, values, self.shape, check_invariants=False
        )

    def transposed(self, values: Float[Tensor, " entry"]) -> Tensor:
        """The same matrix as [d_sae batch]."""
        order, rows, starts = self._by_column
        return torch.sparse_csr_tensor(starts, rows, values[order], self.shape[::-1], check_invariants=False)

    def block(self, start: int, end: int) -> tuple[Tensor | slice, "Pattern"]:
        """The entries of columns start … end − 1: their numbers, and their pattern as a matrix of those columns alone."""
        if end - start == self.shape[1]:
            return slice(None), self
        kept = ((self.cols >= start) & (self.cols < end)).nonzero()[:, 0]
        return kept, Pattern(self.rows[kept], self.cols[kept] - start, (self.shape[0], end - start))

    def where(self, keep: Bool[Tensor, " entry"]) -> "Pattern":
        """The entries marked."""
        return Pattern(self.rows[keep], self.cols[keep], self.shape)


def _stable_order(numbers: Int[Tensor, " entry"], n: int) -> Int[Tensor, " entry"]:
    """What sorts whole numbers below n, equal ones in their order. NumPy sorts short integers digit by digit."""
    if numbers.device.type == "cpu" and n <= np.iinfo(np.int16).max:
        return torch.from_numpy(numbers.numpy().astype(np.int16).argsort(kind="stable"))
    return numbers.argsort(stable=True)


def _starts(numbers: Int[Tensor, " entry"], n: int) -> Int[Tensor, " n_and_one"]:
    """Where each of 0 … n − 1 starts among sorted numbers, and where they end."""
    return torch.searchsorted(numbers, torch.arange(n + 1, device=numbers.device))


def sampled_product(
    x: Float[Tensor, "batch d_in"], W: Float[Tensor, "d_sae d_in"], pattern: Pattern
) -> Float[Tensor, " entry"]:
    """The entries of x Wᵀ that a pattern names: one dot product an entry.

    >>> import torch
    >>> x, W = torch.eye(2), torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> pattern = Pattern(rows=torch.tensor([0, 1]), cols=torch.tensor([2, 0]), shape=(2, 3))
    >>> sampled_product(x, W, pattern).tolist()
    [4.0, 1.0]
    """
    zeros = pattern.matrix(x.new_zeros(len(pattern.cols)))
    return torch.sparse.sampled_addmm(zeros, x.contiguous(), W.mT, beta=0.0).values()


class Encoded(torch.autograd.Function):
    """(x − b) Wᵀ at a pattern's entries, known already from their selection; gradients for b and W.

    >>> import torch
    >>> x, b, W = torch.eye(2), torch.zeros(2), torch.ones(3, 2, requires_grad=True)
    >>> pattern = Pattern(rows=torch.tensor([0, 1]), cols=torch.tensor([2, 0]), shape=(2, 3))
    >>> Encoded.apply(torch.ones(2), x, b, W, pattern).sum().backward()
    >>> W.grad.tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """

    @staticmethod
    def forward(
        ctx: Any, known: Tensor, centred: Tensor, b: Tensor | None, W: Tensor, pattern: Pattern
    ) -> Tensor:
        """known [entry], centred = x − b [batch d_in], b [d_in] (None: no b), W [d_sae d_in] → [entry]."""
        ctx.save_for_backward(centred, W)
        ctx.pattern = pattern
        return known.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, None, Tensor | None, Tensor, None]:
        """Every input has the same b: its gradient needs the sums over inputs alone."""
        (grad,), (centred, W), pattern = grads, ctx.saved_tensors, ctx.pattern
        to_b = None
        if ctx.needs_input_grad[2]:
            to_b = -(grad.new_zeros(len(W)).index_add_(0, pattern.cols, grad) @ W)
        return None, None, to_b, pattern.transposed(grad) @ centred, None


class Decoded(torch.autograd.Function):
    """Sparse activations times a decoder, with gradients for both.

    >>> import torch
    >>> values, W = torch.ones(2, requires_grad=True), torch.eye(2)
    >>> pattern = Pattern(rows=torch.tensor([0, 0]), cols=torch.tensor([0, 1]), shape=(1, 2))
    >>> Decoded.apply(values, W, pattern).tolist()
    [[1.0, 1.0]]
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, W: Tensor, pattern: Pattern) -> Tensor:
        """values [entry], W [d_sae d_out] → [batch d_out]."""
        ctx.save_for_backward(values, W)
        ctx.pattern = pattern
        return pattern.matrix(values) @ W

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients for values and W."""
        (grad,), (values, W), pattern = grads, ctx.saved_tensors, ctx.pattern
        grad = grad.contiguous()
        return sampled_product(grad, W, pattern), pattern.transposed(values) @ grad, None


class PrefixSquares(torch.autograd.Function):
    """Σ_level weight · mean‖x − (prefix's reconstruction)‖², and the full width's residual (without gradient).

    >>> import torch
    >>> values, W, x, b, levels = torch.ones(2), torch.eye(2), torch.ones(1, 2), torch.zeros(2), torch.ones(2)
    >>> pattern = Pattern(rows=torch.tensor([0, 0]), cols=torch.tensor([0, 1]), shape=(1, 2))
    >>> loss, residual = PrefixSquares.apply(values, W, x, b, levels, pattern, (1, 2))
    >>> loss.item(), residual.tolist()  # the first latent alone misses one of two dimensions
    (1.0, [[0.0, 0.0]])

    A prefix adds to the one before it what its own block of latents writes, and passes back the gradients of all
    longer prefixes in one sum, so that every entry is multiplied once, however many levels there are.
    """

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        W: Tensor,
        centred: Tensor,
        b: Tensor,
        level_weights: Tensor,
        pattern: Pattern,
        widths: tuple[int, ...],
    ) -> tuple[Tensor, Tensor]:
        """values [entry], W [d_sae d_in], centred = x − b [batch d_in], b [d_in], level_weights [level] → loss, residual [batch d_in]."""
        residual, loss, start = -centred, centred.new_zeros(()), 0
        ctx.blocks, residuals = [], []
        for weight, end in zip(level_weights, widths, strict=True):
            kept, block = pattern.block(start, end)
            residual = torch.addmm(residual, block.matrix(values[kept]), W[start:end])
            loss = loss + weight * mean_square(residual)
            ctx.blocks.append((kept, block, start, end))
            residuals.append(residual)
            start = end
        ctx.save_for_backward(values, W, level_weights, *residuals)
        ctx.mark_non_differentiable(residual)
        return loss, residual

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, Tensor, None, None, None]:
        """Gradients for values, W and b."""
        values, W, level_weights, *residuals = ctx.saved_tensors
        scales = (2 / len(residuals[0]) * grads[0] * level_weights).tolist()
        behind, to_values, to_W = None, torch.empty_like(values), []
        for scale, residual, (kept, block, start, end) in reversed(
            list(zip(scales, residuals, ctx.blocks, strict=True))
        ):
            behind = residual * scale if behind is None else behind.add_(residual, alpha=scale)
            to_values[kept] = sampled_product(behind, W[start:end], block)
            to_W.insert(0, block.transposed(values[kept]) @ behind)
        assert behind is not None
        joined = to_W[0] if len(to_W) == 1 else torch.cat(to_W)
        return to_values, joined, None, behind.sum(0), None, None, None


def mean_square(residual: Float[Tensor, "batch d_in"]) -> Float[Tensor, ""]:
    """The mean of ‖residual‖² over the batch.

    >>> import torch
    >>> mean_square(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).item()
    12.5
    """
    return residual.flatten().dot(residual.flatten()) / len(residual)
