"""Whether a published notebook is still what its source, the library and the lock would give."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from absorption.publish.run.sources import Source
from absorption.runtime.paths import cache_dir, root, write_atomically
from absorption.runtime.reach import code_hash, fingerprints, imported_by

DURATIONS = "profiles/durations.json"
LOCKS = ("requirements.lock", "requirements-model.lock")
EXECUTES = "absorption.publish.run.execute"


@dataclass(frozen=True)
class Stamp:
    """Kept in `.cache/runs/<profile>/`, so that a fresh clone has none and runs everything.

    Args:
        fingerprint: Hash of all that the run could depend on.
        notebook: Hash of the executed notebook.
        record: Hash of its record.
        seconds: How long the run took; the next run's estimate.
    """

    fingerprint: str
    notebook: str
    record: str
    seconds: float


def fingerprint(source: Source, parameters: Mapping[str, Any], profile: str) -> str:
    """A hash that moves when something moves that the notebook's outputs can depend on.

    That is its source's code (prose and comments change no output), the library's code that it can import (or that executes it), the locked packages, Python and
    the parameters. `parameters` are the injected ones, the device among them where it is not the default.
    """
    files = fingerprints(imported_by(source.path) | {EXECUTES})
    locks = {name: _hash(root() / name) for name in LOCKS}
    described = [
        code_hash(source.path), files, locks, dict(parameters), profile, platform.python_version(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()


def is_fresh(stamp: Stamp | None, fingerprint: str, notebook: Path, record: Path) -> bool:
    """Whether the same run made both files and nobody touched them since."""
    return stamp is not None and (stamp.fingerprint, stamp.notebook, stamp.record) == (
        fingerprint, _hash(notebook), _hash(record),
    )  # fmt: skip


def read_stamp(profile: str, notebook_id: str) -> Stamp | None:
    """The stamp of the last good run, or nothing if there is none or it is unreadable."""
    try:
        return Stamp(**json.loads(_stamp_path(profile, notebook_id).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def expected_seconds(profile: str, notebook_id: str) -> float | None:
    """How long a run should take: as the last one here, else as on the two cores of `profiles/durations.json`."""
    stamp = read_stamp(profile, notebook_id)
    if stamp:
        return stamp.seconds
    file = root() / DURATIONS
    committed: dict[str, dict[str, float]] = (
        json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    )
    return committed.get(profile, {}).get(notebook_id)


def write_stamp(
    profile: str, notebook_id: str, fingerprint: str, notebook: Path, record: Path, seconds: float
) -> None:
    """Remember that this run made these files."""
    stamp = Stamp(fingerprint, _hash(notebook), _hash(record), round(seconds, 1))
    text = json.dumps(asdict(stamp), indent=2)
    write_atomically(
        _stamp_path(profile, notebook_id), lambda temporary: temporary.write_text(text, encoding="utf-8")
    )


def _stamp_path(profile: str, notebook_id: str) -> Path:
    return cache_dir() / "runs" / profile / f"{notebook_id}.json"


def _hash(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
