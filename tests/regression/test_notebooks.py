"""Execute every notebook again: the same words, the same verdicts, the same numbers.

`make test` repeats the quick runs of `quick/`, which `absorption run --profile quick --accept` makes; `make
regression` repeats the published ones, for as long as that takes.

A number may differ from the committed one by 1% of its size plus a quarter of its interval's width (the wider one of the two
runs): another processor sums in another order, and training amplifies that, though less than another seed would. SAEs of a
language model forget their last bits within a few steps, so there it is half of the width, and in the quick runs at least a tenth. Where a predicate's bound is no
further from the committed interval than that, its outcome may differ too: it was a close call, and is one.

A check that nothing can fail checks nothing: `sabotage/` holds one cell a notebook that breaks what its claim rests
on (no penalty, shuffled labels). With it put in after the parameters, the same check has to fail at the claim cell.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
import pytest
from rerun import check, compare, conditions, sabotaged
from warm import NAME, warm_kernels

from absorption.claims import Record
from absorption.claims.record import LAPTOP, QUICK, record_name
from absorption.publish.run.references import outdated, reference_folder
from absorption.publish.run.sources import all_sources
from absorption.runtime.paths import root

Check = Callable[[Path, Path], "subprocess.CompletedProcess[str]"]
SOURCES = [pytest.param(source, id=source.id) for source in all_sources()]
PUBLISHED = [
    pytest.param(path, id=path.stem) for path in sorted((root() / "book" / "claims").glob("*.ipynb"))
]


@pytest.fixture(scope="session")
def quickly(tmp_path_factory):
    """`check` for quick runs: on Linux, where a fork is safe, with kernels that start warm."""
    if sys.platform != "linux":
        yield partial(check, environment=conditions())
        return
    with warm_kernels(tmp_path_factory.mktemp("warm"), conditions()) as found:
        yield partial(check, environment=conditions() | found, kernel=NAME)


def repeats(notebook: Path, committed: Path, made: Path, check: Check) -> None:
    """nbval agrees and the fresh record is like the committed one."""
    done = check(notebook, made.parent)
    said = done.stdout[-5000:] + done.stderr[-2000:]
    assert made.exists(), said
    fresh, then = Record.read(made), Record.read(committed)
    compare(fresh, then)
    # nbval stops at the claim cell if an outcome is printed there that was a close call.
    assert done.returncode == 0 or fresh.outcomes != then.outcomes, said


ALONE = """
import json, os, sys
assert not hasattr(json, "left") and not {"absorption", "rerun", "warm"} & set(sys.modules)
assert os.environ["ABSORPTION_RESULTS"] == RESULTS and os.environ["OMP_NUM_THREADS"] == "1"
json.left = "something"
"""


def test_a_notebook_finds_nothing_that_another_one_left(tmp_path, quickly):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name in ("one", "two"):
        results, notebook = tmp_path / name, tmp_path / f"{name}.ipynb"
        cell = nbformat.v4.new_code_cell(f"RESULTS = {str(results)!r}\n{ALONE}")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), notebook)
        done = quickly(notebook, results)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source", SOURCES)
def test_a_notebook_gives_its_reference(source, tmp_path, quickly):
    assert not outdated(source), outdated(source)
    notebook, record = (reference_folder() / f"{source.id}{ending}" for ending in (".ipynb", ".json"))
    repeats(notebook, record, tmp_path / record_name(source.id, QUICK), quickly)


@pytest.mark.parametrize("source", SOURCES)
def test_a_sabotaged_notebook_fails_its_check(source, tmp_path, quickly):
    assert not outdated(source), outdated(source)
    notebook, broken = sabotaged(reference_folder() / f"{source.id}.ipynb", tmp_path)
    done = quickly(notebook, tmp_path)
    assert done.returncode == 1, "the check did not notice:\n" + broken + done.stdout[-3000:]
    # A record is there only if the claim cell ran: the check failed for what the cell said, not by an error before it.
    made = tmp_path / record_name(source.id, QUICK)
    assert made.exists(), "it failed before the claim cell:\n" + done.stdout[-3000:]
    assert Record.read(made).outcomes != Record.read(reference_folder() / f"{source.id}.json").outcomes


@pytest.mark.published
@pytest.mark.parametrize("notebook", PUBLISHED)
def test_a_published_notebook_gives_what_was_published(notebook, tmp_path):
    name = record_name(notebook.stem, LAPTOP)
    repeats(notebook, root() / "results" / name, tmp_path / name, partial(check, environment=conditions()))
