"""The examples in the library's docstrings: each runs and prints what it says, and no public function is without one."""

import ast
import doctest
import importlib
import io
import sys

import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell

from absorption.publish.page.api import modules_of
from absorption.runtime.paths import root
from absorption.runtime.reach import modules, package_folder

ROOMS = sorted(
    path.name
    for path in package_folder().iterdir()
    if (path / "__init__.py").exists() and path.name != "publish"
)
MODULES = [name for room in ROOMS for name in modules_of(room)]
FILES = modules(package_folder())
SKIPPED = {
    "absorption.saes.exchange.released.load_release": "downloads an SAE from the hub",
    "absorption.worlds.packaged.load_parted": "reads a model of 240 MB, which no setup installs",
}
"""Functions whose example cannot run here (at most ten), with the reason."""

Documented = ast.FunctionDef | ast.ClassDef


def documented(module: str) -> dict[str, Documented]:
    """What is public in a module, its methods too, by name."""
    found = {}
    for one in ast.parse(FILES[module].read_text(encoding="utf-8")).body:
        if isinstance(one, Documented) and not one.name.startswith("_"):
            found[one.name] = one
            inside = one.body if isinstance(one, ast.ClassDef) else []
            methods = [each for each in inside if isinstance(each, ast.FunctionDef)]
            found |= {f"{one.name}.{each.name}": each for each in methods}
    return found


def examples(module: str, names: dict[str, object]) -> list[doctest.DocTest]:
    """The examples of a module, one a docstring, with these names to begin with."""
    found = []
    for name, one in documented(module).items():
        text = ast.get_docstring(one, clean=False) or ""
        made = doctest.DocTestParser().get_doctest(
            text, dict(names), f"{module}.{name}", str(FILES[module]), one.body[0].lineno - 1
        )
        found += [made] if made.examples else []
    return found


@pytest.fixture(autouse=True)
def away_from_home(monkeypatch, tmp_path):
    """Nothing is written to the repository, and no figure stays open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))
    # Another test of this worker may have started a shell, to which `display` would then give what it prints.
    monkeypatch.setattr(InteractiveShell, "initialized", classmethod(lambda cls: False))
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_print_what_they_say(module):
    report = io.StringIO()
    for example in examples(module, vars(importlib.import_module(module))):
        doctest.DocTestRunner(verbose=False).run(example, out=report.write)
    assert not report.getvalue(), report.getvalue()


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_has_an_example(room):
    lack = [
        f"{module}.{name}"
        for module in modules_of(room)
        for name, one in documented(module).items()
        if isinstance(one, ast.FunctionDef)
        and "." not in name
        and ">>> " not in (ast.get_docstring(one) or "")
    ]
    assert not lack, "without an example in its docstring: " + ", ".join(lack)


def test_an_example_is_skipped_only_for_a_reason_and_ten_at_most():
    skipped = {
        made.name
        for module in MODULES
        for made in examples(module, {})
        if any(example.options.get(doctest.SKIP) for example in made.examples)
    }
    assert skipped == set(SKIPPED) and len(skipped) <= 10 and all(SKIPPED.values())


def test_every_room_has_its_page_in_the_book():
    parts = yaml.safe_load((root() / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    listed = {each["file"] for part in parts for each in part["chapters"]}
    for room in ROOMS:
        assert f"book/api/{room}" in listed
        assert f"```{{room}} {room}\n" in (root() / "book" / "api" / f"{room}.md").read_text(encoding="utf-8")
