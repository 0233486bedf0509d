"""Execute one notebook in a process of its own: `python -m absorption.publish.run.execute JOB.json`.

Everything is written to the job's staging folder. What was published before is only replaced by the
runner, once all of it is there.
"""

import hashlib
import json
import os
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from absorption.publish.light import without_grammar

MAXIMUM_BYTES = 600_000
FAILURE = "failure.json"
CELLS = "cells"
STEPS = "steps"
LAST = "after its last cell"


@dataclass(frozen=True)
class Job:
    """What the process needs to know; travels as JSON.

    Args:
        source: The notebook's source.
        parameters: What to inject; nothing is injected if it is empty.
        profile: Name of the profile, for the notebook's metadata.
        folder: Where the notebook will be published, and the folder in which it runs.
        staging: Where this process writes.
        record: File name of the record that the notebook has to write.
    """

    source: str
    parameters: dict[str, Any]
    profile: str
    folder: str
    staging: str
    record: str

    @property
    def notebook(self) -> Path:
        """The executed notebook in the staging folder."""
        return Path(self.staging) / f"{Path(self.source).stem}.ipynb"

    @property
    def staged_record(self) -> Path:
        """The record in the staging folder."""
        return Path(self.staging) / "results" / self.record


@dataclass(frozen=True)
class Failure:
    """Why a notebook was not published.

    Args:
        cell: Which cell and its first line, or that no cell is to blame.
        error: The error in one line.
        traceback: All of it, for the log.
    """

    cell: str
    error: str
    traceback: str = ""


def environment(job: Job) -> dict[str, str]:
    """The process's environment: its own results folder, no progress bars, no user's IPython set-up."""
    staging = Path(job.staging)
    return os.environ | {
        "ABSORPTION_RESULTS": str(staging / "results"),
        "ABSORPTION_PROGRESS": str(staging / STEPS),
        "IPYTHONDIR": str(staging / "ipython"),
        # Sums have the same bytes on any machine, and two notebooks do not wait for each other's threads.
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "TQDM_DISABLE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }


def execute(job: Job) -> Failure | None:
    """Run the notebook, scrub it and write it to the staging folder; say why if it cannot be published."""
    without_grammar()
    import jupytext
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    from absorption.publish.run.scrub import scrub

    source = Path(job.source)
    notebook = jupytext.read(source)
    staging = Path(job.staging)
    present = "before its first cell"

    def report(cell: Any, cell_index: int) -> None:
        nonlocal present
        present = _name(cell_index, cell.source)
        (staging / STEPS).unlink(missing_ok=True)
        (staging / CELLS).write_text(f"{cell_index} {len(notebook.cells)}", encoding="utf-8")

    try:
        executed = papermill.execute_notebook(
            notebook, None, parameters=job.parameters, kernel_name="python3", cwd=job.folder,
            progress_bar=False, on_cell_start=report,
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        message = f"{error.ename}: {_one_line(error.evalue)}"
        return Failure(_name(error.cell_index, error.source), message, "\n".join(error.traceback))
    except DeadKernelError:
        return Failure(present, "the kernel died; the usual cause is too little memory.")
    if not job.staged_record.exists():
        return Failure(LAST, f"it wrote no record {job.record}; the claim cell has to call conclude().")
    facts = {
        "profile": job.profile,
        "record": hashlib.sha256(job.staged_record.read_bytes()).hexdigest(),
        "source": hashlib.sha256(source.read_bytes()).hexdigest(),
    }
    scrub(executed, facts)
    text = nbformat.writes(executed) + "\n"
    size = len(text.encode())
    if size > MAXIMUM_BYTES:
        return Failure(
            LAST, f"executed it has {size / 1000:.0f} KB; the limit is {MAXIMUM_BYTES / 1000:.0f} KB."
        )
    job.notebook.write_text(text, encoding="utf-8")
    return None


def _name(cell_index: int, text: str) -> str:
    """A cell as a person finds it: its position, counted from one, and its first line."""
    return f"cell {cell_index + 1}: {_one_line(text)}"


def _one_line(message: str) -> str:
    """The first line of a text, without terminal colours."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", message).strip().splitlines()
    return lines[0] if lines else ""


def _leave_with(parent: int) -> None:
    """End this process when the runner is gone, so that a killed build leaves nothing running."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main(job_file: str) -> int:
    """Execute the job in `job_file`; its failure, if any, is left in the staging folder."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    job = Job(**json.loads(Path(job_file).read_text(encoding="utf-8")))
    try:
        failure = execute(job)
    except OSError as error:
        failure = Failure("outside its cells", str(error))
    if failure is not None:
        (Path(job.staging) / FAILURE).write_text(json.dumps(asdict(failure)), encoding="utf-8")
    return int(failure is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
