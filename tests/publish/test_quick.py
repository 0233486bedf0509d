"""The quick profile: a book of its own, and references that a deliberate change renews."""

import json

import pytest
from typer.testing import CliRunner

from absorption.cli import app
from absorption.publish.run.references import outdated, reference
from absorption.publish.run.sources import select


def absorption(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_quick_run_publishes_nothing_and_its_references_say_what_moved(house):
    source = house.add("01_one")
    (house.root / "profiles/quick.yml").write_text("all: {}\n01_one:\n  n_steps: 4\n", encoding="utf-8")
    (one,) = select([])
    assert outdated(one).startswith("tests/regression/quick/01_one.ipynb is missing; `absorption run")
    code, said = absorption("run", "--profile", "quick", "--accept")
    assert code == 0 and "01_one: new; toy: qualified" in said
    assert not list(house.results.iterdir()) and not list(house.claims.iterdir())
    assert (house.root / "_build/quick/results/01_one.quick.json").exists()
    folder = house.root / "tests/regression/quick"
    record = json.loads((folder / "01_one.json").read_text(encoding="utf-8"))
    assert record["parameters"] == {"n_steps": 4} and record["made"] == {}
    cells = json.loads((folder / "01_one.ipynb").read_text(encoding="utf-8"))["cells"]
    assert {cell["cell_type"] for cell in cells} == {"code"}
    assert [bool(cell["outputs"]) for cell in cells].count(True) == 1
    assert any("injected-parameters" in cell["metadata"].get("tags", []) for cell in cells)
    assert outdated(one) == ""

    assert absorption("run", "--profile", "quick", "--accept")[1].endswith("01_one: nothing moved\n")
    source.write_text(
        source.read_text(encoding="utf-8").replace("range(n_steps)", "range(n_steps + 1)"), encoding="utf-8"
    )
    assert "01_one.ipynb is older than notebooks/01_one.py; `absorption run" in outdated(one)
    said = absorption("run", "--profile", "quick", "--accept")[1]
    assert "01_one: total: 6, exact → 10, exact" in said and outdated(one) == ""


def test_only_the_quick_profile_makes_references(house):
    house.add("01_one")
    code, said = absorption("run", "--accept")
    assert code == 1 and said.startswith("--accept renews")


def test_a_reference_keeps_what_is_checked():
    cells = [
        {"cell_type": "markdown", "source": "words", "metadata": {}},
        {"cell_type": "code", "source": "a", "metadata": {}, "outputs": [1]},
        {"cell_type": "code", "source": "b", "metadata": {"tags": ["nbval-check-output"]}, "outputs": [2]},
    ]
    kept = json.loads(reference(json.dumps({"cells": cells})))["cells"]
    assert [(cell["source"], cell["outputs"]) for cell in kept] == [("a", []), ("b", [2])]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("1e3", "Parameter n_steps is an int (its default is 3), not a float (1000.0)."),
        ("many", "Parameter n_steps is an int (its default is 3), not a str ('many')."),
        ("True", "Parameter n_steps is an int (its default is 3), not a bool (True)."),
    ],
)
def test_a_parameter_of_another_type_is_refused_at_once(house, value, sentence):
    house.add("01_one")
    assert absorption("run", "01", "-p", "n_steps", value) == (1, sentence + "\n")
