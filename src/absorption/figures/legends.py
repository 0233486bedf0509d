"""Legends of a figure that gets narrower: what no longer fits beside or in a panel goes below all of them."""

from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

SHRINKS = 0.75
"""A panel that keeps less of its width than this has no room for the legend that was placed in it."""


@dataclass
class Entries:
    """What the legends that were taken out said, each label once.

    Args:
        handles: By label, the artist that it names.
        titles: The titles of the legends.
        fontsize: In points.
    """

    handles: dict[str, Any] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    fontsize: float = 8.0


def take_out(figure: Figure, width: float) -> Entries:
    """Remove the figure's own legends, those beside a panel and those in a panel that shrinks; return what they said.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> _ = axes.plot([0, 1], label="one run"), figure.legend()
    >>> entries = take_out(figure, width=3.0)
    >>> list(entries.handles), figure.legends
    (['one run'], [])

    Args:
        figure: A figure that has been laid out.
        width: Inches that a panel will have.
    """
    entries = Entries()
    for legend in list(figure.legends):
        _collect(entries, legend, figure.axes)
        legend.remove()
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None and (_beside(legend, axes) or _shrinks(axes, figure, width)):
            _collect(entries, legend, [axes])
            legend.remove()
    return entries


def put_below(figure: Figure, entries: Entries) -> None:
    """One legend below the panels, in as many columns as the figure's width holds.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> put_below(figure, Entries({"one run": axes.plot([0, 1])[0]}))
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['one run']
    """
    if not entries.handles:
        return
    count = len(entries.handles)
    for rows in range(-(-count // 4), count + 1):
        columns = -(-count // rows)
        legend = figure.legend(
            list(entries.handles.values()),
            list(entries.handles),
            loc="outside lower center",
            ncols=columns,
            fontsize=entries.fontsize,
            title="; ".join(entries.titles) or None,
            columnspacing=1.2,
            handlelength=1.6,
        )
        if legend.get_window_extent().width <= 0.98 * figure.bbox.width or columns == 1:
            return
        legend.remove()


def _collect(entries: Entries, legend: Legend, axes: list[Axes]) -> None:
    named = {}
    for each in axes:
        handles, labels = each.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    for drawn, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        label = text.get_text()
        entries.handles.setdefault(label, named.get(label, drawn))
        entries.fontsize = min(9.0, max(7.5, float(text.get_fontsize())))
    title = legend.get_title().get_text()
    if title and title not in entries.titles:
        entries.titles.append(title)


def _beside(legend: Legend, axes: Axes) -> bool:
    """Whether the larger part of a legend lies outside its panel."""
    box, panel = legend.get_window_extent(), axes.get_window_extent()
    wide = max(0.0, min(box.x1, panel.x1) - max(box.x0, panel.x0))
    high = max(0.0, min(box.y1, panel.y1) - max(box.y0, panel.y0))
    return bool(wide * high < 0.5 * box.width * box.height)


def _shrinks(axes: Axes, figure: Figure, width: float) -> bool:
    return bool(width < SHRINKS * axes.get_position().width * figure.get_figwidth())
