"""Run `benchmarks/*.py` and show their rows: ours beside a peer, both measured in one run."""

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from rich.table import Table

from absorption.runtime.paths import root
from absorption.runtime.progress import track

COLUMNS = ("name", "ours", "peer", "ratio", "floor", "unit", "note")


def measure() -> list[Any]:
    """The rows of every module in `benchmarks/` that has `rows()`, as `benchmarks.row.Row` objects."""
    sys.path.insert(0, str(root()))
    names = sorted(path.stem for path in (root() / "benchmarks").glob("[!_]*.py"))
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names]
    measured = [module for module in modules if hasattr(module, "rows")]
    return [row for module in track(measured, "measuring") for row in module.rows()]


def as_table(rows: Iterable[Any]) -> Table:
    """The rows as a table for the terminal."""
    table = Table(*COLUMNS, title="Speed", show_lines=True)
    for row in rows:
        table.add_row(*(_cell(asdict(row)[column]) for column in COLUMNS))
    return table


def as_json(rows: Iterable[Any]) -> str:
    """The rows as a JSON list of objects with the keys name, ours, peer, ratio, floor, unit, note."""
    return json.dumps([{column: asdict(row)[column] for column in COLUMNS} for row in rows], indent=2) + "\n"


def as_html(file: Path) -> str:
    """The rows that `as_json` wrote, as an HTML table: what a page shows without measuring anything.

    Raises:
        OSError: the file is not there.
    """
    rows: list[Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row[column]))}</td>" for column in COLUMNS) + "</tr>"
        for row in rows
    )
    return (
        '<div class="ledger-scroll" tabindex="0" role="region" aria-label="Speed">\n'
        f'<table class="speed table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>'
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if not isinstance(value, float | int):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"
