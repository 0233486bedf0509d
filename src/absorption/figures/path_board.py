"""A board with a slider: what the δ family pays at each δ, and where its rows and columns point."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from absorption.figures.palette import COLORS

Curves = Mapping[float, Float[np.ndarray, " point"]]
"""By exponent."""

_LATENTS = (
    ("d1", "parent", "solid", "top center"),
    ("d2", "child", "solid", "top right"),
    ("e1", "parent", "dot", "middle right"),
    ("e2", "child", "dot", "middle left"),
)
_TOOLS = [
    "zoom",
    "pan",
    "select",
    "lasso",
    "zoomin",
    "zoomout",
    "autoscale",
    "resetscale",
    "toimage",
    "sendDataToCloud",
    "sendChartToCloud",
]


def path_board(
    deltas: Float[np.ndarray, " point"], penalties: Mapping[str, tuple[str, Curves]], steps: int = 21
) -> Any:
    """A plotly figure: above, penalties along δ for a chosen exponent; below, the three activations with the SAE's vectors.

    >>> deltas = np.linspace(0, 1, 3)
    >>> board = path_board(deltas, {"sum": ("parent", {1.0: -deltas, 2.0: -(deltas**2)})}, steps=3)
    >>> len(board.data), len(board.layout.sliders[0].steps)
    (7, 3)

    Args:
        deltas: Where the curves are known, from 0 to 1.
        penalties: Name → colour (a key of the palette) and the penalty less its value at δ = 0, at each exponent; all
            of them at the same exponents, 1 among them.
        steps: Of the slider.
    """
    from plotly.subplots import make_subplots

    board = make_subplots(rows=2, cols=1, row_heights=[0.4, 0.6], vertical_spacing=0.14)
    for name, (color, curves) in penalties.items():
        line = dict(color=COLORS[color], width=3)
        board.add_scatter(
            x=deltas.tolist(), y=_rounded(curves[1.0]), name=name, mode="lines", line=line, row=1, col=1
        )
    here = dict(color=COLORS["reference"], dash="dot")
    board.add_scatter(
        x=[0, 0], y=[-1.1, 0.9], mode="lines", line=here, showlegend=False, hoverinfo="skip", row=1, col=1
    )
    _vectors(board)
    n = len(penalties)
    moving = [n, n + 2, n + 3, n + 4, n + 5]
    at_delta = [_step(delta, moving) for delta in np.linspace(0, 1, steps).round(2).tolist()]
    _controls(board, penalties, at_delta)
    return board


def _rounded(values: Float[np.ndarray, " point"]) -> list[float]:
    return np.round(values, 4).tolist()


def _arrows(delta: float) -> list[tuple[list[float], list[float]]]:
    """d1, d2, e1 and e2 of the family, from the origin."""
    return [([0, a], [0, b]) for a, b in ((1, 0), (delta, 1), (1, -delta), (0, 1))]


def _vectors(board: Any) -> None:
    """The activations, and the vectors at δ = 0."""
    board.add_scatter(
        x=[0, 1, 1], y=[0, 0, 1], mode="markers+text", text=["nothing", "parent", "both"],
        textposition=["bottom left", "bottom center", "middle right"],
        marker=dict(color=COLORS["reference"], size=10, symbol="circle-open"), showlegend=False, row=2, col=1,
    )  # fmt: skip
    for (xs, ys), (name, color, dash, position) in zip(_arrows(0), _LATENTS, strict=True):
        board.add_scatter(
            x=xs, y=ys, mode="lines+markers+text", text=["", name], textposition=position,
            textfont=dict(color=COLORS[color], size=15),
            line=dict(color=COLORS[color], dash=dash, width=4 if dash == "solid" else 2),
            marker=dict(symbol=["circle", "arrow"], size=[1, 13], angleref="previous", opacity=1),
            showlegend=False, row=2, col=1,
        )  # fmt: skip


def _step(delta: float, moving: Sequence[int]) -> dict[str, Any]:
    xs, ys = zip(*_arrows(delta), strict=True)
    change = {"x": [[delta, delta], *xs], "y": [[-1.1, 0.9], *ys]}
    return dict(method="restyle", label=f"{delta:.2f}", args=[change, list(moving)])


def _controls(
    board: Any, penalties: Mapping[str, tuple[str, Curves]], at_delta: list[dict[str, Any]]
) -> None:
    """Slider, menu of exponents, legend and axes."""
    lines = list(range(len(penalties)))
    exponents = list(next(iter(penalties.values()))[1])
    by_exponent = [
        dict(method="restyle", label=f"p = {p:g}", args=[{"y": [_rounded(curves[p]) for _, curves in penalties.values()]}, lines])
        for p in exponents
    ]  # fmt: skip
    menu = dict(y=1.27, yanchor="top", xanchor="left", direction="down", x=0.0)
    board.update_layout(
        height=800, margin=dict(l=55, r=15, t=135, b=20), dragmode=False, modebar=dict(remove=_TOOLS),
        sliders=[dict(active=0, steps=at_delta, currentvalue=dict(prefix="absorption δ = "), pad=dict(t=50))],
        updatemenus=[dict(buttons=by_exponent, active=exponents.index(1.0), **menu)],
        legend=dict(orientation="h", x=0, xanchor="left", y=1.02, yanchor="bottom"),
    )  # fmt: skip
    board.update_xaxes(title_text="absorption δ", title_standoff=4, range=[-0.02, 1.02], row=1, col=1)
    board.update_yaxes(title_text="penalty above δ = 0", range=[-1.1, 0.9], row=1, col=1)
    board.update_xaxes(title_text="along the parent f1", range=[-0.75, 1.6], constrain="domain", row=2, col=1)
    board.update_yaxes(title_text="along the child f2", range=[-1.1, 1.3], scaleanchor="x2", row=2, col=1)
