"""Run notebooks and publish what they give: all of a notebook or nothing of it."""

import fcntl
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from absorption.claims.record import QUICK, record_name
from absorption.publish.errors import BusyError
from absorption.publish.explorer import FOLDER
from absorption.publish.places import Place, place
from absorption.publish.run.bar import Lines, board, clock
from absorption.publish.run.execute import Failure, Job
from absorption.publish.run.freshness import expected_seconds, fingerprint, is_fresh, read_stamp, write_stamp
from absorption.publish.run.order import in_turn, next_of
from absorption.publish.run.processes import Running, start, stop, why_failed
from absorption.publish.run.redress import changed_since, redress
from absorption.publish.run.sources import Source, check_overrides, injected
from absorption.publish.run.unwritten import unwritten
from absorption.runtime.paths import cache_dir, write_atomically

SECONDS_BETWEEN_LOOKS = 0.2


def run(
    sources: Sequence[Source],
    *,
    profile: str,
    device: str | None,
    overrides: Mapping[str, Any],
    jobs: int | None,
    console: Console,
    published: Callable[[], None] = lambda: None,
) -> list[str]:
    """Run every notebook that is not fresh; give the names of those that failed.

    Args:
        sources: The notebooks.
        profile: A profile; other than `laptop` it publishes into a book of its own.
        device: `auto`, `cpu` or `cuda`; nothing leaves it to the profile.
        overrides: Parameters for a trial, which is kept apart from the published book.
        jobs: How many notebooks run at once; nothing: as `next_of` says.
        console: Where progress is shown.
        published: Called after each notebook that was published.

    Raises:
        UnknownNameError: a profile or parameter does not exist.
        BusyError: another run is going on.
        OSError: the results cannot be written.
        KeyboardInterrupt: stopped by a person or a signal; what was published stays whole.
    """
    check_overrides(sources, overrides)
    where = place(profile, trial=bool(overrides))
    in_order = in_turn(sources, jobs, profile)
    waiting = [(source, injected(source, profile, device, overrides)) for source in in_order]
    failed: list[str] = []
    with _alone(), tempfile.TemporaryDirectory(dir=_staging_root()) as staging, board(console) as shown:
        running: list[Running] = []
        try:
            while waiting or running:
                while (at := _next(waiting, running, jobs, profile)) is not None:
                    source, parameters = waiting.pop(at)
                    if profile != QUICK and not where.trial and (left := unwritten(source)):
                        failed.append(source.id)
                        shown.ended(source.id, f"not run, since it could not be published: {left[0]}")
                        continue
                    mark = fingerprint(source, parameters, profile)
                    kept = None if where.trial else _keep(source, mark, profile, where)
                    if kept:
                        shown.ended(source.id, kept)
                        continue
                    job = _job(source, parameters, profile, where, Path(staging))
                    estimate = None if where.trial else expected_seconds(profile, source.id)
                    running.append(start(source, job, mark, estimate))
                    shown.started(source.id, estimate)
                time.sleep(SECONDS_BETWEEN_LOOKS if running else 0)
                for one in list(running):
                    if one.process.poll() is None:
                        _show(one, shown)
                        continue
                    running.remove(one)
                    failure = why_failed(one)
                    if failure is None:
                        _publish(one, profile, where)
                        published()
                        shown.ended(one.source.id, f"done in {clock(one.elapsed)}")
                    else:
                        failed.append(one.source.id)
                        shown.ended(one.source.id, _describe(one, failure, profile))
        finally:
            stop(running)
    return failed


def waiting_for(
    sources: Sequence[Source], profile: str, device: str | None = None
) -> list[tuple[Source, float | None]]:
    """The notebooks that `run` would execute, each with the seconds that it should take where they are known."""
    where = place(profile)
    found: list[tuple[Source, float | None]] = []
    for source in sources:
        mark = fingerprint(source, injected(source, profile, device, {}), profile)
        if not is_fresh(read_stamp(profile, source.id), mark, *_published(source, profile, where)):
            found.append((source, expected_seconds(profile, source.id)))
    return found


def _next(
    waiting: Sequence[tuple[Source, dict[str, Any]]],
    running: Sequence[Running],
    jobs: int | None,
    profile: str,
) -> int | None:
    return next_of([source for source, _ in waiting], [one.source for one in running], jobs, profile)


def _keep(source: Source, mark: str, profile: str, where: Place) -> str | None:
    """Why what is published can stay, with the source's new words around it; nothing if the notebook must run."""
    notebook, record = _published(source, profile, where)
    stamp = read_stamp(profile, source.id)
    if stamp is None or not is_fresh(stamp, mark, notebook, record):
        return None
    if not changed_since(notebook, source.path):
        return "nothing changed"
    if not redress(source.path, notebook, record):
        return None
    write_stamp(profile, source.id, mark, notebook, record, stamp.seconds)
    return "only its words changed"


def _published(source: Source, profile: str, where: Place) -> tuple[Path, Path]:
    """Where notebook and record are published."""
    return where.claims / f"{source.id}.ipynb", where.results / record_name(source.id, profile)


def _job(source: Source, parameters: dict[str, Any], profile: str, where: Place, staging: Path) -> Job:
    folder = staging / source.id
    folder.mkdir()
    where.claims.mkdir(parents=True, exist_ok=True)
    return Job(
        str(source.path), parameters, profile, str(where.claims), str(folder), record_name(source.id, profile)
    )


def _publish(one: Running, profile: str, where: Place) -> None:
    """Put record, notebook and explorer's entries in their places, each whole; only then stamp them as fresh."""
    notebook, record = _published(one.source, profile, where)
    made_and_published = [(one.job.staged_record, record), (one.job.notebook, notebook)]
    entries = one.job.staged_record.parent / FOLDER / one.job.record
    if entries.exists():
        made_and_published.append((entries, where.results / FOLDER / one.job.record))
    for made, published in made_and_published:
        write_atomically(published, lambda temporary, made=made: shutil.copyfile(made, temporary))
    if not where.trial:
        write_stamp(profile, one.source.id, one.fingerprint, notebook, record, one.elapsed)


def _describe(one: Running, failure: Failure, profile: str) -> str:
    """Notebook, cell and error in three lines; the traceback goes to a log."""
    log = cache_dir() / "runs" / profile / f"{one.source.id}.log"
    write_atomically(
        log, lambda temporary: temporary.write_text(failure.traceback or failure.error, encoding="utf-8")
    )
    return f"failed; what was published is unchanged (traceback: {log})\n  {failure.cell}\n  {failure.error}"


def _show(one: Running, shown: Lines) -> None:
    """Report progress: by the last run's time where it is known, else by the cells that are done."""
    fraction, doing = one.look()
    estimate = one.estimate
    if estimate:
        fraction = min(one.elapsed / estimate, 0.99)
    elif fraction > 0:
        estimate = one.elapsed / fraction
    shown.moved(one.source.id, fraction, one.elapsed, estimate, doing)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of this repository's runs, sweep up after a killed one, and let SIGTERM act as Ctrl-C."""
    folder = cache_dir() / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("Another `absorption run` is at work here; wait for it or stop it.") from error
        shutil.rmtree(folder / "staging", ignore_errors=True)
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def _staging_root() -> Path:
    folder = cache_dir() / "runs" / "staging"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
