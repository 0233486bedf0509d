"""Measures over the length of training, each beside what it is before training."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy import array

from absorption.figures import theme
from absorption.figures.forms import curves
from absorption.figures.palette import COLORS
from absorption.figures.side_by_side import Panel


def brief(n: int) -> str:
    """A length as a tick's label.

    >>> brief(30_000), brief(3_000_000)
    ('30k', '3M')
    """
    return f"{n / 1e6:g}M" if n >= 1e6 else f"{n / 1e3:.0f}k"


def over_training(lengths: Sequence[int], panels: Sequence[tuple[Panel, float]], height: float) -> Figure:
    """Lines with bands over a logarithmic axis, a panel for each measure, from zero on, and one legend below; dotted: before training.

    >>> import numpy as np
    >>> from absorption.figures.series import Series
    >>> f1 = Panel("F1 rises", "F1", [Series("plain", "child", np.array([0.2, 0.5]))])
    >>> figure = over_training([30_000, 1_000_000], [(f1, 0.1)], height=3.0)
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['30k', '1M']

    Args:
        lengths: Activations that were seen.
        panels: From the left; series with one number a length, and the number before training.
        height: Of the figure, in inches.
    """
    figure, axes = theme.figure(height=height, ncols=len(panels), squeeze=False)
    for at, (panel, before) in zip(axes[0], panels, strict=True):
        curves(at, array(lengths, dtype=float), panel.series, "activations seen", panel.unit, log="x")
        at.axhline(before, color=COLORS["reference"], ls=":", lw=1.2, label="before training")
        at.set_xticks(lengths, [brief(n) for n in lengths])
        at.minorticks_off()
        at.set_ylim(bottom=0)
        at.set_title(panel.title)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
