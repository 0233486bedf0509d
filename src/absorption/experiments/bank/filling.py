"""Fill the bank: what is missing is trained by any executor, and what is finished stays."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.needs import Needs, insist_on_memory, seconds
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted
from absorption.runtime.parallel import threads
from absorption.runtime.paths import cache_dir
from absorption.runtime.progress import track
from absorption.saes.fit.report import shortfalls

WORTH_PROCESSES = 30
"""Seconds of work below which this process does it alone: each other one first has to import torch."""


class UnfilledError(Exception):
    """Some SAEs could not be trained; the message names the first, says why, and how many are in the bank."""


def fill(
    wanted: Sequence[Wanted],
    executor: Executor | None = None,
    jobs: int | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> None:
    """Train what is not in the cache, each SAE by one worker on one thread, and return when all are there.

    The same SAEs come out, to the last bit on processors of one kind, whoever trains them. A second call, or one after a kill, trains the rest only.

    >>> fill([])

    Args:
        wanted: The SAEs; one that is named twice is trained once.
        executor: Who trains them; its workers must see this cache's folder. By default processes of this machine; one
            at a time on an accelerator.
        jobs: How many processes then; as many as there are cores if left out.
        say: Called with a line before anything is trained, how many and for how long, and with one for each SAE whose
            latents died or that missed its L0.

    Raises:
        UnfilledError: a fit or the executor failed; what was finished before, and by the others after, is kept.
        MemoryError: too little memory is available for so many processes.
        FileNotFoundError, ValueError: a model that is not installed or is damaged; nothing is trained.
    """
    missing, at = _missing(wanted)
    if not missing:
        return
    workers = min(jobs or _cores(), len(missing))
    if executor is None:
        insist_on_memory([job.needs for job in missing], workers)
    work = seconds([job.needs for job in missing])
    takes = _in_words(work / workers)
    cores = "one core" if workers == 1 else f"{workers} cores"
    say(f"{len(missing)} of {len(at)} SAEs to train: about {takes} with {cores} like these.")
    with _own(executor, missing, workers if work > WORTH_PROCESSES else 1) as pool:
        futures = {
            pool.submit(fit_kept, job.table, job.wanted.fit, job.wanted.name, _cache()): job.wanted
            for job in missing
        }
        failed = _await(futures, say)
    for job in missing:
        job.table.unlink(missing_ok=True)
    if failed:
        each, error = failed[0]
        kept = sum(path.exists() for path in at)
        raise UnfilledError(
            f"{len(failed)} of {len(missing)} SAEs were not trained; the first ({each.name}): {_why(error)} "
            f"{kept} of {len(at)} are kept, and the same command goes on from there."
        )


@dataclass(frozen=True)
class _Job:
    wanted: Wanted
    table: Path
    needs: Needs


def _missing(wanted: Sequence[Wanted]) -> tuple[list[_Job], set[Path]]:
    """What has to be trained, its activations in files that workers read; and the files of all that are wanted.

    One source's activations are in memory at a time.
    """
    missing: dict[Path, _Job] = {}
    at: set[Path] = set()
    for source in dict.fromkeys(each.source for each in wanted):
        table = source.table
        fingerprint = table.fingerprint()
        file = (
            _cache() / f"table-{hashlib.sha256(' '.join(fingerprint).encode()).hexdigest()[:16]}.safetensors"
        )
        of_source = {each.fit.at(fingerprint): each for each in wanted if each.source == source}
        lacking = {path: each for path, each in of_source.items() if not path.exists()}
        if lacking:
            table.keep(file)
        at |= set(of_source)
        missing |= {path: _Job(each, file, Needs(each.fit, *table.x.shape)) for path, each in lacking.items()}
    return list(missing.values()), at


def fit_kept(table: Path, fit: Fit, name: str, cache: Path) -> tuple[str, ...]:
    """In a worker: train one SAE, put it into the cache, and say what it did not reach.

    On one thread, so that the same bytes come out whoever computes them and however many there are.

    >>> import tempfile, torch
    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Schedule
    >>> from absorption.saes.recipe import Recipe, TopK
    >>> fit = Fit(Recipe(TopK(1)), d_sae=64, seed=0, schedule=Schedule(samples=16, batch_size=4))
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ):
    ...     Table(torch.eye(4)).keep(Path(folder, "table"))
    ...     said = fit_kept(Path(folder, "table"), fit, "a small one", Path(folder))
    >>> said[0][:33]
    'a small one: 94% of the latents o'

    Args:
        table: The file of the activations.
        fit: What is trained on them, and how.
        name: For people.
        cache: The cache's folder, which all workers and whoever asks share.
    """
    os.environ["ABSORPTION_CACHE"] = str(cache)
    with threads(1):
        stack, report = fit.to(Table.read(table), name)
    return tuple(f"{name}: {sentence}" for sentence in shortfalls(stack, report))


def _cache() -> Path:
    return cache_dir().resolve()


def _await(
    futures: dict[Future[tuple[str, ...]], Wanted], say: Callable[[str], object]
) -> list[tuple[Wanted, BaseException]]:
    """Wait for all, with progress; which failed, and why. None that can still run is given up for another's sake."""
    failed: list[tuple[Wanted, BaseException]] = []
    try:
        for future in track(as_completed(futures), "SAEs", total=len(futures)):
            try:
                for sentence in future.result():
                    say(sentence)
            except (Exception, CancelledError) as error:
                failed.append((futures[future], error))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return failed


@contextmanager
def _own(executor: Executor | None, missing: Sequence[_Job], workers: int) -> Iterator[Executor]:
    """The executor given, which stays open; or one of our own, which is closed."""
    if executor is not None:
        yield executor
        return
    by_processes = workers > 1 and all(job.wanted.fit.device == "cpu" for job in missing)
    # A fresh interpreter each: a fork of a process in which torch has started threads may hang.
    made = (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        if by_processes
        else ThreadPoolExecutor(1)
    )
    try:
        yield made
    finally:
        made.shutdown(cancel_futures=True)


def _why(error: BaseException) -> str:
    """One sentence; a lost worker or scheduler says of itself hardly anything."""
    if isinstance(error, BrokenExecutor):
        return "a process ended abruptly, perhaps for want of memory (fewer jobs need less)."
    if isinstance(error, CancelledError):
        return "whoever handed out the work was lost."
    return " ".join(str(error).split()).rstrip(".") + "."


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_words(seconds: float) -> str:
    """A time as people say it.

    >>> _in_words(42), _in_words(600)
    ('1 minute', '10 minutes')
    """
    minutes = max(1, round(seconds / 60))
    return f"{minutes} minute{'s' if minutes > 1 else ''}" if minutes < 120 else f"{minutes / 60:.1f} hours"
