"""The speed page: a picture for each question, and the whole table folded below, all from `benchmarks/table.json`."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from absorption.publish.bench import COLUMNS, cell
from absorption.publish.page.speed_bars import Bar, bars
from absorption.publish.page.speed_growth import growth

Row = Mapping[str, Any]

OTHERS = ("SAELens", "SAEBench's code")
PLAIN = "our plain BatchTopK"
BAR = "the bar"


def as_html(file: Path) -> str:
    """The pictures and the table of the rows that `bench.as_json` wrote; nothing is measured.

    Raises:
        OSError: the file is not there.
    """
    rows: list[Row] = json.loads(file.read_text(encoding="utf-8"))
    pictures = (_others(rows), _floors(rows), _recipes(rows), growth(rows), _bounds(rows))
    return "\n".join([*pictures, _table(rows)])


def peer_of(row: Row) -> str:
    """Whom a row is compared with, as its note says; empty where it says nothing."""
    found = re.search(r"peer: ([^;:]*)", row["note"])
    return found.group(1).strip() if found else ""


def _others(rows: Iterable[Row]) -> str:
    """How many times faster than somebody else's code, on the same machine."""
    found = [
        Bar(
            row["name"], row["ratio"], _times(row["ratio"]),
            f"beside {peer_of(row)}: {cell(row['ours'])} against {cell(row['peer'])} {row['unit']}",
        )
        for row in rows
        if row["ratio"] is not None and peer_of(row).startswith(OTHERS)
    ]  # fmt: skip
    question = "How much faster than whom?"
    return bars(
        question, "Times as fast as the named code in the same run, on a logarithmic scale.", found, log=True
    )


def _floors(rows: Iterable[Row]) -> str:
    """How many times the cost of what cannot be avoided."""
    found = []
    for row in rows:
        if row["floor"] is not None:
            rate = row["unit"].endswith("/s")
            times = row["floor"] / row["ours"] if rate else row["ours"] / row["floor"]
            what = re.search(r"floor: ([^;]*)", row["note"])
            note = f"floor: {what.group(1) if what else 'unnamed'}"
            found.append(Bar(row["name"], times, _times(times), note))
    return bars(
        "How far from the floor?",
        "Cost as a multiple of the operations that cannot be avoided; 1 is the floor.",
        found,
    )


def _recipes(rows: Iterable[Row]) -> str:
    """What a step costs beside a step of plain BatchTopK."""
    found = [
        Bar(row["name"].removeprefix("step of "), 1 / row["ratio"], _times(1 / row["ratio"]))
        for row in rows
        if row["ratio"] and peer_of(row).startswith(PLAIN)
    ]
    found.sort(key=lambda bar: bar.value)
    return bars(
        "What does a recipe cost?",
        "One training step, as a multiple of a step of plain BatchTopK of the same size.",
        found,
    )


def _bounds(rows: Iterable[Row]) -> str:
    """How much of the bar that was set is used."""
    found = []
    for row in rows:
        if row["peer"] and peer_of(row) == BAR:
            share = row["ours"] / row["peer"]
            note = f"{cell(row['ours'])} of {cell(row['peer'])} {row['unit']}"
            found.append(Bar(row["name"], 100 * share, f"{100 * share:.0f}%", note, missed=share > 1))
    missed = sum(bar.missed for bar in found)
    words = f"Missed: {missed} of {len(found)}." if missed else f"All {len(found)} are met."
    return bars(
        "Does it stay within its bounds?",
        f"Share used of the time or memory that is allowed. {words}",
        found,
        mark=100,
    )


def _table(rows: list[Row]) -> str:
    """Every row; its note in a line below, for it is a sentence."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS[:-1])
    return (
        f"<details class='speed-all'><summary>All {len(rows)} rows</summary>\n"
        f'<table class="speed table">\n<thead><tr>{head}</tr></thead>\n'
        + "\n".join(f"<tbody>{_cells(row)}</tbody>" for row in rows)
        + "\n</table>\n</details>"
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2g}×"


def _cells(row: Row) -> str:
    name, *numbers = COLUMNS[:-1]
    cells = f'<th scope="row">{escape(row[name])}</th>' + "".join(
        f'<td data-column="{column}">{escape(cell(row[column]))}</td>' for column in numbers
    )
    note = f'<tr class="speed-note"><td colspan="{len(COLUMNS) - 1}">{escape(row["note"])}</td></tr>'
    return f"<tr>{cells}</tr>{note if row['note'] else ''}"
