"""Panels side by side: several things measured of the same rows, or curves beside rows of dots."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.palette import COLORS
from absorption.figures.series import Series


@dataclass(frozen=True)
class Panel:
    """One of them.

    Args:
        title: What it says.
        unit: Of its numbers.
        series: The numbers, one a row; what has a label is named in the legend.
        from_zero: Whether its axis begins at zero.
        limits: Where its axis begins and ends, with as many ticks as matplotlib gives it, not few; None: where matplotlib puts it.
    """

    title: str
    unit: str
    series: Sequence[Series]
    from_zero: bool = True
    limits: tuple[float | None, float | None] | None = None


def side_by_side(
    rows: Sequence[str], panels: Sequence[Panel], height: float = 3.4, ncols: int = 2, legends: bool = False
) -> Figure:
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
        ncols: Columns of the legend.
        legends: Whether every panel has its own legend below it, since they show different things.
    """
    figure, axes = theme.figure(height=height, ncols=len(panels), sharey=True, squeeze=False)
    for at, panel in zip(axes[0], panels, strict=True):
        dots(at, rows, panel.series, panel.unit, reference=None)
        at.set_title(panel.title)
        if panel.limits is not None:
            at.set_xlim(*panel.limits)
        else:
            at.set_xlim(left=0 if panel.from_zero else None)
            at.locator_params(axis="x", nbins=3)
        if legends:
            at.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8)
    if legends:
        return figure
    named = next(at for at in axes[0] if at.get_legend_handles_labels()[1])
    figure.legend(*named.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)
    return figure


def curves_beside_dots(
    x: Float[ndarray, " place"],
    panels: Sequence[Sequence[Series]],
    labels: tuple[str, str],
    rows: Sequence[str],
    beside: Sequence[Series],
    xlabel: str,
    titles: Sequence[str],
    mark: float | None = None,
    top: float = 1.0,
) -> Figure:
    """A panel of curves for each set of series, all on one scale, then the dots; each panel with its legend below.

    >>> import numpy as np
    >>> half = Series("tied", "parent", np.array([0.1, 0.3]))
    >>> figure = curves_beside_dots(np.array([0.0, 1.0]), [[half], [half]], ("λ", "share"), ["plain", "nested"], [half], "rate", "abc")
    >>> [panel.get_title() or panel.get_title("left") for panel in figure.axes]
    ['a', 'b', 'c']

    Args:
        x: Where the curves were measured.
        panels: Series of each panel of curves, one number a place.
        labels: Of both axes of the curves, with their units.
        rows: Names of the rows of dots.
        beside: Series of the dots, one number a row.
        xlabel: What the dots are, with their unit.
        titles: Of all panels.
        mark: Where along x a dotted line stands.
        top: Upper end of the curves' scale.
    """
    figure, axes = theme.figure(height=3.6, ncols=len(panels) + 1)
    for panel, series in zip(axes, panels, strict=False):
        curves(panel, x, series, *labels)
        panel.set_ylim(-0.025 * top, top)
        if mark is not None:
            panel.axvline(mark, ls=":", lw=1, color=COLORS["reference"])
    dots(axes[-1], rows, beside, xlabel, None)
    for panel, title in zip(axes, titles, strict=True):
        panel.set_title(title)
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize=8)
    return figure
