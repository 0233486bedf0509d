"""How cost grows with the number of latents: an SVG whose lines are numbered, and a list that names them."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from absorption.figures.palette import COLORS

# What can be seen on a light and on a dark page.
INKS = [COLORS[role] for role in ("parent", "child", "good", "bad", "accent", "light")]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BELOW = 420, 400, 58, 30, 10, 44
DASHES = (("", "solid"), ("6 3", "dashed"), ("2 3", "dotted"))
"""Of a line, and of its key in the list."""


@dataclass
class Line:
    """One scheme.

    Args:
        name: What it is.
        points: Latents and seconds.
        exponent: The power of the number of latents with which its cost grows, as the benchmark measured it.
        setting: What else decides its cost, such as the dimensions.
        ink: Its colour.
        dash: Its dashes.
        key: Its dashes in the list, as CSS names them.
    """

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)
    exponent: str = ""
    setting: str = ""
    ink: str = "currentColor"
    dash: str = ""
    key: str = "solid"


def growth(rows: Iterable[Mapping[str, Any]]) -> str:
    """The figure of all rows whose name ends in a number of latents; empty where there are none."""
    lines = sorted(lines_of(rows), key=lambda line: -line.points[-1][1])
    if not lines:
        return ""
    for at, line in enumerate(lines):
        line.ink, (line.dash, line.key) = INKS[at % len(INKS)], DASHES[at // len(INKS) % len(DASHES)]
    settings = [line.setting for line in lines]
    usual = max(settings, key=settings.count)
    named = "\n".join(
        f'<li value="{at}"><span class="speed-key" style="border-top: 3px {line.key} {line.ink}"></span>{escape(line.name)}'
        f"<small>{_words(line, usual)}</small></li>"
        for at, line in enumerate(lines, 1)
    )
    return (
        '<figure class="speed-picture"><figcaption><strong>How does cost grow?</strong> Seconds for one evaluation of an '
        f"orthogonality penalty in {usual} against the number of latents, both on logarithmic scales; lines are numbered "
        f'from the dearest.</figcaption>\n<div class="speed-growth">{_svg(lines)}\n<ol>\n{named}\n</ol></div></figure>'
    )


def lines_of(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The rows that measure one scheme at several numbers of latents, each scheme a line."""
    lines: dict[str, Line] = {}
    for row in rows:
        found = re.fullmatch(r"(.*), (\d+) latents", row["name"])
        if found is None:
            continue
        line = lines.setdefault(found.group(1), Line(found.group(1)))
        line.points.append((float(found.group(2)), row["ours"]))
        power = re.search(r"(?:^|; |ours )grows as n\^([\d.]+)", row["note"])
        dimensions = re.match(r"\d+ dimensions", row["note"])
        line.exponent = power.group(1) if power else ""
        line.setting = dimensions.group(0) if dimensions else ""
    for line in lines.values():
        line.points.sort()
    return [line for line in lines.values() if len(line.points) > 1]


def _words(line: Line, usual: str) -> str:
    latents, seconds = line.points[-1]
    words = [f"{seconds:.2g} s at {latents:,.0f}", line.setting if line.setting != usual else ""]
    if line.exponent:
        words.insert(1, f"grows as n<sup>{line.exponent}</sup>")
    return ", ".join(word for word in words if word)


def _svg(lines: Sequence[Line]) -> str:
    xs = sorted({x for line in lines for x, _ in line.points})
    ys = [y for line in lines for _, y in line.points]
    low, high = math.log10(min(ys)) - 0.1, math.log10(max(ys)) + 0.1

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(x / xs[0]) / math.log(xs[-1] / xs[0])

    def down(y: float) -> float:
        return TOP + (HEIGHT - TOP - BELOW) * (high - math.log10(y)) / (high - low)

    drawn = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(10.0**e):.1f}" y2="{down(10.0**e):.1f}" class="speed-grid"/>'
        f'<text x="{LEFT - 6}" y="{down(10.0**e) + 4:.1f}" text-anchor="end">{10.0**e:g} s</text>'
        for e in range(math.ceil(low), math.floor(high) + 1)
    ]
    drawn += [f'<text x="{across(x):.1f}" y="{HEIGHT - 24}" text-anchor="middle">{x:,.0f}</text>' for x in xs]
    drawn.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">latents</text>'
    )
    places = _apart([down(line.points[-1][1]) for line in lines], 13)
    for at, (line, place) in enumerate(zip(lines, places, strict=True), 1):
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line.points)
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{line.ink}" stroke-width="2"{dash}/>')
        drawn.append(f'<text x="{across(line.points[-1][0]) + 6:.1f}" y="{place + 4:.1f}">{at}</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Seconds against the number of latents, '
        f'{len(lines)} lines, listed beside" xmlns="http://www.w3.org/2000/svg">{"".join(drawn)}</svg>'
    )


def _apart(places: Sequence[float], distance: float) -> list[float]:
    """The places, from above, each at least so far below the one before; moved up together where they end too low."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + distance) if moved else place)
    over = moved[-1] - (HEIGHT - BELOW)
    return [place - max(0.0, over) for place in moved]
