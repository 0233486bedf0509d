"""The whole: how long `import absorption` and the toy pages take, and how much memory these need."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from absorption.publish.run.order import alone
from absorption.publish.run.sources import all_sources
from absorption.runtime.paths import root
from benchmarks.row import Row

IMPORT_BAR = 0.5
TOY_BAR, TOY_GIBIBYTES = 600.0, 4.0


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
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(root()), str(clone)], check=True)
        yield from toy_pages(clone)


def toy_pages(clone: Path) -> Iterable[Row]:
    """Every page that reads no language model, run by one command in a clone whose cache is empty."""
    pages = [source.id for source in all_sources() if not alone(source, "laptop")]
    wall, memory = spent_on(clone, "run", *pages)
    of = f"{len(pages)} pages by one command, as many at once as there are cores; peer: the bar"
    yield Row("the toy pages, empty cache", wall, TOY_BAR, TOY_BAR / wall, None, "s", of)
    yield Row(
        "the toy pages, largest process", memory, TOY_GIBIBYTES, TOY_GIBIBYTES / memory, None, "GiB", "peer: the bar"
    )  # fmt: skip


def seconds(statement: str) -> float:
    """Seconds of a Python process that runs one statement, median of seven."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - start)
    return sorted(times)[3]


def spent_on(clone: Path, *arguments: str) -> tuple[float, float]:
    """Wall seconds and peak GiB of the largest process of one `absorption` command in a clone."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("absorption")), *arguments],
        cwd=clone, env=os.environ | {"ABSORPTION_ROOT": str(clone)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, process.args)
    return time.perf_counter() - start, usage.ru_maxrss / 2**20
