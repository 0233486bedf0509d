"""`absorption bench`: rows from benchmarks/*.py as a table and as JSON, and the book's page of them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from absorption.publish.bench import COLUMNS, as_html, as_json
from absorption.runtime.paths import root

MODULE = """
from dataclasses import dataclass

@dataclass
class Row:
    name: str
    ours: float
    peer: float | None
    ratio: float | None
    floor: float | None
    unit: str
    note: str = ""

def rows():
    yield Row("training", 2e6, 1000.0, 2000.0, None, "steps/s", "a peer")
"""


def test_rows_become_a_table_and_json(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "fast.py").write_text(MODULE)
    (tmp_path / "benchmarks" / "helper.py").write_text("def other(): ...")
    command = [sys.executable, "-c", "from absorption.cli import app; app()", "bench", "--json", "rows.json"]
    environment = os.environ | {"ABSORPTION_ROOT": str(tmp_path), "COLUMNS": "120"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "training" in done.stdout and "2,000,000" in done.stdout and "–" in done.stdout
    assert json.loads((tmp_path / "rows.json").read_text()) == [
        {"name": "training", "ours": 2e6, "peer": 1000.0, "ratio": 2000.0, "floor": None, "unit": "steps/s",
         "note": "a peer"}
    ]  # fmt: skip


@dataclass
class Row:
    name: str
    ours: float
    peer: float | None
    ratio: float | None
    floor: float | None
    unit: str
    note: str = ""


def test_the_page_shows_the_rows_as_written(tmp_path):
    (tmp_path / "rows.json").write_text(
        as_json([Row("a < b", 1234.5, None, 2.0, None, "s", "one note")]), encoding="utf-8"
    )
    table = as_html(tmp_path / "rows.json")
    for cell in ("a &lt; b", "1,234", "–", "2", "one note"):
        assert f"<td>{cell}</td>" in table


def test_the_committed_table_has_a_row_for_everything_that_is_measured():
    rows = json.loads((root() / "benchmarks" / "table.json").read_text(encoding="utf-8"))
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert len({row["name"] for row in rows}) == len(rows) > 0
