"""Loops that Numba compiles: which entries of a batch are active, and in what order; nothing is multiplied here.

Entries are kept as `kernels` describes it. Apart from the loops that multiply, since Numba's cache on disk does not see an edit
of a function in another file: no loop here calls one of `kernels`.
"""

# Numba compiles plain functions alone: nothing may wrap them to check types.
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false

from typing import no_type_check

import numpy as np

from absorption.saes.fit.compiled.jit import compiled


@compiled
@no_type_check
def count_above(first, last, keys, cut, counts):
    """counts [batch]: how many of each row of keys [batch d_sae] exceed the cut.

    >>> counts = np.zeros(2, dtype=np.int64)
    >>> count_above(0, 2, np.array([[1.0, 3.0], [4.0, 5.0]]), 2.0, counts)
    >>> counts.tolist()
    [1, 2]
    """
    for i in range(first, last):
        n = 0
        for j in range(keys.shape[1]):
            n += keys[i, j] > cut
        counts[i] = n


@compiled
@no_type_check
def find_largest(first, last, keys, most, counts, found):
    """The columns found [batch most] of the largest positive keys of each row, rising, and how many there are.

    >>> counts, found = np.zeros(1, dtype=np.int64), np.zeros((1, 2), dtype=np.int64)
    >>> find_largest(0, 1, np.array([[5.0, -1.0, 2.0, 3.0]]), 2, counts, found)
    >>> counts.tolist(), found.tolist()
    ([2], [[0, 3]])
    """
    for i in range(first, last):
        best, n = np.empty(most, keys.dtype), 0
        for j in range(keys.shape[1]):
            key = keys[i, j]
            if key <= 0 or (n == most and key <= best[n - 1]):
                continue
            at = n if n < most else n - 1
            while at > 0 and best[at - 1] < key:
                best[at], found[i, at] = best[at - 1], found[i, at - 1]
                at -= 1
            best[at], found[i, at] = key, j
            n = min(n + 1, most)
        found[i, :n] = np.sort(found[i, :n])
        counts[i] = n


@compiled
@no_type_check
def keep_largest(first, last, starts, values, k, keep):
    """keep [entry]: the k largest of each row, of equal ones the first.

    >>> keep = np.zeros(3, dtype=np.bool_)
    >>> keep_largest(0, 1, np.array([0, 3]), np.array([2.0, 1.0, 2.0]), 2, keep)
    >>> keep.tolist()
    [True, False, True]
    """
    for i in range(first, last):
        start, end = starts[i], starts[i + 1]
        if end - start <= k:
            keep[start:end] = True
            continue
        cut = np.sort(values[start:end])[end - start - k]
        spare = k
        for n in range(start, end):
            spare -= values[n] > cut
        for n in range(start, end):
            if values[n] > cut:
                keep[n] = True
            elif values[n] == cut and spare > 0:
                keep[n] = True
                spare -= 1


@compiled
@no_type_check
def join_rows(first, last, starts, cols, pre, all_cols, all_pre):
    """Rows of which the first few entries count, [batch room], one after the other, [entry].

    >>> all_cols, all_pre = np.zeros(2, dtype=np.int64), np.zeros(2)
    >>> join_rows(0, 2, np.array([0, 1, 2]), np.array([[3, 9], [4, 9]]), np.array([[0.5, 9], [0.25, 9]]), all_cols, all_pre)
    >>> all_cols.tolist(), all_pre.tolist()
    ([3, 4], [0.5, 0.25])
    """
    for i in range(first, last):
        for m in range(starts[i + 1] - starts[i]):
            all_cols[starts[i] + m], all_pre[starts[i] + m] = cols[i, m], pre[i, m]


@compiled
@no_type_check
def by_column(starts, cols, d_sae):
    """The entries by column: their numbers and rows, [entry], and where each column starts, [d_sae + 1].

    >>> order, rows, at = by_column(np.array([0, 2, 3]), np.array([0, 1, 0]), 2)
    >>> order.tolist(), rows.tolist(), at.tolist()
    ([0, 2, 1], [0, 1, 0], [0, 2, 3])
    """
    at = np.zeros(d_sae + 1, np.int64)
    for column in cols:
        at[column + 1] += 1
    for j in range(d_sae):
        at[j + 1] += at[j]
    order, rows, following = np.empty(len(cols), np.int64), np.empty(len(cols), np.int64), at[:-1].copy()
    for i in range(len(starts) - 1):
        for n in range(starts[i], starts[i + 1]):
            place = following[cols[n]]
            order[place], rows[place] = n, i
            following[cols[n]] += 1
    return order, rows, at


@compiled
@no_type_check
def sums_by_column(cols, values, d_sae):
    """Σ values of each latent, [d_sae].

    >>> sums_by_column(np.array([1, 1]), np.array([1.0, 2.0]), 3).tolist()
    [0.0, 3.0, 0.0]
    """
    sums = np.zeros(d_sae, values.dtype)
    for n in range(len(cols)):
        sums[cols[n]] += values[n]
    return sums
