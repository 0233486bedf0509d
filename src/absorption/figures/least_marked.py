"""Curves of which each has a dot where it is least."""

from collections.abc import Mapping

from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.palette import COLORS


def least_marked(
    axes: Axes, x: Float[ndarray, " point"], curves: Mapping[str, tuple[str, Float[ndarray, " point"]]]
) -> None:
    """A line for each curve, and its least point; labels and limits are the page's.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> least_marked(axes, np.array([0.0, 0.5, 1.0]), {"p = 2": ("accent", np.array([2.0, 1.5, 2.0]))})
    >>> axes.lines[1].get_xydata().tolist()
    [[0.5, 1.5]]

    Args:
        axes: Where to draw.
        x: Where the curves are known.
        curves: By name, a colour (a key of `palette.COLORS`) and the values.
    """
    for name, (role, values) in curves.items():
        least = values.argmin()
        axes.plot(x, values, color=COLORS[role], label=name)
        axes.plot(x[least], values[least], "o", color=COLORS[role])
