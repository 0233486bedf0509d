"""Run an executed notebook again under nbval, and hold its record against the one that is committed."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

from absorption.claims import Evidence, Record
from absorption.claims.record import QUICK
from absorption.publish.light import START
from absorption.runtime.paths import root

SABOTAGE = Path(__file__).with_name("sabotage")
PYTEST = START + "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
RELATIVE, ABSOLUTE = 0.01, 1e-6
OF_THE_INTERVAL = {"language model": 0.5}
FEW = 0.1
"""What a number of a quick run on a language model may move in any case: of two seeds the interval may be tiny by luck, and
the runs are so short that another processor, whose last bits are others, is another seed."""
WITHOUT_PICTURES = """import matplotlib.pyplot


def present(name, figure, alt):
    matplotlib.pyplot.close(figure)


"""
"""Goes before a sabotage: its pictures say nothing, and drawing them takes a fifth of a run. The unbroken run draws."""


def conditions() -> dict[str, str]:
    """The environment on which numbers depend, or the time that they take."""
    return os.environ | {
        "PYTHONHASHSEED": "0",
        "TQDM_DISABLE": "1",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",  # threads that wait leave the cores to others
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as in every kernel
    }


def check(
    notebook: Path, results: Path, environment: dict[str, str], kernel: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a notebook under nbval, up to its first failure; its record goes to `results`.

    The kernel is a fresh one of this Python, or the one with the name that is given.
    """
    environment = (
        environment
        | {
            "ABSORPTION_RESULTS": str(results),
            "ABSORPTION_PROGRESS": str(results / "progress"),
            "IPYTHONDIR": str(results / "ipython"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # importing the plugins that are not used takes longer than nbval
        }
    )
    sanitize = Path(__file__).with_name("sanitize.cfg")
    command = [
        sys.executable, "-c", PYTEST, "--nbval-lax", f"--nbval-sanitize-with={sanitize}",
        f"--nbval-kernel-name={kernel}" if kernel else "--nbval-current-env",
        "-p", "nbval.plugin", "-o", "addopts=", "-p", "no:cacheprovider", "-q", "-x", str(notebook),
    ]  # fmt: skip
    return subprocess.run(command, cwd=root(), env=environment, capture_output=True, encoding="utf-8")


def sabotaged(notebook: Path, folder: Path) -> tuple[Path, str]:
    """A copy of a notebook with its sabotage put in after the parameters, the injected ones included."""
    book = nbformat.read(notebook, as_version=4)
    tagged = [
        position
        for position, cell in enumerate(book.cells)
        if {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", []))
    ]
    broken = (SABOTAGE / f"{notebook.stem}.py").read_text(encoding="utf-8")
    book.cells.insert(max(tagged) + 1, nbformat.v4.new_code_cell(WITHOUT_PICTURES + broken))
    nbformat.write(book, folder / notebook.name)
    return folder / notebook.name, broken


def compare(fresh: Record, committed: Record) -> None:
    """Outcomes and verdicts are equal but for close calls, seeds and parameters equal, numbers within the tolerance."""
    assert (fresh.claim, fresh.seeds, fresh.parameters) == (
        committed.claim,
        committed.seeds,
        committed.parameters,
    )
    assert [e.name for e in fresh.evidence] == [e.name for e in committed.evidence]
    pairs = zip(fresh.evidence, committed.evidence, strict=True)
    moved = [words for now, then in pairs if (words := _moved(now, then, committed))]
    assert not moved, "\n".join(moved)
    changed = {name for name in committed.outcomes if fresh.outcomes[name] != committed.outcomes[name]}
    assert not changed - close_calls(committed, fresh), changed
    assert changed or fresh.verdicts == committed.verdicts


def close_calls(record: Record, fresh: Record) -> set[str]:
    """Predicates whose bound is nearer to an end of the interval than the number may move."""
    return {
        p.name
        for p in record.claim.predicates
        if (evidence := record.get(p.evidence)) is not None and evidence.value is not None
        for bound in (p.above, p.below)
        for end in evidence.interval
        if bound is not None and abs(end - bound) <= allowed(record, evidence, fresh[p.evidence])
    }


def allowed(record: Record, then: Evidence, now: Evidence) -> float:
    """How far this number may move; the wider interval of the two says how much it does by chance."""
    if then.value is None:
        return 0.0
    width = max(high - low for low, high in (each.interval for each in (then, now) if each.value is not None))
    share = max(OF_THE_INTERVAL.get(tier, 0.25) for tier in record.verdicts)
    floor = FEW if record.profile == QUICK and "language model" in record.verdicts else 0.0
    return ABSOLUTE + max(RELATIVE * abs(then.value) + share * width, floor)


def _moved(now: Evidence, then: Evidence, committed: Record) -> str:
    """How a number moved further than it may, in words; nothing if it did not."""
    if now.value is None or then.value is None:
        return "" if now == then else f"{then.name}: {then} became {now}"
    room = allowed(committed, then, now)
    if abs(now.value - then.value) <= room:
        return ""
    return f"{then.name}: {then.value} became {now.value}, more than {room:.2g} away"
