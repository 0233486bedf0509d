"""Sources, parameters and profiles."""

import jupytext
import pytest

from absorption.publish.errors import MendableError, UnknownNameError, WrongTypeError
from absorption.publish.run.sources import NOT_A_LITERAL, Source, check_overrides, injected, profiles, select


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
    with pytest.raises(MendableError, match=r"01_one\.py: the parameter low is computed; write its value"):
        _ = Source(path).design


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


@pytest.mark.parametrize(
    ("default", "value", "sentence"),
    [
        ("(1, 2)", [2.5], "a tuple of int (its default is (1, 2)), not a list of float ([2.5])."),
        (
            "(0.5, 2)",
            ["1e3"],
            "a tuple of float and int (its default is (0.5, 2)), not a list of str (['1e3']).",
        ),
        ("[(1, 2)]", [3], "a list of tuple (its default is [(1, 2)]), not a list of int ([3])."),
        (
            '{"a": 1}',
            {"a": 1.5},
            "a dict of int (its default is {'a': 1}), not a dict of float ({'a': 1.5}).",
        ),
        ('"cpu"', 3, "a str (its default is 'cpu'), not an int (3)."),
        ("True", 1, "a bool (its default is True), not an int (1)."),
    ],
)
def test_what_cannot_be_what_the_default_is_is_refused(house, default, value, sentence):
    path = house.add("01_one")
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace("low = 0.5", f"low = 0.5\nwide = {default}"), encoding="utf-8")
    for refuses in (
        lambda: check_overrides([Source(path)], {"wide": value}),
        lambda: injected(Source(path), "laptop", None, {"wide": value}),
    ):
        with pytest.raises(WrongTypeError) as refused:
            refuses()
        assert str(refused.value) == "Parameter wide is " + sentence


def test_what_can_be_what_the_default_is_is_taken(house):
    path = house.add("01_one")
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace("low = 0.5", "low = 0.5\nwide = (1, 0.5)\nfree = None"), encoding="utf-8")
    check_overrides([Source(path)], {"wide": [3, 4], "low": 1, "free": "anything", "n_steps": 2})


def test_a_profile_gives_values_of_the_defaults_types(house):
    source = Source(house.add("01_one"))
    profile = house.root / "profiles" / "gpu.yml"
    profile.write_text("01_one:\n  n_steps: many\n", encoding="utf-8")
    with pytest.raises(WrongTypeError, match=r"n_steps is an int \(its default is 3\), not a str \('many'\)"):
        injected(source, "gpu", None, {})


def test_a_source_without_parameters_is_named(tmp_path):
    (tmp_path / "01_bare.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    with pytest.raises(MendableError, match=r"01_bare\.py has no cell tagged `parameters`"):
        Source(tmp_path / "01_bare.py").defaults  # noqa: B018  the property raises
