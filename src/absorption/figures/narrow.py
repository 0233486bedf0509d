"""The narrow form of a figure, for a phone: the same panels, one under the other."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from absorption.figures import legends, words

NARROW_INCHES = 3.9
"""At the theme's 91 dots an inch as wide as the text on a phone of 390 pixels."""

SHARE_KEPT = 0.6
"""Of the page's width: one panel that takes no more is narrow enough as it is."""

MOST_IN_ONE_COLUMN = 6
"""Panels; more of them go in two columns, or the figure would take several screens."""

Panel = list[Axes]
"""Axes that lie on one another: one, or a twin pair."""


def needs_narrow(figure: Figure, page_inches: float) -> bool:
    """Whether a phone gets another form: several panels, or one that takes more than 60% of the page's width.

    >>> from absorption.figures import theme
    >>> one, two = theme.figure(width=0.5)[0], theme.figure(width=0.5, ncols=2)[0]
    >>> needs_narrow(one, theme.PAGE_INCHES), needs_narrow(two, theme.PAGE_INCHES)
    (False, True)
    """
    return len(panels_of(figure)) > 1 or bool(figure.get_figwidth() > SHARE_KEPT * page_inches)


def stacked(figure: Figure) -> Figure:
    """The figure itself, laid out anew in 3.9 inches: its panels one under the other.

    Panels keep their height, so that rows of labels keep their room. Labels that a panel left to its neighbour are
    written at every panel; legends that stood beside a panel, or in one that gets narrower, go below the figure;
    long titles and labels are broken; colour bars follow. More than six panels go in two columns.

    >>> from absorption.figures import theme
    >>> figure, (left, right) = theme.figure(ncols=2)
    >>> float(stacked(figure).get_figwidth())
    3.9
    >>> bool(left.get_position().y0 > right.get_position().y1)  # the second stands below the first
    True
    """
    figure.set_layout_engine("constrained")
    lay_out(figure)
    panels = panels_of(figure)
    columns = 2 if len(panels) > MOST_IN_ONE_COLUMN else 1
    width = 0.8 * NARROW_INCHES / columns
    heights = [_height(panel[0], figure, width) for panel in panels]
    below = legends.take_out(figure, width)
    words.label_again(panels, columns)
    _place(figure, panels, heights, columns)
    words.enlarge(figure)
    legends.put_below(figure, below)
    _fit(figure, panels, heights, columns)
    words.break_long(figure)
    words.part_ticks(figure)
    _fit(figure, panels, heights, columns)  # broken words and turned ticks took room
    lay_out(figure)
    return figure


def lay_out(figure: Figure) -> None:
    """Give everything its place without drawing it, where the figure has a layout of its own.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure(layout="constrained")
    >>> before = axes.get_position().x0
    >>> lay_out(figure)
    >>> bool(axes.get_position().x0 < before)  # the margin is as wide as the labels need
    True
    """
    engine = figure.get_layout_engine()
    if engine is None:
        figure.draw_without_rendering()
    else:
        engine.execute(figure)


def panels_of(figure: Figure) -> list[Panel]:
    """The panels in reading order, without axes that show nothing; a colour bar belongs to its panel.

    Where only the first row has titles, a title heads its column: then columns are read one after the other.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure(nrows=2, ncols=2)
    >>> axes[1, 1].set_axis_off()
    >>> len(figure.axes), len(panels_of(figure))
    (4, 3)
    """
    found: dict[tuple[int, int, int], Panel] = {}
    for axes in figure.axes:
        spec = axes.get_subplotspec()
        if spec is not None and _shows_something(axes):
            found.setdefault((id(spec.get_gridspec()), int(spec.num1), int(spec.num2)), []).append(axes)
    boxes = {key: panel[0].get_position(original=True) for key, panel in found.items()}
    rows = {key: -round(box.y1, 2) for key, box in boxes.items()}
    later = [panel for key, panel in found.items() if rows[key] > min(rows.values())]
    by_column = bool(later) and not any(
        axes.get_title(loc) for panel in later for axes in panel for loc in SIDES
    )

    def order(key: tuple[int, int, int]) -> tuple[float, float]:
        column = round(boxes[key].x0, 2)
        return (column, rows[key]) if by_column else (rows[key], column)

    return [found[key] for key in sorted(found, key=order)]


SIDES = ("left", "center", "right")


def _shows_something(axes: Axes) -> bool:
    return axes.get_visible() and (
        axes.axison or axes.has_data() or bool(axes.texts) or axes.get_legend() is not None
    )


def _height(axes: Axes, figure: Figure, width: float) -> float:
    """Inches that a panel is to be high: what it was, or what its fixed aspect makes of the new width."""
    box = axes.get_position()
    high, wide = box.height * figure.get_figheight(), box.width * figure.get_figwidth()
    if axes.get_aspect() != "auto" or axes.name == "3d":
        return width * high / wide
    return max(high, 1.2)


def _place(figure: Figure, panels: list[Panel], heights: list[float], columns: int) -> None:
    """Every panel in its cell of a new grid; the colour bars stay tied to them."""
    rows = _rows(heights, columns)
    grid = GridSpec(len(rows), columns, figure=figure, height_ratios=rows)
    for at, panel in enumerate(panels):
        for axes in panel:
            axes.set_subplotspec(grid[at // columns, at % columns])
    figure.set_size_inches(NARROW_INCHES, sum(rows) + 0.8 * len(rows))


def _rows(heights: list[float], columns: int) -> list[float]:
    return [max(heights[start : start + columns]) for start in range(0, len(heights), columns)]


def _fit(figure: Figure, panels: list[Panel], heights: list[float], columns: int) -> None:
    """Make the figure as high as its panels need: what surrounds them is only known once it is laid out."""
    lay_out(figure)
    total = figure.get_figheight()
    drawn = [panel[0].get_position(original=True).height * total for panel in panels]
    missing = sum(_rows(heights, columns)) - sum(_rows(drawn, columns))
    figure.set_size_inches(NARROW_INCHES, max(1.5, total + missing))
