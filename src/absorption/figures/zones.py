"""Zones of two latents: where each of them fires, drawn from the definition or shown with the words that lie there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from numpy import ndarray

from absorption.figures.palette import COLORS

WORDS = {"snake": (0.25, 0.95), "sun": (0.05, 0.7), "short": (1.15, -0.12), "cat": (-0.2, -0.25)}


def definition(axes: Axes) -> None:
    """A drawing, not data: two latents, each of which fires where its encoder's projection exceeds a threshold.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> definition(axes)
    >>> axes.get_aspect()
    1.0
    """
    encoders = np.array([[np.cos(a), np.sin(a)] for a in np.deg2rad([100, -50])])
    thresholds = np.array([0.25, 0.3])
    plane = np.stack(np.meshgrid(np.linspace(-0.4, 1.9, 300), np.linspace(-0.6, 1.3, 300)), -1)
    on = (plane @ encoders.T > thresholds) @ np.array([1, 2])  # 0 neither, 1 first, 2 second, 3 both
    inks = ["white", *(COLORS[role] for role in ("parent", "child", "bad"))]
    axes.contourf(*np.moveaxis(plane, -1, 0), on, levels=[-0.5, 0.5, 1.5, 2.5, 3.5], colors=inks, alpha=0.22)
    for name, at in WORDS.items():
        axes.plot(*at, "o", ms=5, color="black")
        axes.annotate(name, at, (6, 4), textcoords="offset points", fontsize=9)
    for encoder, role, name in zip(
        encoders, ("parent", "child"), ("the S latent", "the short latent"), strict=True
    ):
        arrow = dict(arrowstyle="-|>", color=COLORS[role], lw=2)
        axes.annotate("", tuple(0.6 * encoder), (0, 0), arrowprops=arrow)
        axes.annotate(
            name, tuple(0.6 * encoder), (8, -2), textcoords="offset points", fontsize=8, color=COLORS[role]
        )
    axes.annotate("both would fire", (1.27, 0.6), fontsize=8, color=COLORS["bad"])
    axes.set(xticks=[], yticks=[], xlabel="a direction of the activations", ylabel="another direction")
    axes.set(aspect="equal", xlim=(-0.4, 1.9), ylim=(-0.6, 1.3))


def in_space(
    at: Float[ndarray, "word three"],
    fires: Bool[ndarray, "word two"],
    words: Sequence[str],
    names: tuple[str, str],
) -> Any:
    """A plotly figure of words in three dimensions, coloured by which of two latents fires on them.

    >>> import numpy as np
    >>> in_space(np.eye(3), np.array([[True, False], [False, True], [False, False]]), ["sun", "short", "sit"], ("6510", "1085")).data[1].name
    '1085 fires'
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    groups = [(fires[:, 0], f"{names[0]} fires", "parent"), (fires[:, 1], f"{names[1]} fires", "child")]
    for shown, name, role in (*groups, (~fires.any(1), "neither fires", "reference")):
        rows = np.flatnonzero(shown)
        figure.add_scatter3d(
            **dict(zip("xyz", at[rows].T.round(3), strict=True)), name=name, text=[words[i] for i in rows.tolist()],
            mode="markers" if role == "reference" else "markers+text", hoverinfo="text",
            marker={"size": 3 if role == "reference" else 4, "color": COLORS[role]},
        )  # fmt: skip
    titles = {"xaxis_title": names[0], "yaxis_title": f"{names[1]} (rest)", "zaxis_title": "what varies most"}
    figure.update_layout(height=500, scene=titles)
    return figure
