"""Which latents are active on which inputs: a fast product names candidates, exact pre-activations decide among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from absorption.runtime.precision import bfloat16_is_faster
from absorption.saes.fit.compiled import entries, kernels
from absorption.saes.fit.compiled.integers import Named, integers_are_faster
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.recipe import BatchTopK, JumpReLU, TopK
from absorption.saes.stack import SAEStack

MARGIN = 0.95
"""BatchTopK's candidates are entries above this fraction of the last cut-off."""
CLOSER = 0.97
"""Likewise where candidates are named with an allowance for rounding."""
ROUNDING = 2.0**-7.5
"""More than a bfloat16 product x · w can be off, as a fraction of ‖x‖‖w‖: each factor and the result are off by 2⁻⁹."""


@dataclass(frozen=True)
class Active:
    """Entries at which something happens, as `kernels` has them: `starts [batch + 1]`, `cols [entry]`, pre-activations `pre [entry]`."""

    starts: np.ndarray
    cols: np.ndarray
    pre: np.ndarray

    def where(self, keep: np.ndarray) -> "Active":
        """The entries marked."""
        kept_before = np.concatenate([[0], keep.cumsum()])
        return Active(kept_before[self.starts], self.cols[keep], self.pre[keep])


class Selection:
    """Finds the active entries of each member of a stack, batch after batch.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(TopK(1)), d_in=2, d_sae=2, seeds=[0])
    >>> Selection(stack, Sharing())(0, torch.tensor([[1.0, 3.0]]), torch.eye(2), torch.zeros(2), None).cols.tolist()
    [1]
    """

    def __init__(self, stack: SAEStack, share: Sharing) -> None:
        self.stack, self.share = stack, share
        self.cutoffs: list[float | None] = [None] * len(stack)
        self.named = Named(share)

    def __call__(self, i: int, read: Tensor, W: Tensor, b_enc: Tensor, threshold: Tensor | None) -> Active:
        """Where member i's latents are active on the inputs as read, [batch d_in], or near it if that teaches; W [d_sae d_in]."""
        match self.stack.recipe.activation:
            case TopK():
                return self._top(int(self.stack.k[i]), read, W, b_enc)
            case BatchTopK():
                return self._top_of_batch(i, read, W, b_enc)
            case JumpReLU(bandwidth=bandwidth):
                assert threshold is not None
                lowest = threshold.clamp_min(0) - bandwidth / 2
            case _:
                lowest = torch.zeros_like(b_enc)
        found = self._above(read, W, b_enc, lowest)
        return found.where(found.pre > lowest.numpy()[found.cols])

    def _above(self, read: Tensor, W: Tensor, b_enc: Tensor, lowest: Tensor) -> Active:
        """All entries whose pre-activation exceeds what is lowest for the latent, and few others."""
        most = ROUNDING * (read.norm(dim=1).max() * W.norm(dim=1) + b_enc.abs() + lowest.abs())
        keys = product(read, W, b_enc - lowest + most)
        return self._found(keys, keys.dtype.type(0), read, W, b_enc)

    def _top(self, k: int, read: Tensor, W: Tensor, b_enc: Tensor) -> Active:
        keys, spare = product(read, W, b_enc), min(len(W), k + k // 4 + 2)
        counts, found = np.empty(len(read), np.int64), np.empty((len(read), spare), np.int64)
        self.share(entries.find_largest, len(keys), keys, spare, counts, found)
        starts, cols = _starts(counts), found[np.arange(spare) < counts[:, None]]
        pre = np.empty(len(cols), read.numpy().dtype)
        self.share(kernels.products_at, len(read), starts, cols, read.numpy(), W.numpy(), b_enc.numpy(), pre)
        keep = np.zeros(len(cols), np.bool_)
        self.share(entries.keep_largest, len(read), starts, pre, k, keep)
        return Active(starts, cols, pre).where(keep & (pre > 0))

    def _top_of_batch(self, i: int, read: Tensor, W: Tensor, b_enc: Tensor) -> Active:
        wanted, cutoff = int(float(self.stack.k[i]) * len(read)), self.cutoffs[i]
        found = None
        if cutoff is not None and read.dtype == torch.float32 and integers_are_faster():
            found = self._above_last(CLOSER * cutoff, wanted, read, W, b_enc)
        if found is None:
            found = self._near(cutoff, wanted, read, W, b_enc)
        kept = found.where(largest(found.pre, wanted))
        self.cutoffs[i] = float(kept.pre.min()) if len(kept.pre) else None
        return kept

    def _above_last(
        self, lowest: float, wanted: int, read: Tensor, W: Tensor, b_enc: Tensor
    ) -> Active | None:
        """All entries above what the last batch lets expect, if those that are wanted are surely among them."""
        found = Active(*self.named(read, W, b_enc, lowest))
        return found if len(found.cols) >= wanted else None

    def _near(self, cutoff: float | None, wanted: int, read: Tensor, W: Tensor, b_enc: Tensor) -> Active:
        """The largest entries and a few more."""
        keys, found = product(read, W, b_enc), None
        if cutoff is not None:
            found = self._found(keys, _key(MARGIN * cutoff, keys.dtype), read, W, b_enc)
        if found is None or len(found.cols) < 1.02 * wanted:
            spare = keys.size - min(keys.size, int(1.1 * wanted) + 16)
            found = self._found(keys, _below(np.partition(keys.ravel(), spare)[spare]), read, W, b_enc)
        return found

    def _found(self, keys: np.ndarray, cut: Any, read: Tensor, W: Tensor, b_enc: Tensor) -> Active:
        """Entries whose keys exceed the cut, with their exact pre-activations."""
        counts = np.empty(len(keys), np.int64)
        self.share(entries.count_above, len(keys), keys, cut, counts)
        starts = _starts(counts)
        cols, pre = np.empty(starts[-1], np.int64), np.empty(starts[-1], read.numpy().dtype)
        self.share(
            kernels.find_above,
            len(keys),
            keys,
            cut,
            starts,
            read.numpy(),
            W.numpy(),
            b_enc.numpy(),
            cols,
            pre,
        )
        return Active(starts, cols, pre)


def largest(pre: np.ndarray, wanted: int) -> np.ndarray:
    """Which entries are positive and among the largest that are wanted; of equal ones the first.

    >>> largest(np.array([1.0, 2.0, 1.0, -1.0]), wanted=2).tolist()
    [True, True, False, False]
    """
    keep = pre > 0
    if len(pre) > wanted:
        cut = np.partition(pre, len(pre) - wanted)[len(pre) - wanted]
        keep &= pre >= cut
        keep[np.flatnonzero(pre == cut)[wanted - int((pre > cut).sum()) :]] = False
    return keep


def product(read: Tensor, W: Tensor, bias: Tensor) -> np.ndarray:
    """read Wᵀ + bias as numbers that rise with it where it is positive: itself, or the bits of bfloat16.

    >>> import torch
    >>> product(torch.ones(1, 2), torch.eye(2), torch.tensor([1.0, -3.0])) > 0
    array([[ True, False]])
    """
    if read.dtype == torch.float32 and bfloat16_is_faster():
        pre = torch.addmm(bias.bfloat16(), read.bfloat16(), W.bfloat16().mT)
        return pre.view(torch.int16).numpy()
    return torch.addmm(bias, read, W.mT).numpy()


def _key(value: float, dtype: np.dtype) -> Any:
    """A positive number in the form that `product` gives."""
    if dtype == np.int16:
        return np.int16(torch.tensor(value).bfloat16().view(torch.int16).item())
    return dtype.type(value)


def _below(key: Any) -> Any:
    """The next lower key, not below zero: what exceeds it is the key and all above, if they are positive."""
    zero = key.dtype.type(0)
    if key <= zero:
        return zero
    return key - key.dtype.type(1) if key.dtype == np.int16 else np.nextafter(key, zero)


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], counts.cumsum()])
