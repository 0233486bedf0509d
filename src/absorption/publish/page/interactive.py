"""How myst-nb shows a plotly figure: its JSON in the page, drawn by one script that the book brings."""

import json
from html import escape
from typing import Any

from docutils import nodes

from absorption.figures.interactive import PLOTLY_MIME

CSS_CLASS = "interactive-figure"


class PlotlyRenderer:
    """Registered under the entry point group `myst_nb.mime_renderers`."""

    mime_priority_overrides = (("html", PLOTLY_MIME, 1),)

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """The figure as a raw node; nothing for any other kind of output."""
        if inline or data.mime_type != PLOTLY_MIME:
            return None
        figure = json.dumps(data.content, separators=(",", ":")).replace("</", r"<\/")
        alt = data.output_metadata.get(PLOTLY_MIME, {}).get("alt", "Interactive figure")
        height = data.content.get("layout", {}).get("height", 450)
        html = (
            f'<div class="{CSS_CLASS}" role="img" aria-label="{escape(alt)}" style="min-height: {int(height)}px">'
            f'<script type="application/json">{figure}</script></div>'
            "<noscript>This figure needs JavaScript; the numbers behind it are in the notebook.</noscript>"
        )
        return [nodes.raw("", html, format="html")]
