"""Claims are concluded in a repository that is empty."""

import pytest


@pytest.fixture(autouse=True)
def _repository(tmp_path, monkeypatch):
    monkeypatch.setenv("ABSORPTION_ROOT", str(tmp_path))
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))
