"""A share over L0 along what was tried, and large dots of what was brought to one L0: full ones, and hollow ones of other starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.forms import curves
from absorption.figures.series import Series
from absorption.figures.tried import beside


@dataclass(frozen=True)
class Recipe:
    """One recipe in one panel.

    Args:
        l0: Where the line was measured, rising.
        tried: The line, one number an L0; its label is the legend's.
        near: One number with its interval, a full dot, and `at`, where it stands.
        far: One number with its interval, a hollow dot, and `far_at`, where it stands.
    """

    l0: Float[ndarray, " value"]
    tried: Series
    near: Series
    at: float
    far: Series
    far_at: float


def at_one_l0(
    panels: Mapping[str, Sequence[Recipe]], ylabel: str, starts: tuple[str, str] = ("full", "hollow")
) -> Figure:
    """A panel for each title, L0 in units of that of the truth, which is dotted; one legend below.

    >>> import numpy as np
    >>> dot = Series("", "child", np.array([0.4]), np.array([0.3]), np.array([0.5]))
    >>> line = Series("flat", "child", np.array([0.5, 0.2]))
    >>> figure = at_one_l0({"apart": [Recipe(np.array([0.9, 1.2]), line, dot, 1.0, dot, 1.1)]}, "share of holes")
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['flat', 'full, at one L0', 'hollow, at one L0']

    Args:
        panels: By title, what each shows.
        ylabel: What the share is; the axis goes from 0 to 1.
        starts: What full and hollow dots are, for the legend.
    """
    figure, axes = theme.figure(height=3.6, ncols=len(panels), sharex=True, sharey=True, squeeze=False)
    for panel, (title, recipes) in zip(axes[0], panels.items(), strict=True):
        panel.axvline(1, color="black", ls=":", lw=1)
        for one in recipes:
            curves(panel, one.l0, [one.tried], "L0, over the features present", ylabel)
            beside(panel, [one.at], one.near)
            beside(panel, [one.far_at], one.far, filled=False)
        panel.set(ylim=(-0.03, 1.03))
        panel.set_title(title)
    first, *others = axes[0]
    for panel in others:
        panel.set_ylabel("")
    for words, face in zip(starts, (None, "white"), strict=True):
        first.plot([], [], "o", ms=6, color=theme.COLORS["reference"], mfc=face, label=f"{words}, at one L0")
    figure.legend(*first.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
