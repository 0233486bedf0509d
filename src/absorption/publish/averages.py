"""Means with their intervals, ready to be drawn."""

from collections.abc import Iterable

import numpy as np

from absorption.claims.evidence import EVERYWHERE, Range
from absorption.claims.known import of_known
from absorption.figures.series import Series


def averages(
    label: str,
    role: str,
    rows: Iterable[Iterable[float | int]],
    marker: str = "o",
    possible: Range = EVERYWHERE,
) -> Series:
    """For each row of numbers the mean of those that are finite, and its 95% interval; nan where fewer than two are.

    >>> drawn = averages("tied", "parent", [[0.1, 0.3], [0.2, float("nan")]], possible=(0, 1))
    >>> drawn.center, drawn.low
    (array([0.2, nan]), array([ 0., nan]))

    Args:
        label: Its name in the legend.
        role: Its colour, a key of `palette.COLORS`.
        rows: One number a block (seed, world, SAE), in the unit of the figure.
        marker: The shape of a dot, as matplotlib names it.
        possible: The range that the numbers cannot leave; intervals are clipped to it.

    Raises:
        ValueError: a number that is impossible, or no such role.
    """
    each = [of_known("row", row, "numbers are there", possible=possible) for row in rows]
    ends = [(one.value, *one.interval) if one.value is not None else (np.nan,) * 3 for one in each]
    center, low, high = np.array(ends, dtype=float).reshape(-1, 3).T
    return Series(label, role, center, low, high, marker)
