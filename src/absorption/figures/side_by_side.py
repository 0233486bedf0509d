"""Panels side by side whose rows are the same: several things measured of each row, each with its unit and its title."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.series import Series


@dataclass(frozen=True)
class Panel:
    """One of them.

    Args:
        title: What it says.
        unit: Of its numbers.
        series: The numbers, one a row; what has a label is named in the legend.
        from_zero: Whether its axis begins at zero; with few ticks then.
    """

    title: str
    unit: str
    series: Sequence[Series]
    from_zero: bool = True


def side_by_side(rows: Sequence[str], panels: Sequence[Panel], height: float = 3.4) -> Figure:
    """Dots with their intervals, row by row from the top, in every panel, and one legend below.

    >>> import numpy as np
    >>> own, null = (Series(name, "parent", np.array([value])) for name, value in (("letters", 0.05), ("nonsense", 0.04)))
    >>> figure = side_by_side(["block 4"], [Panel("In full", "share of words", [own, null])])
    >>> [axes.get_xlabel() for axes in figure.axes], [text.get_text() for text in figure.legends[0].get_texts()]
    (['share of words'], ['letters', 'nonsense'])

    Args:
        rows: Names of the rows.
        panels: From the left; at least one of their series has a label.
        height: Of the figure, in inches.
    """
    figure, axes = theme.figure(height=height, ncols=len(panels), sharey=True, squeeze=False)
    for at, panel in zip(axes[0], panels, strict=True):
        dots(at, rows, panel.series, panel.unit, reference=None)
        at.set_title(panel.title)
        if panel.from_zero:
            at.set_xlim(left=0)
            at.locator_params(axis="x", nbins=3)
    named = next(at for at in axes[0] if at.get_legend_handles_labels()[1])
    figure.legend(*named.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
