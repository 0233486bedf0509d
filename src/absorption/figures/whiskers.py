"""Dots along a line, each with its interval as a vertical stroke: for few places, where bands would hide each other."""

from collections.abc import Sequence

from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.series import Series


def whiskers(
    axes: Axes, x: Float[ndarray, " row"] | Sequence[str], series: Series, style: str = "-", hollow: bool = False, label: bool = True
) -> None:  # fmt: skip
    """One line of dots with their intervals; labels and limits are the page's.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> tied = Series("tied", "parent", np.array([0.2, 0.4]), np.array([0.1, 0.3]), np.array([0.3, 0.5]))
    >>> whiskers(axes, np.array([1.0, 2.0]), tied, ":", hollow=True)
    >>> axes.lines[0].get_label(), len(axes.collections)
    ('tied', 1)

    Args:
        axes: Where to draw.
        x: Where the numbers were measured, or names of places.
        series: Numbers, one for each `x`.
        style: Of the line, as matplotlib names it.
        hollow: Dots are white inside.
        label: Whether it is named in the legend.
    """
    if series.low is not None and series.high is not None:
        axes.vlines(x, series.low, series.high, color=series.color, lw=1.2)
    face = "white" if hollow else series.color
    axes.plot(
        x, series.center, style, marker=series.marker, ms=5, mfc=face, color=series.color,
        label=series.label if label else None,
    )  # fmt: skip
