"""Ticks of a logarithmic axis at the values that were tried, and at no others."""

from collections.abc import Sequence

from matplotlib.axes import Axes


def log_ticks(axes: Axes, values: Sequence[float]) -> None:
    """Label the x axis, made logarithmic, with these values as they are written, such as 0.03.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> log_ticks(axes, (0.03, 0.1, 0.3))
    >>> [label.get_text() for label in axes.get_xticklabels()], axes.get_xscale()
    (['0.03', '0.1', '0.3'], 'log')

    Args:
        axes: Whose x axis.
        values: Where, positive.
    """
    axes.set_xscale("log")
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()
