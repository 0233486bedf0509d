"""Means with their intervals, ready to be drawn."""

from collections.abc import Iterable, Mapping

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


def several(
    rows: Mapping[str, Iterable[Iterable[float | int]]],
    looks: Iterable[tuple[str, str]],
    possible: Range = EVERYWHERE,
) -> list[Series]:
    """`averages` of each name, with a look for each in turn; looks that are left over stay unused.

    >>> tied, nested = several({"tied": [[0.1, 0.3]], "nested": [[0.2, 0.2]]}, [("parent", "o"), ("child", "s")], possible=(0, 1))
    >>> tied.label, nested.marker, nested.center
    ('tied', 's', array([0.2]))

    Args:
        rows: By the name in the legend, as for `averages`.
        looks: Colour and marker, in the order of the names.
        possible: As for `averages`.

    Raises:
        ValueError: as `averages`, or fewer looks than names.
    """
    looks = list(looks)[: len(rows)]
    each = zip(rows.items(), looks, strict=True)
    return [averages(label, role, values, marker, possible) for (label, values), (role, marker) in each]
