"""A loop that reports how far it is: to the runner, to a terminal, or to nobody."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
VARIABLE = "ABSORPTION_PROGRESS"
SECONDS_BETWEEN_REPORTS = 0.2


def track(steps: Iterable[Item], description: str = "working", total: int | None = None) -> Iterator[Item]:
    """Yield from `steps` and report progress, leaving no trace in an executed notebook.

    Under the runner (which sets `$ABSORPTION_PROGRESS` to a file) the progress goes to its bar. In a
    terminal or in JupyterLab a bar is drawn that vanishes at the end. Elsewhere nothing is shown.

    >>> [step * step for step in track(range(4), "squaring")]
    [0, 1, 4, 9]

    Args:
        steps: What to loop over.
        description: What is being done, in a word or two.
        total: Number of steps, if `steps` has no length.
    """
    if total is None:
        total = len(steps) if hasattr(steps, "__len__") else None  # pyright: ignore[reportArgumentType]
    file = os.environ.get(VARIABLE)
    if file:
        yield from _to_file(steps, description, total, Path(file))
    elif sys.stdout.isatty() or _in_jupyter():
        from rich.progress import track as rich_track

        yield from rich_track(steps, description, total=total, transient=True)
    else:
        yield from steps


def _to_file(steps: Iterable[Item], description: str, total: int | None, file: Path) -> Iterator[Item]:
    """Write `done total description` at most five times a second; the file is only ever read by the bar."""
    reported = 0.0
    for done, step in enumerate(steps):
        yield step
        if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
            reported = time.monotonic()
            with suppress(OSError):  # a bar that stands still must not end a run
                file.write_text(f"{done + 1} {total or 0} {description}", encoding="utf-8")


def _in_jupyter() -> bool:
    """Whether a person watches in a notebook: a kernel that neither the runner nor nbval started."""
    return "ipykernel" in sys.modules and "JPY_SESSION_NAME" in os.environ
