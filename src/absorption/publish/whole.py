"""The whole book: its pages at once, then every notebook that changed, and the pages again while they finish."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from rich.console import Console

from absorption.publish.errors import BuildFailedError
from absorption.publish.page.site import build
from absorption.publish.run.bar import clock
from absorption.publish.run.order import wall_seconds
from absorption.publish.run.runner import run, waiting_for
from absorption.publish.run.sources import Source

BUILD = "import sys; from absorption.publish.page.site import build; build(sys.argv[1])"
Say = Callable[[str], None]


class Refresher:
    """Builds the pages in a process of its own whenever a notebook was published, one build at a time."""

    def __init__(self, profile: str) -> None:
        """Refresh this profile's book."""
        self._command = [sys.executable, "-c", BUILD, profile]
        self._building: subprocess.Popen[bytes] | None = None

    def __call__(self) -> None:
        """Start a build, unless one is under way: whatever it misses, the next one or the last has."""
        if self._building is None or self._building.poll() is not None:
            # A notebook that is published while the pages are read makes a build fail; the last one counts.
            silent = subprocess.DEVNULL
            self._building = subprocess.Popen(
                self._command, stdout=silent, stderr=silent, start_new_session=True
            )

    def stop(self) -> None:
        """Leave no build behind, nor what it started."""
        if self._building is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._building.pid, signal.SIGTERM)
            self._building.wait()


def make(
    sources: Sequence[Source],
    *,
    profile: str,
    device: str | None,
    jobs: int | None,
    console: Console,
    say: Say,
) -> list[str]:
    """Show the book as it was published, run what changed, refresh the pages; give the names of those that failed.

    Args:
        sources: The notebooks.
        profile: Which book.
        device: `auto`, `cpu` or `cuda`; nothing leaves it to the profile.
        jobs: How many notebooks run at once; nothing: as many as suits this machine.
        console: Where progress is shown.
        say: Prints one line.

    Raises:
        UnknownNameError: there is no such profile.
        BusyError: another run is going on.
        BuildFailedError: the pages cannot be built at the end.
    """
    waiting = waiting_for(sources, profile, device)
    if waiting:
        _show_at_once(profile, say)
        say(plan(waiting, len(sources), jobs, profile))
    refresher = Refresher(profile)
    try:
        failed = run(
            sources, profile=profile, device=device, overrides={}, jobs=jobs, console=console,
            published=refresher,
        )  # fmt: skip
    finally:
        refresher.stop()
    return failed


def plan(waiting: Sequence[tuple[Source, float | None]], total: int, jobs: int | None, profile: str) -> str:
    """What will run and for how long, in a sentence."""
    seconds = wall_seconds([(source, known or 0.0) for source, known in waiting], jobs, profile)
    unknown = sum(known is None for _, known in waiting)
    time = f"about {clock(seconds)} minutes" if seconds else "for how long is not known yet"
    more = f", and {unknown} of them for a time that is not known yet" if seconds and unknown else ""
    names = ", ".join(source.id[:2] for source, _ in waiting)
    return f"Running {len(waiting)} of {total} notebooks ({names}), {time}{more}; the pages are refreshed as they finish."


def _show_at_once(profile: str, say: Say) -> None:
    try:
        say(f"The book, as it was published: {build(profile)}")
    except BuildFailedError as error:
        say(f"The published pages cannot be shown before the run: {error}")
