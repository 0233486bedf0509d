"""Run `benchmarks/*.py` and show their rows: ours beside a peer, both measured in this run."""

import importlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.table import Table

from absorption.paths import root
from absorption.progress import track

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


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float | int) else str(value)
