"""A measure over the length of training, beside what it is before training."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from absorption.figures.forms import curves
from absorption.figures.palette import COLORS
from absorption.figures.series import Series


def brief(n: int) -> str:
    """A length as a tick's label.

    >>> brief(30_000), brief(3_000_000)
    ('30k', '3M')
    """
    return f"{n / 1e6:g}M" if n >= 1e6 else f"{n / 1e3:.0f}k"


def over_training(
    axes: Axes, lengths: Sequence[int], series: Sequence[Series], before: float, ylabel: str
) -> None:
    """A line with a band for each series, over a logarithmic axis; dotted: before training. From zero on.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> f1 = Series("plain", "child", np.array([0.2, 0.5]))
    >>> over_training(axes, [30_000, 1_000_000], [f1], before=0.1, ylabel="F1")
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['30k', '1M']

    Args:
        axes: Where to draw.
        lengths: Activations that were seen.
        series: Numbers, one a length.
        before: The number before training.
        ylabel: What the numbers are, with their unit.
    """
    curves(axes, np.array(lengths, dtype=float), series, "activations seen", ylabel, log="x")
    axes.axhline(before, color=COLORS["reference"], ls=":", lw=1.2, label="before training")
    axes.set_xticks(lengths, [brief(n) for n in lengths])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
