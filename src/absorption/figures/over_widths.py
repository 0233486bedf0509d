"""Two rates over k, a panel for each width: settings that may not be chosen have hollow marks."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from absorption.figures import theme
from absorption.figures.one_legend import one_legend
from absorption.figures.series import Series


def over_widths(
    settings: Sequence[tuple[int, int]],
    series: Sequence[Series],
    full: Bool[np.ndarray, " setting"],
    title: Callable[[int, Float[np.ndarray, " k"]], str],
    ylabel: str,
    height: float = 3.0,
) -> Figure:
    """Panels on one scale from zero on, the narrowest first; in each a line for each series, and the first one's numbers written.

    >>> rates = Series("letters", "parent", np.array([4.0, 0.3, 9.0, 5.0]))
    >>> learned = np.array([True, False, True, True])
    >>> figure = over_widths([(64, 8), (64, 16), (256, 8), (256, 16)], [rates], learned, lambda width, rates: f"{width} latents: {rates.min()}%", "%")
    >>> [panel.get_title() or panel.get_title("left") for panel in figure.axes]
    ['64 latents: 4.0%', '256 latents: 5.0%']
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['4.0', '0.3']

    Args:
        settings: Width and k of each row; every width may have its own k.
        series: Numbers in percent, one a setting.
        full: Whose marks are full.
        title: Of a panel, from its width and from the first series' numbers whose marks are full (all if none is).
        ylabel: What the numbers are, with their unit.
        height: Of the figure, in inches.
    """
    widths = sorted({width for width, _ in settings})
    figure, panels = theme.figure(height=height, ncols=len(widths), sharey=True, squeeze=False)
    for panel, width in zip(panels[0], widths, strict=True):
        at = np.array([i for i, setting in enumerate(settings) if setting[0] == width])
        for each in series:
            _line(panel, each, at, full[at])
        _written(panel, series, at)
        counted = at[full[at]] if full[at].any() else at
        panel.set_title(title(width, series[0].center[counted]))
        panel.set_xticks(range(len(at)), [str(settings[i][1]) for i in at])
        panel.set(xlabel="k", xlim=(-0.5, len(at) - 0.5))
        panel.grid(axis="y")
    panels[0, 0].set_ylabel(ylabel)
    top = max(float(np.nanmax(each.center if each.high is None else each.high)) for each in series)
    panels[0, 0].set_ylim(-0.15 * top, 1.15 * top or 1.0)  # numbers below have room
    one_legend(figure, ncols=len(series), fontsize=9)
    return figure


def _line(panel: Axes, each: Series, at: np.ndarray, full: np.ndarray) -> None:
    """The line, its intervals, and over it marks that are full or hollow."""
    places = np.arange(len(at))
    if each.low is not None and each.high is not None:
        panel.vlines(places, each.low[at], each.high[at], color=each.color, lw=1.2)
    panel.plot(places, each.center[at], marker=each.marker, ms=5.5, color=each.color, label=each.label)
    hollow = at[~full]
    panel.plot(places[~full], each.center[hollow], each.marker, ms=5.5, color=each.color, mfc="white")


def _written(panel: Axes, series: Sequence[Series], at: np.ndarray) -> None:
    """The first series' numbers, above on the right of all that is drawn there, or below where others lie above it."""
    first, *others = series
    lows = np.array([(each.center if each.low is None else each.low)[at] for each in series])
    tops = np.array([(each.center if each.high is None else each.high)[at] for each in series])
    for i, number in enumerate(first.center[at]):
        below = any(each.center[at][i] > number for each in others)
        end = float(np.nanmin(lows[:, i]) if below else np.nanmax(tops[:, i]))
        panel.annotate(
            f"{number:.1f}", (i, end), xytext=(0, -5) if below else (2, 3), textcoords="offset points",
            ha="center" if below else "left", va="top" if below else "baseline", fontsize=8, color=first.color,
        )  # fmt: skip
