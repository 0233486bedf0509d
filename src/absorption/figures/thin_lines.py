"""Many single runs over time: a thin line each."""

from jaxtyping import Float, Real
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.palette import COLORS


def thin_lines(
    axes: Axes, x: Real[ndarray, " time"], runs: Float[ndarray, "time run"], label: str, role: str
) -> None:
    """One colour and one entry of the legend for all runs of a group.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> thin_lines(axes, np.arange(2), np.array([[0.0, 0.1], [1.0, 0.9]]), "with a penalty", "child")
    >>> len(axes.lines), axes.get_legend_handles_labels()[1]
    (3, ['with a penalty'])

    Args:
        axes: Where to draw.
        x: Times, such as training steps.
        runs: One column a run.
        label: The name of the group.
        role: Its colour, a key of `palette.COLORS`.
    """
    axes.plot(x, runs, color=COLORS[role], lw=0.7, alpha=0.6)
    axes.plot([], [], color=COLORS[role], label=label)
