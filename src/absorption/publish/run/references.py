"""References of the quick profile: what the tests re-execute, renewed after a deliberate change."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absorption.claims import Evidence, Record
from absorption.claims.record import QUICK, record_name
from absorption.publish.places import place
from absorption.publish.run.redress import same_code
from absorption.publish.run.sources import Source
from absorption.runtime.paths import root, write_atomically

CHECKED = "nbval-check-output"


def reference_folder() -> Path:
    """Where the references are committed."""
    return root() / "tests" / "regression" / "quick"


def accept(sources: Sequence[Source]) -> list[str]:
    """Make the last quick run of each notebook its reference, and say what moved.

    Raises:
        RecordError: a record is damaged.
        OSError: a file is missing or cannot be written.
    """
    said = []
    where = place(QUICK)
    for source in sources:
        made = where.results / record_name(source.id, QUICK)
        notebook, record = (reference_folder() / f"{source.id}{ending}" for ending in (".ipynb", ".json"))
        before = Record.read(record) if record.exists() else None
        after = Record.read(made)
        said += [f"{source.id}: {line}" for line in moved(before, after) or ["nothing moved"]]
        stripped = reference((where.claims / notebook.name).read_text(encoding="utf-8"))
        write_atomically(notebook, lambda file, text=stripped: file.write_text(text, encoding="utf-8"))
        write_atomically(record, lambda file, made=made: shutil.copyfile(made, file))
    return said


def reference(executed: str) -> str:
    """An executed notebook without prose, and without outputs but those that are checked; JSON in, JSON out."""
    notebook: dict[str, Any] = json.loads(executed)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in notebook["cells"]:
        if CHECKED not in cell["metadata"].get("tags", ()):
            cell["outputs"] = []
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def moved(before: Record | None, after: Record) -> list[str]:
    """What differs between two records of a claim: numbers, outcomes, verdicts; one line each."""
    if before is None:
        return [f"new; {'; '.join(after.verdict_lines())}"]
    lines = []
    for name in dict.fromkeys(e.name for e in (*before.evidence, *after.evidence)):
        then, now = _number(before.get(name)), _number(after.get(name))
        if then != now:
            lines.append(f"{name}: {then} → {now}")
    for kind in ("outcomes", "verdicts"):
        old, new = getattr(before, kind), getattr(after, kind)
        lines += [
            f"{name}: {old.get(name, 'not asked')} → {new.get(name, 'not asked')}"
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        ]
    return lines


def outdated(source: Source) -> str:
    """Why a notebook's reference cannot be used, in one sentence; nothing if it can."""
    name = f"tests/regression/quick/{source.id}"
    again = f"`absorption run --profile quick --accept {source.id[:2]}` makes it."
    notebook, record = (reference_folder() / f"{source.id}{ending}" for ending in (".ipynb", ".json"))
    for path in (notebook, record):
        if not path.exists():
            return f"{name}{path.suffix} is missing; {again}"
    if not same_code(notebook, source.path):
        return f"{name}.ipynb is older than notebooks/{source.id}.py; {again}"
    return ""


def _number(evidence: Evidence | None) -> str:
    return "nothing" if evidence is None else str(evidence)
