"""Clouds of small dots about the diagonal: measured against predicted, where points are many and no zone is judged."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.palette import COLORS


def clouds(
    axes: Axes,
    groups: Mapping[str, tuple[Float[ndarray, "..."], Float[ndarray, "..."]]],
    roles: Sequence[str],
    limits: tuple[float, float] = (-0.05, 1.05),
) -> None:
    """A colour for each group, and the line on which measured and predicted are equal.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> clouds(axes, {"half-way": (np.array([0.1, 0.2]), np.array([0.2, 0.2]))}, ["parent"])
    >>> axes.lines[0].get_label(), axes.get_xlim() == axes.get_ylim()
    ('half-way', True)

    Args:
        axes: Where to draw.
        groups: By name, what was predicted and what was measured.
        roles: Colours, one a group, keys of `palette.COLORS`.
        limits: Of both axes.
    """
    for role, (name, (predicted, measured)) in zip(roles, groups.items(), strict=True):
        axes.plot(predicted.ravel(), measured.ravel(), "o", ms=3, alpha=0.6, color=COLORS[role], label=name)
    axes.axline((0, 0), slope=1, color="black", lw=1)
    axes.set(xlim=limits, ylim=limits)
