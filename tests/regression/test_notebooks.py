"""Execute every committed notebook again: the same words, the same verdicts, the same numbers.

A number may differ from the committed one by 1% of its size plus a quarter of its interval's width: another
processor sums in another order, and training amplifies that, though far less than another seed would.

A check that nothing can fail checks nothing: `sabotage/` holds one cell a notebook that breaks what its claim rests
on (no penalty, shuffled labels). With it put in after the parameters, the same check has to fail at the claim cell.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from absorption.claims.record import Record
from absorption.paths import root

PUBLISHED = sorted((root() / "book" / "claims").glob("*.ipynb"))
# Those that read a language model share activations and trained SAEs through the cache: one after another.
NOTEBOOKS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.xdist_group("language model")] * (path.stem >= "10"))
    for path in PUBLISHED
]
SABOTAGE = Path(__file__).with_name("sabotage")
RELATIVE, OF_THE_INTERVAL, ABSOLUTE = 0.01, 0.25, 1e-6


def check(notebook: Path, results: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook under nbval, up to its first failure; its record goes to `results`."""
    environment = os.environ | {
        "ABSORPTION_RESULTS": str(results),
        "ABSORPTION_PROGRESS": str(results / "progress"),
        "IPYTHONDIR": str(results / "ipython"),
        "TQDM_DISABLE": "1",
    }
    sanitize = Path(__file__).with_name("sanitize.cfg")
    command = [
        sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", f"--nbval-sanitize-with={sanitize}",
        "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-x", str(notebook),
    ]  # fmt: skip
    return subprocess.run(command, cwd=root(), env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_gives_what_was_published(notebook, tmp_path):
    done = check(notebook, tmp_path)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    compare(
        Record.read(tmp_path / f"{notebook.stem}.json"),
        Record.read(root() / "results" / f"{notebook.stem}.json"),
    )


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_sabotaged_notebook_fails_its_check(notebook, tmp_path):
    book = nbformat.read(notebook, as_version=4)
    parameters = next(i for i, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", []))
    broken = (SABOTAGE / f"{notebook.stem}.py").read_text(encoding="utf-8")
    book.cells.insert(parameters + 1, nbformat.v4.new_code_cell(broken))
    nbformat.write(book, tmp_path / notebook.name)
    done = check(tmp_path / notebook.name, tmp_path)
    assert done.returncode == 1, "the check did not notice:\n" + broken + done.stdout[-3000:]
    # A record is there only if the claim cell ran: the check failed for what the cell said, not by an error before it.
    fresh = Record.read(tmp_path / f"{notebook.stem}.json")
    assert fresh.outcomes != Record.read(root() / "results" / f"{notebook.stem}.json").outcomes


def compare(fresh: Record, committed: Record) -> None:
    """Verdicts, outcomes, seeds and parameters are equal; numbers are within the tolerance."""
    assert fresh.verdicts == committed.verdicts
    assert fresh.outcomes == committed.outcomes
    assert (fresh.claim, fresh.seeds, fresh.parameters) == (
        committed.claim,
        committed.seeds,
        committed.parameters,
    )
    assert [e.name for e in fresh.evidence] == [e.name for e in committed.evidence]
    moved = []
    for now, then in zip(fresh.evidence, committed.evidence, strict=True):
        low, high = then.interval
        allowed = ABSOLUTE + RELATIVE * abs(then.value) + OF_THE_INTERVAL * (high - low)
        if abs(now.value - then.value) > allowed:
            moved.append(f"{then.name}: {then.value} became {now.value}, more than {allowed:.2g} away")
    assert not moved, "\n".join(moved)


def test_the_comparison_sees_a_number_that_moved_and_a_verdict_that_changed():
    from dataclasses import replace

    from absorption.claims import Evidence, Verdict

    committed = Record.read(sorted((root() / "results").glob("*.json"))[0])
    compare(committed, committed)
    first = committed.evidence[0]
    low, high = first.interval
    by = 0.02 * abs(first.value) + 0.5 * (high - low) + 1e-5
    moved = Evidence(first.name, first.value + by, first.value + by - 1e-9, first.value + by + 1e-9)
    with pytest.raises(AssertionError, match=first.name):
        compare(replace(committed, evidence=(moved, *committed.evidence[1:])), committed)
    tier = next(iter(committed.verdicts))
    other = Verdict.REFUTED if committed.verdicts[tier] != Verdict.REFUTED else Verdict.SUPPORTED
    with pytest.raises(AssertionError):
        compare(replace(committed, verdicts={**committed.verdicts, tier: other}), committed)
