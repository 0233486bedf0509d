"""Curves over one axis in two panels, and rows of dots in a third: what a toy world shows beside what a model does."""

from collections.abc import Sequence

from jaxtyping import Float
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.palette import COLORS
from absorption.figures.series import Series


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
    >>> [panel.get_title() for panel in figure.axes]
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
