"""A plotly figure as its JSON alone; the book brings the one script that draws it."""

import json
from typing import Any

from absorption.figures.palette import COLORS

PLOTLY_MIME = "application/vnd.plotly.v1+json"

_AXIS = {"gridcolor": "#E6E6E6", "zerolinecolor": "#CCCCCC", "automargin": True}
_LOOK = {
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


def show(figure: Any, alt: str = "") -> None:
    """Show a plotly figure where it stands.

    >>> import plotly.graph_objects as go
    >>> plot = go.Figure(go.Scatter(y=[1, 2]))
    >>> show(plot, alt="two points")  # outside a notebook the bundle is printed  # doctest: +ELLIPSIS
    {'application/vnd.plotly.v1+json': {'data': [...

    Args:
        figure: A `plotly.graph_objects.Figure`.
        alt: What the figure shows, in words, for who cannot see it.
    """
    from IPython.display import display

    figure.update_layout(template=_LOOK, autosize=True)
    bundle = {PLOTLY_MIME: json.loads(figure.to_json())}
    display(bundle, raw=True, metadata={PLOTLY_MIME: {"alt": alt}} if alt else None)
