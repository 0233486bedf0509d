"""Which notebook starts next: small ones side by side, the longest first, one that reads a language model by itself."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from absorption.claims.record import QUICK
from absorption.publish.run.freshness import expected_seconds
from absorption.publish.run.sources import Source
from absorption.runtime.reach import imported_by, modules, package_folder, reached

READS_MODELS = "absorption.worlds.models"


def cores() -> int:
    """How many this process may use.

    >>> cores() > 0
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def alone(source: Source, profile: str) -> bool:
    """Whether a notebook has the machine to itself: it can read a language model, so that it trains SAEs with a process
    a core and holds gigabytes, and two of them might train the same SAEs. In the `quick` profile none is as large.
    """
    return profile != QUICK and _reads_a_model(source.path)


def in_turn(sources: Sequence[Source], jobs: int | None, profile: str) -> list[Source]:
    """The order in which notebooks are offered a core: as given where one runs at a time, else those that share the machine
    before those that do not, and of these the longest first, so that no core is left with a long one at the end.

    >>> [source.id for source in in_turn([Source(Path("02_two.py")), Source(Path("01_one.py"))], jobs=1, profile="quick")]
    ['02_two', '01_one']
    """
    if jobs == 1:
        return list(sources)
    by_itself = {source.id: jobs is None and alone(source, profile) for source in sources}
    seconds = {id: 0.0 if shuns else expected_seconds(profile, id) or 0.0 for id, shuns in by_itself.items()}
    return sorted(sources, key=lambda source: (by_itself[source.id], -seconds[source.id]))


def next_of(
    waiting: Sequence[Source], running: Sequence[Source], jobs: int | None, profile: str
) -> int | None:
    """The place in `waiting` of the notebook that may start now; nothing where one has to end first.

    >>> next_of([Source(Path("01_one.py"))], [], jobs=1, profile="quick")
    0
    >>> next_of([Source(Path("01_one.py"))], [Source(Path("02_two.py"))], jobs=1, profile="quick") is None
    True

    Args:
        waiting: The notebooks that have not run, in their order.
        running: Those that run.
        jobs: How many may run at once, whichever they are; nothing: as many as there are cores, and one `alone`.
        profile: The profile that they run in.
    """
    if len(running) >= (jobs or cores()):
        return None
    if jobs is not None or not running:
        return 0 if waiting else None
    if any(alone(source, profile) for source in running):
        return None
    return next((i for i, source in enumerate(waiting) if not alone(source, profile)), None)


def wall_seconds(times: Sequence[tuple[Source, float]], jobs: int | None, profile: str) -> float:
    """About how long they all take, from the seconds of each.

    >>> wall_seconds([(Source(Path("01_one.py")), 90.0), (Source(Path("02_two.py")), 30.0)], jobs=2, profile="quick")
    60.0
    """
    by_itself = sum(known for source, known in times if jobs is None and alone(source, profile))
    return by_itself + (sum(known for _, known in times) - by_itself) / (jobs or cores())


@cache
def _reads_a_model(path: Path) -> bool:
    return READS_MODELS in reached(imported_by(path), modules(package_folder()))
