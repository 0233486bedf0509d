"""The whole: how long `import absorption` and the book take, and how much memory the book needs."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from absorption.paths import root
from benchmarks.row import Row

IMPORT_BAR, BOOK_BAR, MEMORY_BAR = 0.5, 480.0, 4.0


def rows() -> Iterable[Row]:
    """Each beside the bar it has to stay under; the ratio is bar over ours."""
    ours, empty = seconds("import absorption"), seconds("pass")
    yield Row(
        "import absorption",
        ours,
        IMPORT_BAR,
        IMPORT_BAR / ours,
        empty,
        "s",
        "peer: the bar; floor: Python itself",
    )
    wall, memory = book()
    yield Row(
        "make book, empty cache",
        wall,
        BOOK_BAR,
        BOOK_BAR / wall,
        None,
        "s",
        "peer: the bar; installed before",
    )
    yield Row(
        "make book, largest process", memory, MEMORY_BAR, MEMORY_BAR / memory, None, "GiB", "peer: the bar"
    )


def seconds(statement: str) -> float:
    """Seconds of a Python process that runs one statement, median of seven."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - start)
    return sorted(times)[3]


def book() -> tuple[float, float]:
    """Wall seconds and peak GiB of running every notebook and building the book, in a fresh clone."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(root()), str(clone)], check=True)
        environment = os.environ | {"ABSORPTION_ROOT": str(clone)}
        start = time.perf_counter()
        for command in ("run", "html"):
            subprocess.run(
                [str(Path(sys.executable).with_name("absorption")), command],
                cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        wall = time.perf_counter() - start
    return wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
