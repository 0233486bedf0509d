"""What was tried, as a line over settings that are not to scale, and what was judged elsewhere, as large dots beside it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from absorption.figures.series import Series


def over_settings(axes: Axes, settings: Sequence[float], tried: Series, xlabel: str, ylabel: str) -> None:
    """A line over evenly spaced settings, with thin intervals.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> over_settings(axes, [0, 0.1, 0.4], Series("δ", "child", np.array([0.9, 0.5, 0.3])), "weight", "absorption δ")
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['0', '0.1', '0.4']

    Args:
        axes: Where to draw.
        settings: In order; written at evenly spaced ticks, the first at 0.
        tried: Numbers, one a setting; what is not available is not drawn.
        xlabel, ylabel: What the settings and the numbers are, with their units.
    """
    places = np.arange(len(settings))
    axes.plot(places, tried.center, ".-", color=tried.color, lw=1.2, label=tried.label)
    if tried.low is not None and tried.high is not None:
        axes.vlines(places, tried.low, tried.high, color=tried.color, lw=0.6)
    axes.set_xticks(places, [f"{setting:g}" for setting in settings])
    axes.set(xlabel=xlabel, ylabel=ylabel)


def beside(axes: Axes, places: Sequence[float], judged: Series, filled: bool = True) -> None:
    """Large dots with their intervals, full or hollow, without a place in the legend.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> beside(axes, [1.1], Series("judged", "child", np.array([0.5]), np.array([0.4]), np.array([0.6])), filled=False)
    >>> axes.lines[0].get_markerfacecolor()
    'white'

    Args:
        axes: Where to draw.
        places: Where along the axis, in its units.
        judged: Numbers, one a place; what is not available is not drawn.
        filled: Whether the dots are full.
    """
    if judged.low is not None and judged.high is not None:
        axes.vlines(places, judged.low, judged.high, color=judged.color, lw=1.4)
    face = judged.color if filled else "white"
    axes.plot(places, judged.center, judged.marker, ms=6, color=judged.color, mfc=face)
