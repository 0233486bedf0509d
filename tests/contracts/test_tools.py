"""The style, the types and the direction in which the rooms of the library may import each other."""

import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from absorption.runtime.paths import root
from absorption.runtime.reach import package_folder

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("basedpyright", "--level", "error"),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_tool(command):
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=root(), capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_a_contract_that_names_all_others():
    settings = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    rooms = {path.parent.name for path in package_folder().glob("*/__init__.py")}
    contracts = {contract["source_modules"][0]: contract for contract in settings["contracts"]}
    assert set(contracts) == {f"absorption.{room}" for room in rooms}
    may = {
        "runtime": set(),
        "theory": set(),
        "worlds": {"runtime"},
        "saes": {"runtime"},
        "claims": {"runtime"},
        "figures": {"runtime"},
        "measures": {"runtime", "saes"},
        "experiments": {"runtime", "saes", "worlds", "measures", "theory"},
        "publish": {"runtime", "claims", "figures"},
    }
    for room, known in may.items():
        forbidden = {f"absorption.{other}" for other in (*rooms, "cli")} - {f"absorption.{room}"}
        forbidden -= {f"absorption.{other}" for other in known}
        if room in ("theory", "claims", "figures", "publish"):
            forbidden.add("torch")
        assert set(contracts[f"absorption.{room}"]["forbidden_modules"]) == forbidden


def test_no_two_files_import_each_other_in_a_circle():
    """Imports inside functions count; those for type checkers alone do not."""
    graph = grimp.build_graph("absorption", exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 100
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' → '.join(reversed(error.args[1]))}")
