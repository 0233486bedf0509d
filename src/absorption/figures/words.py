"""Words of a figure that gets narrower: written where a neighbour said them, large enough, broken, not touching."""

import itertools
import math
import re
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, LogLocator, MaxNLocator, PercentFormatter, ScalarFormatter

SMALLEST_POINTS = 7.5
"""9.5 pixels on a phone's screen; smaller words are set in this size."""

_WORD = re.compile(r"(?:\$[^$]*\$|[^\s$])+")


def label_again(panels: list[list[Axes]], columns: int) -> None:
    """Write at every panel the tick labels and axis labels that it left to another one.

    >>> from absorption.figures import theme
    >>> _, (left, right) = theme.figure(ncols=2, sharey=True)
    >>> _ = left.set_ylabel("δ")
    >>> label_again([[left], [right]], columns=1)
    >>> right.get_ylabel()
    'δ'

    Args:
        panels: In their new order; axes that lie on one another are one panel.
        columns: How many will stand side by side; in two columns a shared axis is labelled at the left and below only.
    """
    everyone = [axes for panel in panels for axes in panel]
    views = {(id(axes), name): _view(axes, name) for axes in everyone for name in "xy"}
    missing = {}
    for axes in everyone:
        for name in "xy":
            if axes.axison and _axis(axes, name).get_visible() and not _axis(axes, name).get_label_text():
                missing[axes, name] = _label_of_another(axes, name, everyone, views)
    for at, panel in enumerate(panels):
        outer = {"x": at + columns >= len(panels), "y": at % columns == 0}
        for axes in panel:
            for name in "xy":
                shown = columns == 1 or outer[name]
                if _shares(axes, name, everyone):
                    _axis(axes, name).set_tick_params(
                        "major", **{"labelbottom" if name == "x" else "labelleft": shown}
                    )
                    _axis(axes, name).get_offset_text().set_visible(shown)
                if shown and (axes, name) in missing:
                    _axis(axes, name).set_label_text(missing[axes, name])
                elif not shown and _shares(axes, name, everyone):
                    _axis(axes, name).set_label_text("")


def enlarge(figure: Figure) -> None:
    """Set whatever is smaller than 7.5 points in 7.5 points.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> small = axes.text(0, 0, "small", fontsize=5)
    >>> enlarge(figure)
    >>> small.get_fontsize()
    7.5
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            sizes = [float(label.get_fontsize()) for label in axis.get_ticklabels()]
            if sizes and min(sizes) < SMALLEST_POINTS:
                axis.set_tick_params(labelsize=SMALLEST_POINTS)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_text() and float(text.get_fontsize()) < SMALLEST_POINTS:
            text.set_fontsize(SMALLEST_POINTS)


def break_long(figure: Figure) -> None:
    """Break titles that are wider than the figure, and axis labels that are longer than their panel.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure(width=0.3)
    >>> title = axes.set_title("a title that is much wider than the panel")
    >>> break_long(figure)
    >>> len(title.get_text().splitlines()) > 1
    True
    """
    for text in (figure._suptitle, figure._supxlabel):  # pyright: ignore[reportAttributeAccessIssue]
        if text is not None:
            _broken(text, 0.98 * figure.bbox.width, "width")
    for axes in figure.axes:
        box = axes.get_window_extent()
        right = figure.bbox.x1 if box.x1 > 0.6 * figure.bbox.x1 else box.x1
        for title in (axes.title, axes._left_title, axes._right_title):  # pyright: ignore[reportAttributeAccessIssue]
            _broken(title, right - box.x0, "width")
        middle = (box.x0 + box.x1) / 2  # a label may be wider than its panel where nothing stands beside that
        room = 2 * min(middle - figure.bbox.x0, right - middle) if right > box.x1 else box.width
        _broken(axes.xaxis.label, room, "width")
        _broken(axes.yaxis.label, box.height + 0.1 * figure.dpi, "height")


def part_ticks(figure: Figure) -> None:
    """Where labels of an x axis touch: fewer of them if they are numbers, else smaller ones, else upright ones.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure(width=0.3)
    >>> _ = axes.set_xticks(range(3), ["an encoder of its own", "a transposed decoder", "matching pursuit"])
    >>> figure.draw_without_rendering()
    >>> part_ticks(figure)
    >>> axes.get_xticklabels()[0].get_rotation()
    90.0
    """
    for axes in figure.axes:
        if axes.name == "3d" or not _touch(axes.xaxis):
            continue
        locator = axes.xaxis.get_major_locator()
        if isinstance(locator, MaxNLocator):
            axes.xaxis.set_major_locator(MaxNLocator(4))
        elif isinstance(locator, LogLocator):
            axes.xaxis.set_major_locator(LogLocator(numticks=4))
        else:
            axes.tick_params(axis="x", labelsize=SMALLEST_POINTS)
            if _touch(axes.xaxis):
                axes.tick_params(axis="x", labelrotation=90)


def _axis(axes: Axes, name: str) -> Axis:
    return axes.xaxis if name == "x" else axes.yaxis


def _shares(axes: Axes, name: str, everyone: list[Axes]) -> bool:
    """Whether several panels share this axis and one of them, at least, has its ticks labelled."""
    shared = axes.get_shared_x_axes() if name == "x" else axes.get_shared_y_axes()
    key = "labelbottom" if name == "x" else "labelleft"
    group = [
        each for each in shared.get_siblings(axes) if each in everyone and _axis(each, name).get_visible()
    ]
    places = {(box.x0, box.y0) for box in (each.get_position(original=True) for each in group)}
    return len(places) > 1 and any(_axis(each, name).get_tick_params().get(key, True) for each in group)


def _view(axes: Axes, name: str) -> tuple[Any, ...]:
    """What an axis shows: scale, limits, ticks and their words."""
    axis = _axis(axes, name)
    words = tuple(label.get_text() for label in axis.get_ticklabels())
    return axes.name, axis.get_scale(), tuple(axis.get_view_interval()), tuple(axis.get_ticklocs()), words


def _label_of_another(axes: Axes, name: str, everyone: list[Axes], views: dict[Any, Any]) -> str:
    """The label of the nearest panel that shows the same on this axis, or the one that heads a row of numbers."""
    here = axes.get_position(original=True)

    def far(each: Axes) -> float:
        there = each.get_position(original=True)
        across, along = abs(here.x0 - there.x0), abs(here.y0 - there.y0)
        return across + 10 * along if name == "y" else along + 10 * across

    line = [each for each in everyone if _in_line(each, axes, name)]
    labelled = [each for each in everyone if each is not axes and _axis(each, name).get_label_text()]
    same = [each for each in labelled if views[id(each), name] == views[id(axes), name]]
    beside = [each for each in same if each in line]
    first = min(line, key=lambda each: tuple(each.get_position(original=True).p0))
    heads = [first] if [each for each in line if each in labelled] == [first] else []
    numbers = not _has_words(axes, name) and not _has_words(first, name)
    found = beside or (heads if numbers else []) or same
    return _axis(min(found, key=far), name).get_label_text() if found else ""


def _in_line(each: Axes, axes: Axes, name: str) -> bool:
    """Whether two panels stand in one row (y), or in one column (x)."""
    here, there = axes.get_position(original=True), each.get_position(original=True)
    return bool(abs(here.y1 - there.y1) < 0.01 if name == "y" else abs(here.x0 - there.x0) < 0.01)


def _has_words(axes: Axes, name: str) -> bool:
    """Whether the ticks of an axis are named rather than numbered."""
    formatter = _axis(axes, name).get_major_formatter()
    return not isinstance(formatter, ScalarFormatter | LogFormatter | PercentFormatter)


def _broken(text: Text, room: float, side: str) -> None:
    """Put a text on as many lines as it needs to stay within `room` pixels; formulas are not broken."""
    words = _WORD.findall(text.get_text())
    if not text.get_visible() or len(words) < 2 or getattr(text.get_window_extent(), side) <= room:
        return
    lines = [words[0]]
    for word in words[1:]:
        text.set_text(f"{lines[-1]} {word}")
        if getattr(text.get_window_extent(), side) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    text.set_text("\n".join(lines))


def _touch(axis: Axis) -> bool:
    labels = [label for label in axis.get_ticklabels() if label.get_text() and label.get_visible()]
    if not labels:
        return False
    slant = abs(math.sin(math.radians(labels[0].get_rotation())))
    if slant > 0.1:  # boxes of slanted words overlap where the words do not: lines must be a letter apart
        anchors = sorted(label.get_transform().transform(label.get_position())[0] for label in labels)
        high = float(labels[0].get_fontsize()) * axis.axes.figure.dpi / 72
        return slant < 1 and any((right - left) * slant < high for left, right in itertools.pairwise(anchors))
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    return any(left.x1 + 1 > right.x0 for left, right in itertools.pairwise(boxes))
