"""The whole: how long `import absorption` and the book take, and how much memory the book needs."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from absorption.runtime.paths import root
from benchmarks.row import Row

IMPORT_BAR = 0.5
PAGES = "the pages"
CHAPTERS = {
    "two proofs and one language model": (
        ("01_delta_absorption", "02_absorption_law", "10_first_letters", PAGES), 480.0, 4.0,
    ),
    "the toy worlds": (
        (
            "03_partial_absorption", "04_combinations", "05_every_architecture", "06_clustering_or_features",
            "07_orthogonality", "08_matryoshka", "09_meta_saes",
        ),
        300.0, 4.0,
    ),
    "the language model": (
        ("10_first_letters", "11_absorbing_latents", "12_tuning", "13_fixes", "14_beyond_spelling"), 720.0, 6.0,
    ),
}  # fmt: skip
"""Notebooks that are run together, the first ones as a book with its pages; seconds and GiB that they may take."""


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
        yield from chapters(clone)


def chapters(clone: Path) -> Iterable[Row]:
    """Every notebook of a chapter run once, one after the other, in a clone whose cache is empty; then the pages built."""
    steps = dict.fromkeys(step for steps, _, _ in CHAPTERS.values() for step in steps)
    # The pages show all notebooks, so they come last.
    in_order = sorted(steps, key=lambda step: step == PAGES)
    spent = {step: spent_on(clone, *(["html"] if step == PAGES else ["run", step])) for step in in_order}
    for title, (steps, bar, gibibytes) in CHAPTERS.items():
        wall, memory = sum(spent[step][0] for step in steps), max(spent[step][1] for step in steps)
        each = ", ".join(f"{step.split('_')[0]} {spent[step][0]:.0f}" for step in steps)
        yield Row(f"{title}, empty cache", wall, bar, bar / wall, None, "s", f"{each}; peer: the bar")
        yield Row(
            f"{title}, largest process", memory, gibibytes, gibibytes / memory, None, "GiB", "peer: the bar"
        )


def seconds(statement: str) -> float:
    """Seconds of a Python process that runs one statement, median of seven."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - start)
    return sorted(times)[3]


def spent_on(clone: Path, *arguments: str) -> tuple[float, float]:
    """Wall seconds and peak GiB of one `absorption` command in a clone."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("absorption")), *arguments],
        cwd=clone, env=os.environ | {"ABSORPTION_ROOT": str(clone)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, process.args)
    return time.perf_counter() - start, usage.ru_maxrss / 2**20
