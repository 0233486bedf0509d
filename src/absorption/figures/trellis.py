"""Small panels of one kind in a grid, and one legend for all of them."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from absorption.figures.legends import Entries, put_below
from absorption.figures.theme import figure as new_figure


def trellis(
    titles: Sequence[str], columns: int = 3, height: float = 2.2, same_y: bool = True
) -> tuple[Figure, list[Axes]]:
    """One panel for each title, on the same x axis, in rows; places that are left over stay empty.

    >>> figure, panels = trellis(["flat", "nested", "tied", "orthogonal"])
    >>> [panel.get_title(loc="left") for panel in panels], len(figure.axes)
    (['flat', 'nested', 'tied', 'orthogonal'], 4)

    Args:
        titles: What each panel shows.
        columns: Panels side by side.
        height: Of a row, in inches.
        same_y: Whether the panels share their y axis.
    """
    rows = math.ceil(len(titles) / columns)
    figure, axes = new_figure(
        height=rows * height, nrows=rows, ncols=columns, squeeze=False, sharex=True, sharey=same_y
    )
    panels = list(axes.flat)
    for panel, title in zip(panels, titles, strict=False):
        panel.set_title(title, loc="left")
    for empty in panels[len(titles) :]:
        above = panels[panels.index(empty) - columns]
        above.tick_params(axis="x", labelbottom=True)
        empty.remove()
    return figure, panels[: len(titles)]


def legend_below(figure: Figure) -> None:
    """One legend under all panels, each name once.

    >>> figure, panels = trellis(["flat", "nested"])
    >>> for panel in panels:
    ...     _ = panel.plot([0, 1], [0, 1], label="one run")
    >>> legend_below(figure)
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['one run']
    """
    entries = Entries()
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.handles.setdefault(label, handle)
    put_below(figure, entries)
