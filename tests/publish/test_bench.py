"""`absorption bench`: rows from benchmarks/*.py as a table and as JSON."""

import json
import os
import subprocess
import sys

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
    assert "training" in done.stdout and "2e+06" in done.stdout and "–" in done.stdout
    assert json.loads((tmp_path / "rows.json").read_text()) == [
        {"name": "training", "ours": 2e6, "peer": 1000.0, "ratio": 2000.0, "floor": None, "unit": "steps/s",
         "note": "a peer"}
    ]  # fmt: skip
