"""`{map}`: which claim rests on which, from theory over toy worlds to language models, drawn from `book/map.yml`."""

import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from absorption.claims import Record, load_records
from absorption.claims.ledger import SIGNS
from absorption.publish.errors import MendableError
from absorption.runtime.paths import root

COLUMNS: tuple[str, ...] = ("Theory", "Toy worlds", "Language models")
WIDTH, BOX, GAP, TOP = 780, (216, 52), 18, 34
LETTERS = 31  # of a title in a line of a box


@dataclass(frozen=True)
class Place:
    """One claim on the map.

    Args:
        claim: Its id.
        column: One of `COLUMNS`.
        rests_on: Ids of the claims that it takes something from.
        how: What it takes, in a few words.
    """

    claim: str
    column: str
    rests_on: tuple[str, ...]
    how: str


def places(file: Path) -> list[Place]:
    """The claims of a map's file, in its order.

    Raises:
        MendableError: the file names a column or a claim that does not exist.
    """
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = [Place(p["claim"], p["column"], tuple(p.get("rests_on", ())), p.get("how", "")) for p in content]
    known = {place.claim for place in found}
    for place in found:
        if place.column not in COLUMNS:
            raise MendableError(f"{file.name}: {place.claim} stands in {place.column!r}; columns: {COLUMNS}.")
        for other in place.rests_on:
            if other not in known:
                raise MendableError(
                    f"{file.name}: {place.claim} rests on {other}, which the map does not hold."
                )
    return found


class MapDirective(SphinxDirective):
    """`{map}`: a drawing on a wide screen, a list on a narrow one."""

    def run(self) -> list[nodes.Node]:
        """Both forms; the page's style shows one of them."""
        file = root() / "book" / "map.yml"
        self.env.note_dependency(str(file))
        folder = Path(self.env.docname).parent
        pages = {Path(page).name: os.path.relpath(page, folder) for page in self.env.found_docs}
        records = {r.claim.id: r for r in reversed(load_records()) if r.claim.id in pages}
        there = [place for place in places(file) if place.claim in records]

        def link(claim: str) -> str:
            return f"{pages[claim]}.html"

        html = f'<div class="map only-wide">{drawing(there, records, link)}</div>'
        html += f'<div class="map only-narrow">{listing(there, records, link)}</div>'
        return [nodes.raw("", html, format="html")]


def drawing(there: Sequence[Place], records: Mapping[str, Record], link: Callable[[str], str]) -> str:
    """SVG: a column for each kind of world, a box for each claim, a line to each claim that it rests on."""
    corners = _corners(there)
    step = (WIDTH - BOX[0]) / (len(COLUMNS) - 1)
    heads = [
        f'<text class="map-head" x="{i * step + BOX[0] / 2:.0f}" y="18" text-anchor="middle">{column}</text>'
        for i, column in enumerate(COLUMNS)
    ]
    lines = [_line(corners[o], corners[p.claim]) for p in there for o in p.rests_on if o in corners]
    boxes = [_box(corners[p.claim], records[p.claim], link(p.claim)) for p in there]
    height = max(y for _, y in corners.values()) + BOX[1] + 4
    label = "Map of the claims: which one rests on which; the list in the text says the same"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
        f"{''.join(heads)}{''.join(lines)}{''.join(boxes)}</svg>"
    )


def listing(there: Sequence[Place], records: Mapping[str, Record], link: Callable[[str], str]) -> str:
    """HTML: column by column, each claim with its verdicts and what it rests on."""
    parts = []
    for column in COLUMNS:
        items = []
        for place in (p for p in there if p.column == column):
            claim = records[place.claim].claim
            item = (
                f'{_signs(records[place.claim])} <a href="{escape(link(claim.id))}">{escape(claim.title)}</a>'
            )
            if place.rests_on:
                names = ", ".join(records[o].claim.title for o in place.rests_on if o in records)
                item += f'<span class="ledger-sentence">rests on: {escape(names)}</span>'
            items.append(f"<li>{item}</li>")
        parts.append(f"<p><strong>{column}</strong></p><ul>{''.join(items)}</ul>")
    return "".join(parts)


def _corners(there: Sequence[Place]) -> dict[str, tuple[float, float]]:
    """The upper left corner of each box."""
    step = (WIDTH - BOX[0]) / (len(COLUMNS) - 1)
    filled = dict.fromkeys(COLUMNS, 0)
    corners = {}
    for place in there:
        corners[place.claim] = (
            COLUMNS.index(place.column) * step, TOP + filled[place.column] * (BOX[1] + GAP),
        )  # fmt: skip
        filled[place.column] += 1
    return corners


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From the claim that is rested on to the one that rests: to the right, or down within a column."""
    if start[0] == end[0]:
        x = start[0] + BOX[0] - 14
        return f'<path class="map-line" d="M{x:.0f},{start[1] + BOX[1]:.0f} L{x:.0f},{end[1]:.0f}"/>'
    x1, y1 = start[0] + BOX[0], start[1] + BOX[1] / 2
    x2, y2 = end[0], end[1] + BOX[1] / 2
    bend = (x2 - x1) / 2
    return (
        f'<path class="map-line" d="M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} '
        f'{x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"/>'
    )


def _box(corner: tuple[float, float], record: Record, address: str) -> str:
    x, y = corner
    verdict = list(record.verdicts.values())[-1].replace(" ", "-")
    words = textwrap.wrap(record.claim.title, LETTERS)
    texts = "".join(
        f'<text x="{x + 30:.0f}" y="{y + 22 + 16 * i:.0f}">{escape(line)}</text>'
        for i, line in enumerate(words)
    )
    sign = f'<text class="verdict-{verdict} map-sign" x="{x + 10:.0f}" y="{y + 31:.0f}">{_signs(record)[-1]}</text>'
    frame = f'<rect class="map-box" x="{x:.0f}" y="{y:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="4"/>'
    return f'<a href="{escape(address)}">{frame}{sign}{texts}</a>'


def _signs(record: Record) -> str:
    return "".join(SIGNS[verdict] for verdict in record.verdicts.values())
