"""Loops that Numba compiles: dot products and sums of rows for the active latents of a batch (which those are: `entries`).

Active entries are kept in compressed sparse rows, by column within a row: entry n of input i, for
`starts[i] ≤ n < starts[i + 1]`, is latent `cols[n]`. Sums of products are taken in any order (`jit.REAL`), as BLAS takes
them. All arrays are NumPy's, and share memory with tensors; `W` has a latent's weights in a row. Most functions do the
rows (or latents) `first` to `last` − 1 alone, so that threads can share a batch.
"""

# Numba compiles plain functions alone: nothing may wrap them to check types.
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false

from typing import no_type_check

import numpy as np

from absorption.saes.fit.compiled.jit import compiled


@compiled
@no_type_check
def _dots(x, W, cols, out, start, end):
    """out[n] = x · W[cols[n]] for start ≤ n < end, four at once so that x is read a quarter as often."""
    n = start
    while n + 3 < end:
        a, b, c, d = W[cols[n]], W[cols[n + 1]], W[cols[n + 2]], W[cols[n + 3]]
        s = t = u = v = x.dtype.type(0)
        for j in range(len(x)):
            s += x[j] * a[j]
            t += x[j] * b[j]
            u += x[j] * c[j]
            v += x[j] * d[j]
        out[n], out[n + 1], out[n + 2], out[n + 3] = s, t, u, v
        n += 4
    while n < end:
        a, s = W[cols[n]], x.dtype.type(0)
        for j in range(len(x)):
            s += x[j] * a[j]
        out[n] = s
        n += 1


@compiled
@no_type_check
def _add_rows(out, W, numbers, values, start, end):
    """out += Σ values[n] · W[numbers[n]] over start ≤ n < end, four at once so that out is written a quarter as often."""
    n = start
    while n + 3 < end:
        a, b, c, d = W[numbers[n]], W[numbers[n + 1]], W[numbers[n + 2]], W[numbers[n + 3]]
        s, t, u, v = values[n], values[n + 1], values[n + 2], values[n + 3]
        for j in range(len(out)):
            out[j] += s * a[j] + t * b[j] + u * c[j] + v * d[j]
        n += 4
    while n < end:
        a, s = W[numbers[n]], values[n]
        for j in range(len(out)):
            out[j] += s * a[j]
        n += 1


@compiled
@no_type_check
def find_above(first, last, keys, cut, starts, x, W, b, cols, pre):
    """cols [entry] of all that exceed the cut, and pre [entry] = x Wᵀ + b there.

    >>> keys, cols, pre = np.array([[1.0, 3.0]]), np.zeros(1, dtype=np.int64), np.zeros(1)
    >>> find_above(0, 1, keys, 2.0, np.array([0, 1]), np.ones((1, 2)), np.array([[1.0, 0.0], [1.0, 1.0]]), np.ones(2), cols, pre)
    >>> cols.tolist(), pre.tolist()
    ([1], [3.0])
    """
    for i in range(first, last):
        n, end = starts[i], starts[i + 1]
        for j in range(keys.shape[1]):
            if keys[i, j] > cut:
                cols[n] = j
                n += 1
        _dots(x[i], W, cols, pre, starts[i], end)
        for n in range(starts[i], end):
            pre[n] += b[cols[n]]


@compiled
@no_type_check
def name_above(first, last, products, x_steps, W_steps, bias, cuts, x, W, b, lowest, cols, pre, counts):
    """Of the entries whose rounded pre-activation exceeds the row's cut, if there is room for them, those with an exact one of `lowest` or more.

    >>> cols, pre, counts = np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1)), np.zeros(1, dtype=np.int64)
    >>> exact = (np.ones((1, 2)), np.array([[1.0, 0.0], [1.0, 1.0]]), np.ones(2))
    >>> name_above(0, 1, np.array([[1, 2]]), np.ones(1), np.ones(2), np.ones(2), np.array([2.0]), *exact, 2.5, cols, pre, counts)
    >>> cols.tolist(), pre.tolist(), counts.tolist()
    ([[1]], [[3.0]], [1])

    Args:
        products: Of integers, [batch d_sae], which x_steps [batch] and W_steps [d_sae] make pre-activations without a bias.
        bias: Added to them, [d_sae].
        cuts: What they have to exceed, [batch].
        x, W, b: What exact pre-activations are made of: [batch d_in], [d_sae d_in], [d_sae].
        cols, pre: Written: the latents, rising, and the exact pre-activations, [batch room].
        counts: Written: how many there are; where there was no room, how many were to be looked at, [batch].
    """
    width, room = products.shape[1], cols.shape[1]
    # Marks are made by vector instructions, and read eight at once, since few are set.
    marks = np.zeros((width + 7) // 8 * 8, np.uint8)
    eights = marks.view(np.uint64)
    for i in range(first, last):
        n, row, step, cut = 0, products[i], x_steps[i], cuts[i]
        for j in range(width):
            marks[j] = W_steps.dtype.type(row[j]) * W_steps[j] * step + bias[j] > cut
        for eight in range(len(eights)):
            if eights[eight] == 0:
                continue
            for j in range(8 * eight, 8 * eight + 8):
                if marks[j]:
                    if n < room:
                        cols[i, n] = j
                    n += 1
        counts[i] = n
        if n > room:
            continue
        _dots(x[i], W, cols[i], pre[i], 0, n)
        kept = 0
        for m in range(n):
            value = pre[i, m] + b[cols[i, m]]
            if value >= lowest:
                cols[i, kept], pre[i, kept] = cols[i, m], value
                kept += 1
        counts[i] = kept


@compiled
@no_type_check
def products_at(first, last, starts, cols, x, W, b, pre):
    """pre [entry] = x Wᵀ + b at the entries.

    >>> pre = np.zeros(1)
    >>> products_at(0, 1, np.array([0, 1]), np.array([1]), np.ones((1, 2)), np.array([[1.0, 0.0], [1.0, 1.0]]), np.ones(2), pre)
    >>> pre.tolist()
    [3.0]
    """
    for i in range(first, last):
        _dots(x[i], W, cols, pre, starts[i], starts[i + 1])
        for n in range(starts[i], starts[i + 1]):
            pre[n] += b[cols[n]]


@compiled
@no_type_check
def decode(first, last, starts, cols, values, W, b, y, ends, scales, squares, behind, to_values):
    """Reconstructions of all nested prefixes, their errors, and the way back to the activations.

    >>> one, behind, to_values, squares = np.array([1.0]), np.zeros((1, 1, 2)), np.zeros(1), np.zeros((1, 1))
    >>> at = (np.array([0, 1]), np.array([0]))
    >>> decode(0, 1, *at, one, np.array([[1.0, 0.0]]), np.zeros(2), np.array([[3.0, 1.0]]), np.array([1]), one, squares, behind, to_values)
    >>> squares.tolist(), behind.tolist(), to_values.tolist()
    ([[5.0]], [[[-2.0, -1.0]]], [-2.0])

    Args:
        starts, cols: The active entries.
        values: Their activations, [entry].
        W: The decoder, [d_sae d_out], with its bias b [d_out].
        y: What is to be reconstructed, [batch d_out].
        ends: Where each level's latents end, rising, [level].
        scales: What the residual of each level is multiplied with to be a gradient, [level].
        squares: Written: ‖residual‖² of each level and input, [level batch].
        behind: Written: the gradient at what a level's own latents write, so of it and all longer ones, [level batch d_out].
        to_values: Written: the gradient at the activations, [entry].
    """
    levels, width = len(ends), W.shape[1]
    for i in range(first, last):
        n, end = starts[i], starts[i + 1]
        for level in range(levels):
            residual = behind[level, i]
            for j in range(width):
                residual[j] = behind[level - 1, i, j] if level else b[j] - y[i, j]
            stop = n
            while stop < end and cols[stop] < ends[level]:
                stop += 1
            _add_rows(residual, W, cols, values, n, stop)
            n, square = stop, W.dtype.type(0)
            for j in range(width):
                square += residual[j] * residual[j]
            squares[level, i] = square
        for level in range(levels - 1, -1, -1):
            for j in range(width):
                behind[level, i, j] *= scales[level]
            if level < levels - 1:
                for j in range(width):
                    behind[level, i, j] += behind[level + 1, i, j]
        n = starts[i]
        for level in range(levels):
            stop = n
            while stop < end and cols[stop] < ends[level]:
                stop += 1
            _dots(behind[level, i], W, cols, to_values, n, stop)
            n = stop


@compiled
@no_type_check
def sum_by_column(first, last, at, rows, values, x, add, out):
    """out [d_sae width] = Σ values · x[row] over a latent's entries, given by column, or that is added; x [batch width].

    >>> out = np.empty((1, 2))
    >>> sum_by_column(0, 1, np.array([0, 2]), np.array([0, 1]), np.array([1.0, 10.0]), np.eye(2), False, out)
    >>> out.tolist()
    [[1.0, 10.0]]
    """
    for j in range(first, last):
        if not add:
            out[j, :] = 0
        _add_rows(out[j], x, rows, values, at[j], at[j + 1])
