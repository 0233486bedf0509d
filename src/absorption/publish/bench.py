"""Run `benchmarks/*.py` and show their rows: ours beside a peer, both measured in one run."""

import importlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
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
        table.add_row(*(cell(asdict(row)[column]) for column in COLUMNS))
    return table


def as_json(rows: Iterable[Any]) -> str:
    """The rows as a JSON list of objects with the keys name, ours, peer, ratio, floor, unit, note."""
    return json.dumps([{column: asdict(row)[column] for column in COLUMNS} for row in rows], indent=2) + "\n"


def cell(value: Any) -> str:
    """A value as both tables write it: four digits, or whole numbers from ten thousand on."""
    if value is None:
        return "–"
    if not isinstance(value, float | int):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"
