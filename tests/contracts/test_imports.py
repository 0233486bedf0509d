"""What an import loads: little where little is needed, and in the core nothing that only the extras bring."""

import json
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from absorption.runtime.paths import root
from absorption.runtime.reach import package_folder

HEAVY = "{'torch', 'sae_lens', 'transformers', 'plotly', 'papermill', 'jupytext', 'matplotlib', 'pandas'}"


def seconds(code: str) -> float:
    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(5))


def test_importing_takes_less_than_half_a_second():
    assert seconds("import absorption") - seconds("pass") < 0.5


def test_the_command_line_loads_nothing_heavy():
    code = f"import sys, absorption.cli; print({HEAVY} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8").stdout
        == "set()\n"
    )


def test_the_runner_loads_nothing_heavy():
    code = f"import sys, absorption.publish.run.runner; print({HEAVY} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8").stdout
        == "set()\n"
    )


def installed_with(requirements: list[str]) -> set[str]:
    """The distributions that pip installs for these requirements, by what is installed here."""
    found: dict[tuple[str, frozenset[str]], None] = {}
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        requirement = waiting.pop()
        name, asked = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, asked) in found or name == "absorption":
            continue
        found[name, asked] = None
        with suppress(PackageNotFoundError):
            for needed in map(Requirement, requires(name) or []):
                if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in (*asked, "")):
                    waiting.append(needed)
    return {name for name, _ in found}


def only_with_extras() -> set[str]:
    """Top-level modules that are there with `absorption[book]` or `[test]`, and not with `absorption` alone."""
    project = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = installed_with(project["dependencies"])
    extra = installed_with([line for lines in project["optional-dependencies"].values() for line in lines])
    return {
        module
        for module, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} - (extra - core)
    }


IMPORT_THE_CORE = """
import importlib, json, pkgutil, sys

absent, rooms = json.loads(sys.stdin.read())

class Present:
    # Finds what the others find, but for what is absent.

    def __init__(self, finders):
        self.finders = finders

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            return None
        found = (finder.find_spec(name, path, target) for finder in self.finders)
        return next((spec for spec in found if spec is not None), None)

    def find_distributions(self, context):
        for finder in self.finders:
            yield from getattr(finder, "find_distributions", lambda context: ())(context)

sys.meta_path[:] = [Present(list(sys.meta_path))]
import absorption
imported = [
    module.name
    for module in pkgutil.walk_packages(absorption.__path__, "absorption.")
    if module.name.split(".")[1] in rooms and importlib.import_module(module.name)
]
print(json.dumps(imported))
"""


def test_every_module_of_the_core_can_be_imported_without_the_extras():
    absent = only_with_extras()
    assert {"papermill", "jupytext", "sphinx", "matplotlib", "pytest", "hypothesis"} <= absent
    assert not {"torch", "sae_lens", "numpy", "yaml"} & absent
    rooms = ["worlds", "saes", "measures", "theory", "experiments", "claims", "runtime", "cli"]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_CORE],
        input=json.dumps([sorted(absent), rooms]),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    imported = {Path(*name.split(".")[1:]) for name in json.loads(done.stdout)}
    files = {path.relative_to(package_folder()).with_suffix("") for path in package_folder().rglob("*.py")}
    expected = {path.parent if path.name == "__init__" else path for path in files if path.parts[0] in rooms}
    assert imported == expected and len(expected) > 70
