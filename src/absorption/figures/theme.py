"""One look for every figure: sizes, colours by role, and how an interactive figure is shown."""

import json
from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler
from IPython.core.getipython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

from absorption.publish.page.interactive import PLOTLY_MIME

PAGE_INCHES = 7.4
DOTS_PER_INCH = 91  # 7.4 inches are then as wide as the page's text; drawn at twice that for sharp screens

# Okabe & Ito (2008), "Color universal design": told apart by every kind of colour vision.
COLORS = {
    "parent": "#0072B2",
    "child": "#D55E00",
    "reference": "#4D4D4D",
    "good": "#009E73",
    "bad": "#CC79A7",
    "accent": "#E69F00",
    "light": "#56B4E9",
    "highlight": "#F0E442",
}
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"


_AXIS = {"gridcolor": "#E6E6E6", "zerolinecolor": "#CCCCCC", "automargin": True}
_PLOTLY_LOOK = {
    "layout": {
        "font": {"family": "sans-serif", "size": 13, "color": "#222222"},
        "title": {"x": 0, "xanchor": "left"},
        "colorway": list(COLORS.values()),
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}


def use() -> None:
    """Set the look of matplotlib for this notebook; `show` sets plotly's."""
    if get_ipython() is not None:
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

    Args:
        width: Fraction of the page's width.
        height: Height in inches; the page is 7.4 inches wide.
        ncols: Columns of axes.
        nrows: Rows of axes.
        subplots: Passed on to `plt.subplots`.
    """
    return plt.subplots(nrows, ncols, figsize=(width * PAGE_INCHES, height), **subplots)


def show(figure: Any, alt: str = "") -> None:
    """Show a plotly figure as its JSON alone; the book brings the one script that draws it.

    Args:
        figure: A `plotly.graph_objects.Figure`.
        alt: What the figure shows, in words, for who cannot see it.
    """
    from IPython.display import display

    figure.update_layout(template=_PLOTLY_LOOK, autosize=True)
    bundle = {PLOTLY_MIME: json.loads(figure.to_json())}
    display(bundle, raw=True, metadata={PLOTLY_MIME: {"alt": alt}} if alt else None)
