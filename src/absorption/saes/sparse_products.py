"""Products of sparse activations with dense weights, forward and backward, on compressed sparse rows."""

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")


@dataclass(frozen=True)
class Pattern:
    """Which latents are active on which inputs, in row order: entry n is latent `cols[n]` on input `rows[n]`."""

    rows: Int[Tensor, " entry"]
    cols: Int[Tensor, " entry"]
    shape: tuple[int, int]

    def matrix(self, values: Float[Tensor, " entry"]) -> Tensor:
        """The sparse matrix [batch d_sae] with these values."""
        starts = torch.searchsorted(self.rows, torch.arange(self.shape[0] + 1, device=self.rows.device))
        return torch.sparse_csr_tensor(starts, self.cols, values, self.shape, check_invariants=False)

    def transposed(self, values: Float[Tensor, " entry"]) -> Tensor:
        """The same matrix as [d_sae batch]."""
        order = self.cols.argsort(stable=True)
        cols = self.cols[order]
        starts = torch.searchsorted(cols, torch.arange(self.shape[1] + 1, device=cols.device))
        shape = self.shape[::-1]
        return torch.sparse_csr_tensor(starts, self.rows[order], values[order], shape, check_invariants=False)

    def block(self, start: int, end: int) -> tuple[Int[Tensor, " kept"], "Pattern"]:
        """The entries of columns start … end − 1: their numbers, and their pattern as a matrix of those columns alone."""
        kept = ((self.cols >= start) & (self.cols < end)).nonzero()[:, 0]
        return kept, Pattern(self.rows[kept], self.cols[kept] - start, (self.shape[0], end - start))

    def where(self, keep: Bool[Tensor, " entry"]) -> "Pattern":
        """The entries marked."""
        return Pattern(self.rows[keep], self.cols[keep], self.shape)


class SampledProduct(torch.autograd.Function):
    """The entries of x Wᵀ that a pattern names: x [batch d_in], W [d_sae d_in] → [entry]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, pattern: Pattern) -> Tensor:
        """One dot product an entry."""
        ctx.save_for_backward(x, W)
        ctx.pattern = pattern
        return _sampled(x, W, pattern)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor, None]:
        """Gradients for x (if wanted) and W."""
        x, W = ctx.saved_tensors
        to_x = ctx.pattern.matrix(grads[0]) @ W if ctx.needs_input_grad[0] else None
        return to_x, ctx.pattern.transposed(grads[0]) @ x, None


class SparseProduct(torch.autograd.Function):
    """Z W for the sparse Z with a pattern's entries: values [entry], W [d_sae d_in] → [batch d_in]."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, W: Tensor, pattern: Pattern) -> Tensor:
        """One scaled row of W an entry."""
        ctx.save_for_backward(values, W)
        ctx.pattern = pattern
        return pattern.matrix(values) @ W

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients for the values and W."""
        values, W = ctx.saved_tensors
        return _sampled(grads[0], W, ctx.pattern), ctx.pattern.transposed(values) @ grads[0], None


class NestedSquares(torch.autograd.Function):
    """Σ_level weight · mean‖x − (prefix's reconstruction)‖², and the full width's residual (without gradient).

    A prefix adds to the one before it what its own block of latents writes, and passes back the gradients of all
    longer prefixes in one sum, so that every entry is multiplied once, however many levels there are.
    """

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        W: Tensor,
        x: Tensor,
        level_weights: Tensor,
        pattern: Pattern,
        widths: tuple[int, ...],
    ) -> tuple[Tensor, Tensor]:
        """values [entry], W [d_sae d_in], x [batch d_in], level_weights [level] → loss, residual [batch d_in]."""
        residual, loss, start = -x, x.new_zeros(()), 0
        ctx.blocks, residuals = [], []
        for weight, end in zip(level_weights, widths, strict=True):
            kept, block = pattern.block(start, end)
            residual = torch.addmm(residual, block.matrix(values[kept]), W[start:end])
            loss = loss + weight * residual.flatten().dot(residual.flatten()) / len(x)
            ctx.blocks.append((kept, block, start, end))
            residuals.append(residual)
            start = end
        ctx.save_for_backward(values, W, level_weights, *residuals)
        ctx.mark_non_differentiable(residual)
        return loss, residual

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        """Gradients for values, W and x."""
        values, W, level_weights, *residuals = ctx.saved_tensors
        scales = (2 / len(residuals[0]) * grads[0] * level_weights).tolist()
        behind = torch.zeros_like(residuals[0])
        to_values, to_W = torch.empty_like(values), torch.empty_like(W)
        for scale, residual, (kept, block, start, end) in reversed(
            list(zip(scales, residuals, ctx.blocks, strict=True))
        ):
            behind.add_(residual, alpha=scale)
            to_values[kept] = _sampled(behind, W[start:end], block)
            to_W[start:end] = block.transposed(values[kept]) @ behind
        return to_values, to_W, -behind, None, None, None


def _sampled(x: Tensor, W: Tensor, pattern: Pattern) -> Tensor:
    zeros = pattern.matrix(x.new_zeros(len(pattern.cols)))
    return torch.sparse.sampled_addmm(zeros, x.contiguous(), W.mT, beta=0.0).values()
