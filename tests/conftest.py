"""Two workers share two cores: each, and every process that it starts, computes with one thread."""

import os

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The gate gives the same answer twice; `pytest --hypothesis-profile=explore` looks at new examples.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("gate")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays on one worker, for the sake of what its tests share; notebooks, the longest, go first and apart."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            alone = "regression" in item.path.parts
            item.add_marker(pytest.mark.xdist_group(item.name if alone else item.path.name))
    items.sort(key=lambda item: "regression" not in item.path.parts)
