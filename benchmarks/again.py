"""Measure some modules again and put their rows into `table.json`: `.venv/bin/python -m benchmarks.again measure evaluation`."""

import importlib
import json
import sys
from collections.abc import Iterable, Sequence

from absorption.publish.bench import as_json
from absorption.runtime.paths import root
from benchmarks.row import Row


def merged(kept: Sequence[Row], measured: Iterable[Row]) -> list[Row]:
    """A row takes the place of the one of its name; a new one comes last."""
    rows = {row.name: row for row in kept}
    return list((rows | {row.name: row for row in measured}).values())


def main(names: Sequence[str]) -> None:
    """The table is written after each module, so that nothing measured is lost."""
    table = root() / "benchmarks" / "table.json"
    for name in names:
        measured = list(importlib.import_module(f"benchmarks.{name}").rows())
        kept = [Row(**row) for row in json.loads(table.read_text(encoding="utf-8"))]
        table.write_text(as_json(merged(kept, measured)), encoding="utf-8")
        print(as_json(measured), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
