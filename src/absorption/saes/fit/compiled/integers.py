"""Which pre-activations may exceed a bound, named by a product of eight-bit integers, which some processors take faster than one in bfloat16.

Inputs and encoder rows are rounded to 255 levels each, w = s q + e. An approximate pre-activation differs from the exact
one by at most ‖e‖ times the length of the other factor, and where rounding is fine, so that e points nowhere in
particular, by about ‖e‖ / √d_in of it. Entries that `SPREAD` such deviations could lift above the bound are named; where rounding
is coarse, because one dimension is far larger than the others, those that the whole of ‖e‖ could lift.
"""

# Numba compiles plain functions alone: nothing may wrap them to check types.
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false

import time
from collections.abc import Callable
from functools import cache
from typing import Any, no_type_check

import numpy as np
import torch
from torch import Tensor

from absorption.saes.fit.compiled import entries, kernels
from absorption.saes.fit.compiled.jit import compiled
from absorption.saes.fit.compiled.sharing import Sharing

SPREAD = 6.0
"""Standard deviations of rounding that are allowed for: of 10⁸ entries less than one deviates by more."""
ROWS = 512
"""Inputs multiplied at once, so that their products are read while they are near the processor."""


class Named:
    """Finds the entries whose pre-activation is not below a bound, and what it is there; remembers how many a row had at most.

    >>> named = Named(Sharing())
    >>> [each.tolist() for each in named(torch.tensor([[1.0, 3.0]]), torch.eye(2), torch.zeros(2), lowest=2.0)]
    [[0, 1], [1], [3.0]]
    """

    def __init__(self, share: Sharing) -> None:
        self.share, self.room = share, 64
        self.products = torch.empty(0, 0, dtype=torch.int32)
        self.cols, self.pre = np.empty((0, 0), np.int64), np.empty((0, 0), np.float32)

    def __call__(
        self, read: Tensor, W: Tensor, b_enc: Tensor, lowest: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each row's entries start, [batch + 1], their columns, rising, and exact pre-activations, [entry].

        Args:
            read: Inputs, [batch d_in], float32.
            W: The encoder, a latent's weights in a row, [d_sae d_in].
            b_enc: Its bias, [d_sae].
            lowest: The bound, one for all.
        """
        x, rows = Rounded(read, self.share), Rounded(W, self.share)
        spread = np.hypot(x.spread * rows.lengths.max(), rows.spread.max() * x.lengths)
        cuts = np.float32(lowest) - spread - rows.lengths.max() * x.at_most
        exact = read.numpy(), W.numpy(), b_enc.numpy()
        bias = exact[2] + x.lengths.max() * rows.at_most
        while (
            int((counts := self._counted(x, rows, bias, cuts, np.float32(lowest), *exact)).max()) > self.room
        ):
            self.room = min(len(W), 2 * int(counts.max()))
        starts = np.concatenate([[0], counts.cumsum()])
        cols, pre = np.empty(starts[-1], np.int64), np.empty(starts[-1], np.float32)
        self.share(entries.join_rows, len(read), starts, self.cols, self.pre, cols, pre)
        return starts, cols, pre

    def _counted(
        self,
        x: "Rounded",
        rows: "Rounded",
        bias: np.ndarray,
        cuts: np.ndarray,
        lowest: Any,
        *exact: np.ndarray,
    ) -> np.ndarray:
        """How many entries each row has, which are left in `cols` and `pre`, [batch room]; more than there is room if that was too little."""
        (read, W, b_enc), encoder = exact, rows.integers.mT
        batch = len(read)
        self._make_room(batch, len(W))
        counts = np.empty(batch, np.int64)
        for first in range(0, batch, ROWS):
            part = slice(first, min(first + ROWS, batch))
            into = self.products[: part.stop - first]
            multiply(x.integers[part], encoder, into)
            self.share(
                kernels.name_above, len(into), into.numpy(), x.steps[part], rows.steps, bias, cuts[part],
                read[part], W, b_enc, lowest, self.cols[part], self.pre[part], counts[part],
            )  # fmt: skip
        return counts

    def _make_room(self, batch: int, d_sae: int) -> None:
        """Memory that is kept from batch to batch: to get it anew can cost as much as the product."""
        if self.products.shape != (min(ROWS, batch), d_sae):
            self.products = torch.empty(min(ROWS, batch), d_sae, dtype=torch.int32)
        if self.cols.shape != (batch, self.room):
            self.cols, self.pre = (np.empty((batch, self.room), kind) for kind in (np.int64, np.float32))


class Rounded:
    """Rows of w [row d_in] as `integers [row d_in]` times `steps [row]`, and their norms `lengths [row]`.

    A product with a vector of length 1 is off by `spread [row]` at most, or, where rounding is coarse, by `at_most [row]`;
    the other one is zero.

    >>> Rounded(torch.tensor([[127.0, -1.0]]), Sharing()).integers.tolist()
    [[127, -1]]
    """

    def __init__(self, w: Tensor, share: Sharing) -> None:
        self.integers, coarse = torch.empty(w.shape, dtype=torch.int8), np.empty(len(w), np.bool_)
        self.steps, self.lengths, off = np.empty((3, len(w)), np.float32)
        share(round_rows, len(w), w.numpy(), self.integers.numpy(), self.steps, self.lengths, off, coarse)
        self.spread = off * np.float32(SPREAD / w.shape[1] ** 0.5) * ~coarse
        self.at_most = off * coarse


@compiled
@no_type_check
def round_rows(first, last, w, integers, steps, lengths, off, coarse):
    """Rows of w [row d_in] as integers [row d_in] from −127 to 127 times steps [row].

    Of each row: its norm in lengths, the norm of what rounding leaves in off, and whether more than half of what is not
    zero was rounded to zero in coarse, [row].

    >>> integers, (steps, lengths, off), coarse = np.zeros((1, 2), dtype=np.int8), np.zeros((3, 1)), np.zeros(1, dtype=np.bool_)
    >>> round_rows(0, 1, np.array([[254.0, -3.0]]), integers, steps, lengths, off, coarse)
    >>> integers.tolist(), steps.tolist(), off.tolist(), coarse.tolist()
    ([[127, -2]], [2.0], [1.0], [False])
    """
    width, one, zero = w.shape[1], w.dtype.type(1), w.dtype.type(0)
    for i in range(first, last):
        row, most = w[i], zero
        for j in range(width):
            most = max(most, abs(row[j]))
        step = most / w.dtype.type(127) if most > 0 else one
        per, left, square, lost, there = one / step, zero, zero, zero, zero
        for j in range(width):
            q = np.rint(row[j] * per)
            integers[i, j] = np.int8(q)
            e = row[j] - step * q
            left += e * e
            square += row[j] * row[j]
            there += one if row[j] != 0 else zero
            lost += one if row[j] != 0 and q == 0 else zero
        steps[i], lengths[i], off[i], coarse[i] = step, np.sqrt(square), np.sqrt(left), lost + lost > there


def multiply(a: Tensor, b: Tensor, out: Tensor) -> None:
    """out [row column] of int32 = a [row d] b [d column] of int8.

    >>> out = torch.empty(1, 1, dtype=torch.int32)
    >>> multiply(torch.full((1, 3), 100, dtype=torch.int8), torch.full((3, 1), 100, dtype=torch.int8), out)
    >>> out.item()
    30000
    """
    # Of torch's names for it there is none without an underscore.
    torch.ops.aten._int_mm.out(a, b, out=out)


@cache
def integers_are_faster() -> bool:
    """Whether a product of eight-bit integers is exact here, and beats bfloat16 or float32 by 1.3× or more; measured once a process.

    >>> integers_are_faster() in (True, False)  # which of them depends on the processor
    True
    """
    a = torch.randint(-127, 128, (512, 512), generator=torch.Generator().manual_seed(0), dtype=torch.int8)
    exact, out = a.double() @ a.double().mT, torch.empty(512, 512, dtype=torch.int32)
    try:
        multiply(a, a.mT, out)
    except RuntimeError:
        return False
    others = [a.to(dtype) for dtype in (torch.bfloat16, torch.float32)]
    integers = _fastest(lambda: multiply(a, a.mT, out))
    return bool((out == exact).all()) and 1.3 * integers < min(_fastest(lambda b=b: b @ b.mT) for b in others)


def _fastest(product: Callable[[], object], times: int = 10) -> float:
    """Seconds; on a busy machine a single product can wait for its threads."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
