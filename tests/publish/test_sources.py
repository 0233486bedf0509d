"""Sources, parameters and profiles."""

import jupytext
import pytest

from absorption.publish.errors import MendableError, UnknownNameError
from absorption.publish.run.sources import NOT_A_LITERAL, Source, injected, profiles, select


def test_parameters_are_read_as_jupytext_reads_them(house):
    path = house.add("01_one")
    path.write_text(
        path.read_text(encoding="utf-8").replace("low = 0.5", "wide: list[int] = [1, 2]\nlow = 2 ** 3"),
        encoding="utf-8",
    )
    cells = [c for c in jupytext.read(path).cells if "parameters" in c.metadata.get("tags", [])]
    scope: dict = {}
    exec(cells[0].source, scope)
    defaults = Source(path).defaults
    assert list(defaults) == ["n_steps", "wide", "low", "profile", "device"]
    assert defaults["low"] is NOT_A_LITERAL
    assert all(scope[name] == value for name, value in defaults.items() if value is not NOT_A_LITERAL)


@pytest.mark.parametrize("name", ["02", "02_two", "two", "02_two.py", "notebooks/02_two.py"])
def test_a_notebook_has_several_names(house, name):
    house.add("01_one")
    house.add("02_two")
    assert [s.id for s in select([name])] == ["02_two"]
    assert [s.id for s in select([])] == ["01_one", "02_two"]


def test_only_what_differs_from_the_default_is_injected(house):
    source = Source(house.add("01_one"))
    assert injected(source, "laptop", None, {}) == {}
    assert injected(source, "laptop", "auto", {"n_steps": 3}) == {}
    assert injected(source, "laptop", "cpu", {"n_steps": 4}) == {"device": "cpu", "n_steps": 4}
    assert injected(source, "gpu", None, {}) == {"profile": "gpu", "device": "cpu", "n_steps": 5}
    assert profiles() == ["laptop", "gpu"]
    with pytest.raises(UnknownNameError, match="laptop, gpu"):
        injected(source, "moon", None, {})


def test_a_source_without_parameters_is_named(tmp_path):
    (tmp_path / "01_bare.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    with pytest.raises(MendableError, match=r"01_bare\.py has no cell tagged `parameters`"):
        Source(tmp_path / "01_bare.py").defaults  # noqa: B018  the property raises
