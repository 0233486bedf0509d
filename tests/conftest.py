"""Two workers share two cores: each, and every process that it starts, computes with one thread."""

import os
import sys
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# As `absorption.publish.light` does, which no test may import before the types are checked.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The gate gives the same answer twice; `pytest --hypothesis-profile=explore` looks at new examples.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("gate")


LANGUAGE_MODEL = {*range(10, 15), 18, 19, *range(23, 31)}
"""Notebooks that read one."""

LONGEST_FIRST = (
    "regression",
    "browser",
    "publish",
    "test_tools.py",
    "saes",
    "worlds",
    "theory",
    "experiments",
    "measures",
)
"""Folders, and a file, that take long; the others, examples among them, consist of what takes seconds."""


class ByShare(LoadScopeScheduling):
    """A file stays on one worker, for the sake of what its tests share; notebooks and examples go apart.

    Those that read a language model share activations and trained SAEs through the cache, and memory: one worker has
    them all. So it is with the tests that share a built book and a browser. (The marks of pytest-xdist's own `loadgroup` do not arrive with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        if file.endswith("contracts/test_examples.py"):
            return nodeid
        if "/browser/" in file:
            return "browser"
        if not file.endswith("regression/test_notebooks.py"):
            return file
        return "language model" if _number(name) in LANGUAGE_MODEL else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByShare:
    """What `-n` uses, whatever `--dist` says."""
    return ByShare(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notebooks, the longest, go first, and of these the ones that read a language model; small things go last.

    Whoever is first at the end waits for the other, so that what is started last has to be short.
    """
    items.sort(key=lambda item: (_place(item.path.parts), _number(item.name) not in LANGUAGE_MODEL))


def _place(parts: tuple[str, ...]) -> int:
    """When a test has its turn, by the parts of its path."""
    return next((place for place, folder in enumerate(LONGEST_FIRST) if folder in parts), len(LONGEST_FIRST))


def _number(test: str) -> int:
    """The number of the notebook that a test is about, such as 12 of `test_it[12_tuning]`; 0 of another test."""
    number = test.partition("[")[2][:2]
    return int(number) if number.isdecimal() else 0
