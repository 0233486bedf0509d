"""A notebook being executed by a process of its own: start it, look at it, learn how it ended, stop it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from absorption.publish.run.execute import CELLS, FAILURE, STEPS, Failure, Job, environment
from absorption.publish.run.sources import Source

SECONDS_TO_STOP = 5.0


@dataclass
class Running:
    """A notebook being executed by a process of its own."""

    source: Source
    job: Job
    fingerprint: str
    process: subprocess.Popen[bytes]
    began: float
    estimate: float | None

    @property
    def elapsed(self) -> float:
        """Seconds since it started."""
        return time.monotonic() - self.began

    def look(self) -> tuple[float, str]:
        """The fraction of its cells that are done, and what the present cell says it is doing."""
        staging = Path(self.job.staging)
        cell, cells = _numbers(staging / CELLS)
        step, steps = _numbers(staging / STEPS)
        fraction = (cell + (step / steps if steps else 0.0)) / cells if cells else 0.0
        words = _read(staging / STEPS).split(maxsplit=2)[2:]
        if words:
            return fraction, f"{words[0]} {step}/{steps or '?'}"
        return fraction, f"cell {cell + 1}/{cells}" if cells else "starting"


def start(source: Source, job: Job, fingerprint: str, estimate: float | None) -> Running:
    """Start the process in a session of its own, so that Ctrl-C reaches the runner alone."""
    description = Path(job.staging) / "job.json"
    description.write_text(json.dumps(asdict(job)), encoding="utf-8")
    command = [sys.executable, "-m", "absorption.publish.run.execute", str(description)]
    with (Path(job.staging) / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment(job), stdout=log, stderr=log, start_new_session=True
        )
    return Running(source, job, fingerprint, process, time.monotonic(), estimate)


def why_failed(one: Running) -> Failure | None:
    """Why the process failed, if it did."""
    if one.process.returncode == 0:
        return None
    with suppress(OSError, ValueError):
        return Failure(**json.loads((Path(one.job.staging) / FAILURE).read_text(encoding="utf-8")))
    log = _read(Path(one.job.staging) / "log")
    last = log.strip().splitlines()[-1:] or [f"status {one.process.returncode}"]
    return Failure("its process ended", last[0], log)


def stop(running: Iterable[Running]) -> None:
    """End processes that are still running, politely first; their kernels follow their parent."""
    left = [one.process for one in running if one.process.poll() is None]
    for process in left:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    for process in left:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _numbers(path: Path) -> tuple[int, int]:
    """The two integers that a progress file starts with; zeros while it is not there."""
    words = _read(path).split(maxsplit=2)
    return (int(words[0]), int(words[1])) if len(words) >= 2 else (0, 0)


def _read(path: Path) -> str:
    """A small file's text, or nothing while it is not there."""
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""
