"""The forms in which pages draw: dots with intervals, curves with bands, numbers on colours, measured
against predicted. Each draws on given axes and labels them; the title, which says the finding, is the page's.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.palette import COLORS, SEQUENTIAL
from absorption.figures.series import Series

Log = Literal["", "x", "y", "xy"]


def dots(
    axes: Axes, rows: Sequence[str], series: Sequence[Series], xlabel: str, reference: float | None = 0.0
) -> None:
    """A row for each name, from the top; in it a dot with its interval for each series.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> change = Series("on words", "parent", np.array([-2.0, 1.0]), np.array([-3.0, 0.5]), np.array([-1.0, 1.5]))
    >>> dots(axes, ["tied", "nested"], [change], "points more than plain BatchTopK")
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['tied', 'nested']

    Args:
        axes: Where to draw.
        rows: Names of the rows.
        series: Numbers, one a row.
        xlabel: What the numbers are, with their unit.
        reference: Where a line says "no difference"; none for no line.
    """
    if reference is not None:
        axes.axvline(reference, color=COLORS["reference"], lw=0.8)
    step = min(0.28, 0.7 / len(series))
    for at, each in enumerate(series):
        places = np.arange(len(rows)) + step * (at - (len(series) - 1) / 2)
        if each.low is not None and each.high is not None:
            axes.hlines(places, each.low, each.high, color=each.color, lw=1.4)
        axes.plot(each.center, places, each.marker, ms=4.5, color=each.color, label=each.label)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def curves(
    axes: Axes, x: Float[ndarray, " row"], series: Sequence[Series], xlabel: str, ylabel: str, log: Log = ""
) -> None:
    """A line for each series, with its intervals as a band.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> runs = np.array([[0.1, 0.2], [0.4, 0.6]])
    >>> curves(axes, np.array([1.0, 10.0]), [Series.of_runs("tied", "parent", runs)], "latents", "MCC", log="x")
    >>> axes.get_xscale()
    'log'

    Args:
        axes: Where to draw.
        x: Where the numbers were measured.
        series: Numbers, one for each `x`.
        xlabel: What `x` is, with its unit.
        ylabel: What the numbers are, with their unit.
        log: Which axes are logarithmic.
    """
    for each in series:
        axes.plot(x, each.center, marker=each.marker, ms=3.5, color=each.color, label=each.label)
        if each.low is not None and each.high is not None:
            axes.fill_between(x, each.low, each.high, color=each.color, alpha=0.2, lw=0)
    _label(axes, xlabel, ylabel, log)
    axes.grid(axis="y")


def numbers(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Float[ndarray, "row column"],
    limits: tuple[float, float] = (0.0, 1.0),
    starred: Bool[ndarray, "row column"] | None = None,
) -> None:
    """A table whose cells are coloured by their numbers; what is not available is a dash.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> numbers(axes, ["tied"], ["from the truth", "from random"], np.array([[0.25, np.nan]]))
    >>> [text.get_text() for text in axes.texts]
    ['0.25', '–']

    Args:
        axes: Where to draw.
        rows: Names of the rows.
        columns: Names of the columns.
        values: What is written, two digits after the point.
        limits: Values at the ends of the colours.
        starred: Cells that get an asterisk, which the caption explains.
    """
    image = axes.imshow(values, vmin=limits[0], vmax=limits[1], cmap=SEQUENTIAL, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        words = "–" if np.isnan(value) else f"{value:.2f}"
        if starred is not None and starred[row, column]:
            words += "*"
        shade = np.array(image.to_rgba(np.array([value]))[0][:3]) @ [0.299, 0.587, 0.114]
        ink = "white" if shade < 0.5 and not np.isnan(value) else "black"
        axes.text(column, row, words, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def diagonal(
    axes: Axes,
    predicted: Float[ndarray, " point"],
    measured: Sequence[Series],
    xlabel: str,
    ylabel: str,
    tolerance: float = 0.0,
) -> None:
    """Measured against predicted: the diagonal, and the zone about it in which a prediction counts as right.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> law = np.array([0.1, 0.9])
    >>> diagonal(axes, law, [Series("p01 = 0.1", "child", law - 0.05)], "δ of the law", "measured δ", tolerance=0.03)
    >>> axes.get_aspect()
    1.0

    Args:
        axes: Where to draw.
        predicted: What was predicted for each point.
        measured: What was measured, one number a point.
        xlabel: What was predicted, with its unit.
        ylabel: What was measured, with its unit.
        tolerance: Half the height of the zone.
    """
    every = np.concatenate([predicted, *(each.center for each in measured)])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    room = 0.05 * (high - low) or 0.05
    ends = np.array([low - room, high + room])
    if tolerance:
        axes.fill_between(ends, ends - tolerance, ends + tolerance, color=COLORS["good"], alpha=0.15, lw=0)
    axes.plot(ends, ends, color=COLORS["reference"], lw=1)
    for each in measured:
        axes.plot(predicted, each.center, each.marker, ms=4, alpha=0.8, color=each.color, label=each.label)
        if each.low is not None and each.high is not None:
            axes.vlines(predicted, each.low, each.high, color=each.color, lw=1)
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel=xlabel, ylabel=ylabel)


def _label(axes: Axes, xlabel: str, ylabel: str, log: Log) -> None:
    axes.set(
        xlabel=xlabel,
        ylabel=ylabel,
        xscale="log" if "x" in log else "linear",
        yscale="log" if "y" in log else "linear",
    )
