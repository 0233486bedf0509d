"""What a change of the loss brings and what it costs: what is found over L0, what is absorbed, what the error gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.palette import COLORS
from absorption.figures.series import Series


@dataclass(frozen=True)
class OverL0:
    """SAEs of one kind at several sparsity weights.

    Args:
        label, role: As of a `Series`.
        l0: Mean L0 at each weight, over that of the truth.
        found: Share of features that are found at each.
        dotted: Whether the line is.
    """

    label: str
    role: str
    l0: Float[ndarray, " weight"]
    found: Float[ndarray, " weight"]
    dotted: bool = False


def gains_and_price(
    found: Sequence[OverL0],
    places: Sequence[str],
    absorbed: Sequence[Series],
    cosines: Float[ndarray, " cosine"],
    rises: Sequence[Series],
    titles: tuple[str, str, str],
) -> Figure:
    """Three panels: what is found over L0 (the truth's is dotted), dots of what is absorbed, and the rise of the error over a cosine.

    >>> import numpy as np
    >>> one = OverL0("plain", "child", np.array([0.9, 1.1]), np.array([0.2, 0.4]))
    >>> share, rise = Series("plain", "child", np.array([0.3])), Series("γ = 0.1", "light", np.array([0.0, 0.1]))
    >>> figure = gains_and_price([one], ["apart"], [share], np.array([-0.1, 0.1]), [rise], ("a", "b", "c"))
    >>> [panel.get_title() or panel.get_title("left") for panel in figure.axes]
    ['a', 'b', 'c']

    Args:
        found: Lines of the first panel, named in the legend below.
        places: Rows of the second.
        absorbed: Shares with their intervals, one a row.
        cosines: Between true features.
        rises: Of the unexplained variance, one a cosine, named in a legend of their own.
        titles: Of the panels.
    """
    figure, panels = theme.figure(height=3.5, ncols=3)
    left, middle, right = panels
    for one in found:
        style = ":" if one.dotted else "-"
        left.plot(one.l0, one.found, ls=style, marker="o", ms=3.5, color=COLORS[one.role], label=one.label)
    left.axvline(1, color="black", ls=":", lw=1)
    left.set(xlabel="L0, over the truth's", ylabel="share of rare features found", ylim=(0, 1))
    dots(middle, places, absorbed, "share absorbed", reference=None)
    middle.set_xlim(left=0)
    curves(right, cosines, rises, "cosine of true features", "rise of unexplained variance")
    right.legend(fontsize=8)
    for panel, title in zip(panels, titles, strict=True):
        panel.set_title(title)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
