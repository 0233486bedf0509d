"""One SAE on one batch: its loss, and gradients for its parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from absorption.saes.fit.compiled import entries, kernels
from absorption.saes.fit.compiled.selection import Active, Selection
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.nesting import prefix_widths
from absorption.saes.recipe import Gated, JumpReLU
from absorption.saes.stack import SAEStack

TINY = 1e-30
"""A row of length zero has no direction to be shortened in."""


@dataclass(frozen=True)
class Step:
    """What one member's pass leaves behind besides gradients: `acts [entry]` at its active entries, and the error at full width."""

    active: Active
    acts: np.ndarray
    mse: float
    residual: Callable[[], Tensor]
    """x̂ − y, [batch d_out]."""


@dataclass(frozen=True)
class Decoded:
    """A reconstruction's weighted loss, its error at full width, and the gradient `to_values [entry]`.

    `last [batch d_out]` is the residual at full width times `scale`.
    """

    loss: float
    mse: float
    to_values: np.ndarray
    last: np.ndarray
    scale: float

    def residual(self) -> Tensor:
        """x̂ − y, [batch d_out]."""
        return torch.from_numpy(self.last / self.scale)


Found = tuple[float, np.ndarray, np.ndarray, Decoded]
"""The loss, the activations, the gradient at pre-activations, and the reconstruction."""


@dataclass
class Member:
    """One SAE on one batch."""

    stack: SAEStack
    select: Selection
    share: Sharing
    i: int
    x: Tensor
    y: Tensor
    W_enc: Tensor
    b_enc: Tensor
    W_dec: Tensor
    b_dec: Tensor
    threshold: Tensor | None
    r_mag: Tensor | None
    b_mag: Tensor | None

    def run(
        self, to_W_enc: Tensor, to_b_enc: Tensor, to_W_dec: Tensor, to_b_dec: Tensor, *others: Tensor | None
    ) -> tuple[float, Step]:
        """The loss. Gradients are written into those of the weights (`[d_in d_sae]`, `[d_sae d_out]`) and added to the others.

        `others` are those of threshold, r_mag and b_mag, each `[d_sae]` or None.
        """
        stack, rows = self.stack, self.W_enc.mT
        read = self.x if stack.transcodes else self.x - self.b_dec
        active, acts = self._active(read, rows)
        by_column = entries.by_column(active.starts, active.cols, stack.d_sae)
        match stack.recipe.activation:
            case Gated():
                found = self._gated(active, by_column, to_W_dec, to_b_dec, to_b_enc, others)
            case JumpReLU(bandwidth=bandwidth):
                found = self._jumped(active, by_column, to_W_dec, to_b_dec, others[0], bandwidth)
            case _:
                found = self._plain(active, by_column, to_W_dec, to_b_dec)
        total, plain_acts, to_pre, decoded = found
        order, inputs, at = by_column
        self.share(
            kernels.sum_by_column,
            stack.d_sae,
            at,
            inputs,
            to_pre[order],
            read.numpy(),
            False,
            to_W_enc.mT.numpy(),
        )
        sums = torch.from_numpy(entries.sums_by_column(active.cols, to_pre, stack.d_sae))
        to_b_enc += sums
        if not stack.transcodes:
            to_b_dec -= sums @ rows
        return total, Step(active, plain_acts if acts is None else acts, decoded.mse, decoded.residual)

    def _active(self, read: Tensor, rows: Tensor) -> tuple[Active, np.ndarray | None]:
        """Active entries; and activations, where these are not what the decoder multiplies.

        A decoder whose lengths are divided out multiplies activations that are as much longer: what it writes is what
        the plain pre-activations would, and the lengths decide only which latents are the largest.
        """
        if self.stack.recipe.decoder != "normalised":
            return self.select(self.i, read, rows, self.b_enc, self.threshold), None
        lengths = self.stack.lengths[self.i].detach()
        found = self.select(self.i, read, rows * lengths[:, None], self.b_enc * lengths, None)
        return Active(found.starts, found.cols, found.pre / lengths.numpy()[found.cols]), found.pre

    def _plain(self, active: Active, by_column: Any, to_W_dec: Tensor, to_b_dec: Tensor) -> "Found":
        decoded = self._decoded(active, active.pre, by_column, to_W_dec, to_b_dec)
        penalty, to_pre = self._l1(active, to_W_dec)
        return decoded.loss + penalty, active.pre, decoded.to_values + to_pre, decoded

    def _jumped(
        self,
        active: Active,
        by_column: Any,
        to_W_dec: Tensor,
        to_b_dec: Tensor,
        to_threshold: Tensor | None,
        bandwidth: float,
    ) -> "Found":
        """As `JumpReLUFunction` and `StepFunction`: latents near their threshold move it, those above it are active."""
        assert self.threshold is not None and to_threshold is not None
        threshold = self.threshold.clamp_min(0).numpy()[active.cols]
        fires = active.pre > threshold
        acts, weight = active.pre * fires, self._weight()
        decoded = self._decoded(active, acts, by_column, to_W_dec, to_b_dec)
        near = (np.abs(active.pre - threshold) < bandwidth / 2) / threshold.dtype.type(bandwidth)
        moved = -near * (threshold * decoded.to_values + weight)
        to_threshold += torch.from_numpy(entries.sums_by_column(active.cols, moved, len(to_threshold)))
        return decoded.loss + float(weight * fires.sum()), acts, decoded.to_values * fires, decoded

    def _gated(
        self,
        active: Active,
        by_column: Any,
        to_W_dec: Tensor,
        to_b_dec: Tensor,
        to_b_enc: Tensor,
        others: tuple[Tensor | None, ...],
    ) -> "Found":
        """The gate's own reconstruction trains the gate and the decoder, magnitudes are a rescaled copy (`SAEStack.gated_magnitudes`)."""
        _, to_r, to_b = others
        assert self.r_mag is not None and self.b_mag is not None and to_r is not None and to_b is not None
        cols, size = active.cols, len(to_r)
        scale, product_there = self.r_mag.exp().numpy()[cols], active.pre - self.b_enc.numpy()[cols]
        acts = np.maximum(product_there * scale + self.b_mag.numpy()[cols], 0)
        decoded = self._decoded(active, acts, by_column, to_W_dec, to_b_dec)
        gate = self._decoded(active, active.pre, by_column, to_W_dec, to_b_dec, levels=False)
        (penalty, to_pre), to_acts = self._l1(active, to_W_dec), decoded.to_values * (acts > 0)
        to_r += torch.from_numpy(entries.sums_by_column(cols, to_acts * scale * product_there, size))
        to_b += torch.from_numpy(entries.sums_by_column(cols, to_acts, size))
        # The magnitudes read the product without the gate's bias, which `run` adds to all that passes through `pre`.
        to_b_enc -= torch.from_numpy(entries.sums_by_column(cols, to_acts * scale, size))
        to_gate = to_acts * scale + gate.to_values + to_pre
        return decoded.loss + gate.loss + penalty, acts, to_gate, decoded

    def _l1(self, active: Active, to_W_dec: Tensor) -> tuple[float, Any]:
        """The penalty on pre-activations, each times its decoder row's length where the recipe says so; its gradient there."""
        weight = self._weight()
        if self.stack.recipe.weighting == "plain":
            return float(weight * active.pre.sum()), weight
        of_latents = weight * entries.sums_by_column(active.cols, active.pre, self.stack.d_sae)
        for rows, to_rows in zip(self._by_space(self.W_dec), self._by_space(to_W_dec), strict=True):
            own = rows.norm(dim=-1).clamp_min(TINY)
            to_rows += rows * (torch.from_numpy(of_latents) / own)[:, None]
        lengths = self.stack.lengths[self.i].detach().numpy()
        return float(of_latents @ lengths), weight * lengths[active.cols]

    def _by_space(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Decoder rows, `[d_sae d_out]`, cut where one space of a crosscoder ends and the next begins."""
        return rows.split([*(self.stack.recipe.spaces or rows.shape[-1:])], -1)

    def _weight(self) -> Any:
        """λ / batch, in the stack's precision."""
        stack = self.stack
        lam = float(stack.sparsity[self.i]) if "sparsity" in stack.terms else 0.0
        return self.b_enc.numpy().dtype.type(lam / len(self.x))

    def _decoded(
        self,
        active: Active,
        values: np.ndarray,
        by_column: Any,
        to_W_dec: Tensor,
        to_b_dec: Tensor,
        levels: bool = True,
    ) -> "Decoded":
        """What the values reconstruct, at every nesting level or at full width alone; gradients for decoder and its bias."""
        stack, (order, inputs, at) = self.stack, by_column
        ends = prefix_widths(stack.recipe, stack.d_sae, stack.clock) if levels else (stack.d_sae,)
        weights = stack.level_weights[self.i].numpy() if levels else np.ones(1, values.dtype)
        batch, dtype = len(self.x), values.dtype
        squares, behind = (
            np.empty((len(ends), batch), dtype),
            np.empty((len(ends), batch, stack.d_out), dtype),
        )
        to_values, scales = np.empty(len(values), dtype), (2 / batch * weights).astype(dtype)
        self.share(
            kernels.decode, batch, active.starts, active.cols, values, self.W_dec.numpy(), self.b_dec.numpy(), self.y.numpy(), np.array(ends), scales,
            squares, behind, to_values,
        )  # fmt: skip
        start, out, sorted_values = 0, to_W_dec.numpy(), values[order]
        for level, end in enumerate(ends):
            self.share(
                kernels.sum_by_column,
                end - start,
                at[start : end + 1],
                inputs,
                sorted_values,
                behind[level],
                not levels,
                out[start:end],
            )
            start = end
        to_b_dec += torch.from_numpy(behind[0]).sum(0)
        errors = squares.mean(1)
        return Decoded(float(errors @ weights), float(errors[-1]), to_values, behind[-1], float(scales[-1]))
