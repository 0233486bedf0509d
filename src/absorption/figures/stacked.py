"""Shares of a whole, one bar a row: which part each of several groups has."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray, zeros

from absorption.figures.one_legend import one_legend
from absorption.figures.palette import COLORS
from absorption.figures.theme import figure


def stacked(
    axes: Axes,
    names: Sequence[str],
    shares: Mapping[str, Float[ndarray, " bar"]],
    roles: Sequence[str],
    ylabel: str,
) -> None:
    """A bar for each name, cut into one piece a group, from below in their order.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> stacked(axes, ["ch-", "co-"], {"first": np.array([0.8, 0.2]), "second": np.array([0.2, 0.8])}, ("parent", "child"), "share")
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['ch-', 'co-']

    Args:
        axes: Where to draw.
        names: Of the bars.
        shares: Of every group the share that it has of each bar; a group without any is left out of the legend.
        roles: Colours, one a group, keys of `palette.COLORS`.
        ylabel: What the whole is.
    """
    below = zeros(len(names))
    for role, (label, share) in zip(roles, shares.items(), strict=True):
        if share.any():
            axes.bar(range(len(names)), share, bottom=below, width=0.8, color=COLORS[role], label=label)
        below = below + share
    axes.set_xticks(range(len(names)), names)
    axes.set(ylim=(0, 1), ylabel=ylabel)
    axes.tick_params(axis="x", length=0)


def stacked_panels(
    panels: Mapping[str, tuple[Sequence[str], Mapping[str, Float[ndarray, " bar"]]]],
    roles: Sequence[str],
    ylabel: str,
    height: float = 4.6,
    rows: int = 2,
) -> Figure:
    """Panels of `stacked` below each other, one a title, with one legend; a panel that lacks its bars stays empty.

    >>> import numpy as np
    >>> shares = {"first": np.array([0.8, 0.2]), "second": np.array([0.2, 0.8])}
    >>> drawn = stacked_panels({"C": (["ch-", "co-"], shares)}, ("parent", "child"), "share of its words")
    >>> [len(panel.patches) for panel in drawn.axes]
    [4, 0]

    Args:
        panels: By their titles the names of the bars, and the shares of every group.
        roles: Colours, one a group, keys of `palette.COLORS`.
        ylabel: What the whole is.
        height: Of the figure, in inches.
        rows: How many panels there are.
    """
    drawn, axes = figure(height=height, nrows=rows, squeeze=False)
    for panel, (title, (names, shares)) in zip(axes[:, 0], panels.items(), strict=False):
        stacked(panel, names, shares, roles, ylabel)
        panel.set_title(title)
    one_legend(drawn, ncols=3)
    return drawn
