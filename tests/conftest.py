"""Two workers share two cores: each, and every process that it starts, computes with one thread."""

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The gate gives the same answer twice; `pytest --hypothesis-profile=explore` looks at new examples.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("gate")


class ByShare(LoadScopeScheduling):
    """A file stays on one worker, for the sake of what its tests share; notebooks go apart.

    Those that read a language model share activations and trained SAEs through the cache, and memory: one worker has
    them all. (The marks of pytest-xdist's own `loadgroup` do not arrive with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        if not name.startswith(("test_a_notebook_gives", "test_a_sabotaged")):
            return file
        return "language model" if name[name.index("[") + 1 :][:2] >= "10" else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByShare:
    """What `-n` uses, whatever `--dist` says."""
    return ByShare(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notebooks, the longest, go first, and of these the ones that read a language model."""
    items.sort(key=lambda item: ("regression" not in item.path.parts, "[1" not in item.name))
