"""What a claim's page says about the run that made it, and whether it is still up to date."""

import hashlib
import json
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from absorption.claims.provenance import source_hash
from absorption.claims.record import Record, record_name
from absorption.runtime.paths import results_dir


def complaint(notebook: Path) -> str:
    """Why an executed notebook is stale, in one sentence; nothing if it is not.

    The notebook's metadata holds the hashes of the source and of the record that belong to it.
    """
    facts = _facts(notebook)
    again = f"run `absorption run {notebook.stem[:2]}` to bring it up to date."
    if facts["source"] != source_hash(notebook.stem):
        return f"This page was made from an earlier version of its source; {again}"
    record = results_dir() / record_name(notebook.stem, facts["profile"])
    if not record.exists() or hashlib.sha256(record.read_bytes()).hexdigest() != facts["record"]:
        return f"This page and its record come from different runs; {again}"
    return ""


def record_of(notebook: Path) -> Record | None:
    """The record that belongs to an executed notebook, or nothing where there is none.

    Raises:
        RecordError: the record is damaged.
    """
    path = results_dir() / record_name(notebook.stem, _facts(notebook)["profile"])
    return Record.read(path) if path.exists() else None


def _in_runs(numbers: Sequence[int]) -> str:
    """Numbers that follow each other as one run: `0–239, 300`."""
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), key=lambda placed: placed[1] - placed[0])
    ]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def provenance(notebook: Path) -> str:
    """A folded table of the record's facts: profile, device, seeds, versions, hashes, parameters."""
    record = record_of(notebook)
    if record is None:
        return ""
    rows = {
        "Profile": record.profile,
        "Device": record.device,
        **{name.capitalize(): value for name, value in record.made.items()},
        "Seeds": _in_runs(record.seeds),
        "Parameters": ", ".join(f"{name} = {value}" for name, value in record.parameters.items()),
        "Versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
        "Source": f"notebooks/{notebook.stem}.py, SHA-256 {record.source}",
        "Record": f"results/{record.path.name}, SHA-256 {_facts(notebook)['record']}",
    }
    body = "".join(
        f"<tr><th scope='row'>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows.items()
    )
    return (
        '<details class="provenance"><summary>What made this page</summary>'
        f"<table><tbody>{body}</tbody></table></details>"
    )


def _facts(notebook: Path) -> dict[str, str]:
    """The runner's metadata: profile, source hash and record hash."""
    return json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["absorption"]
