"""One look for every figure: sizes, and the colours by role."""

from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler

from absorption.figures.interactive import show
from absorption.figures.palette import COLORS, DIVERGING, SEQUENTIAL

__all__ = ["COLORS", "DIVERGING", "DOTS_PER_INCH", "PAGE_INCHES", "SEQUENTIAL", "figure", "show", "use"]

PAGE_INCHES = 7.4
DOTS_PER_INCH = 91  # 7.4 inches are then as wide as the page's text; drawn at twice that for sharp screens


def use() -> None:
    """Set the look of matplotlib for this notebook; `show` sets plotly's.

    >>> with plt.rc_context():
    ...     use()
    ...     plt.rcParams["axes.titleweight"]
    'bold'
    """
    from IPython.core.getipython import get_ipython

    if get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")
    plt.rcParams.update(
        {
            "figure.dpi": DOTS_PER_INCH,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.prop_cycle": cycler(color=list(COLORS.values())),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#E6E6E6",
            "grid.linewidth": 0.6,
            "axes.axisbelow": True,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "image.cmap": SEQUENTIAL,
            "svg.hashsalt": "absorption",
        }
    )


def figure(width: float = 1.0, height: float = 3.4, ncols: int = 1, nrows: int = 1, **subplots: Any):
    """A figure and its axes, as `plt.subplots` returns them.

    >>> drawn, axes = figure(width=0.5, ncols=2)
    >>> drawn.get_size_inches().tolist(), len(axes)
    ([3.7, 3.4], 2)

    Args:
        width: Fraction of the page's width.
        height: Height in inches; the page is 7.4 inches wide.
        ncols: Columns of axes.
        nrows: Rows of axes.
        subplots: Passed on to `plt.subplots`.
    """
    return plt.subplots(nrows, ncols, figsize=(width * PAGE_INCHES, height), **subplots)
