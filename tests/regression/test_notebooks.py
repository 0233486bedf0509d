"""Execute every committed notebook again: the same words, the same verdicts, the same numbers.

A number may differ from the committed one by 1% of its size plus a quarter of its interval's width: another
processor sums in another order, and training amplifies that, though less than another seed would. SAEs of a language
model forget their last bits within a few steps, so there it is half of the width. Where a predicate's bound is no
further from the committed interval than that, its outcome may differ too: it was a close call, and is one.

A check that nothing can fail checks nothing: `sabotage/` holds one cell a notebook that breaks what its claim rests
on (no penalty, shuffled labels). With it put in after the parameters, the same check has to fail at the claim cell.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from absorption.claims.evidence import Evidence
from absorption.claims.record import Record
from absorption.runtime.paths import root

PUBLISHED = sorted((root() / "book" / "claims").glob("*.ipynb"))
NOTEBOOKS = [pytest.param(path, id=path.stem) for path in PUBLISHED]
SABOTAGE = Path(__file__).with_name("sabotage")
RELATIVE, ABSOLUTE = 0.01, 1e-6
OF_THE_INTERVAL = {"language model": 0.5}


def check(notebook: Path, results: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook under nbval, up to its first failure; its record goes to `results`."""
    environment = os.environ | {
        "ABSORPTION_RESULTS": str(results),
        "ABSORPTION_PROGRESS": str(results / "progress"),
        "IPYTHONDIR": str(results / "ipython"),
        "TQDM_DISABLE": "1",
    }
    if notebook.stem >= "10":
        # As in `make book` on two cores, for the sake of the last bits; threads that wait leave the cores to others.
        environment |= {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
    sanitize = Path(__file__).with_name("sanitize.cfg")
    command = [
        sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", f"--nbval-sanitize-with={sanitize}",
        "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-x", str(notebook),
    ]  # fmt: skip
    return subprocess.run(command, cwd=root(), env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_gives_what_was_published(notebook, tmp_path):
    done, record = check(notebook, tmp_path), tmp_path / f"{notebook.stem}.json"
    said = done.stdout[-5000:] + done.stderr[-2000:]
    assert record.exists(), said
    fresh, committed = Record.read(record), Record.read(root() / "results" / record.name)
    compare(fresh, committed)
    # nbval stops at the claim cell if an outcome is printed there that was a close call.
    assert done.returncode == 0 or fresh.outcomes != committed.outcomes, said


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


def allowed(record: Record, evidence: Evidence) -> float:
    """How far this number may move."""
    low, high = evidence.interval
    width = max(OF_THE_INTERVAL.get(tier, 0.25) for tier in record.verdicts)
    return ABSOLUTE + RELATIVE * abs(evidence.value) + width * (high - low)


def close_calls(record: Record) -> set[str]:
    """Predicates whose bound is nearer to an end of the interval than the number may move."""
    return {
        p.name
        for p in record.claim.predicates
        if p.tier not in record.reasons  # what was not run has no evidence
        for bound in (p.above, p.below)
        for end in record[p.evidence].interval
        if bound is not None and abs(end - bound) <= allowed(record, record[p.evidence])
    }


def compare(fresh: Record, committed: Record) -> None:
    """Outcomes and verdicts are equal but for close calls, seeds and parameters equal, numbers within the tolerance."""
    assert (fresh.claim, fresh.seeds, fresh.parameters) == (
        committed.claim,
        committed.seeds,
        committed.parameters,
    )
    assert [e.name for e in fresh.evidence] == [e.name for e in committed.evidence]
    moved = []
    for now, then in zip(fresh.evidence, committed.evidence, strict=True):
        if abs(now.value - then.value) > allowed(committed, then):
            moved.append(
                f"{then.name}: {then.value} became {now.value}, more than {allowed(committed, then):.2g} away"
            )
    assert not moved, "\n".join(moved)
    changed = {name for name in committed.outcomes if fresh.outcomes[name] != committed.outcomes[name]}
    assert not changed - close_calls(committed), changed
    assert changed or fresh.verdicts == committed.verdicts


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_committed_record_is_like_itself(notebook):
    committed = Record.read(root() / "results" / f"{notebook.stem}.json")
    compare(committed, committed)


def test_the_comparison_sees_a_number_that_moved_and_a_verdict_that_changed():
    from absorption.claims import Verdict

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


def test_only_a_close_call_may_come_out_otherwise():
    from absorption.claims import Outcome

    committed = Record.read(root() / "results" / "05_every_architecture.json")
    close = close_calls(committed)
    for name, outcome in committed.outcomes.items():
        other = Outcome.FAILS if outcome != Outcome.FAILS else Outcome.HOLDS
        flipped = replace(committed, outcomes={**committed.outcomes, name: other})
        if name in close:
            compare(flipped, committed)
        else:
            with pytest.raises(AssertionError, match=name):
                compare(flipped, committed)
    assert len(close) < len(committed.outcomes)
