"""Text is UTF-8, whatever the machine's locale says."""

import ast
import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

from absorption.runtime.paths import root

FOLDERS = ("src", "tests", "benchmarks", "notebooks")
SOURCES = [
    root() / "bootstrap.py",
    *(path for name in FOLDERS for path in sorted((root() / name).rglob("*.py"))),
]
PLACE_OF_MODE = {"open": 1, "fdopen": 1}
"""Where the mode stands in a call of the function; in a call of the method of a path it comes first."""


def opens_in_the_locale(source: str) -> list[str]:
    """Calls that read or write text without saying in which encoding, docstrings' examples included."""
    found = []
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not any(word.arg == "encoding" for word in node.keywords):
            if _reads_text(node):
                found.append(f"line {node.lineno}: {ast.unparse(node)[:80]}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and ">>> " in node.value:
            for example in doctest.DocTestParser().get_examples(node.value):
                found += [f"line {node.lineno}, {inside}" for inside in opens_in_the_locale(example.source)]
    return found


def _reads_text(call: ast.Call) -> bool:
    words = {word.arg: word.value for word in call.keywords}
    match call.func:
        case ast.Attribute(attr="read_text" | "write_text"):
            # With a package's own function of this name the arguments are not text: `experiments.words.read_text`.
            return True
        case ast.Attribute(
            value=ast.Name(id="os" | "io" | "gzip" | "tarfile" | "zipfile" | "Image"), attr="open"
        ):
            return False
        case (
            ast.Name(id="open" | "NamedTemporaryFile")
            | ast.Attribute(attr="open" | "fdopen" | "NamedTemporaryFile")
        ):
            return _mode_is_text(call, words)
        case ast.Attribute(attr="run" | "Popen" | "check_output"):
            return "text" in words or "universal_newlines" in words
        case _:
            return False


def _mode_is_text(call: ast.Call, words: dict) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
    if name == "NamedTemporaryFile":
        modes = [words["mode"]] if "mode" in words else call.args[:1]
        return bool(modes) and "b" not in ast.literal_eval(modes[0])
    at = PLACE_OF_MODE[name] if isinstance(call.func, ast.Name) else 0
    modes = [words["mode"]] if "mode" in words else call.args[at : at + 1]
    return not modes or not isinstance(modes[0], ast.Constant) or "b" not in str(modes[0].value)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(root())))
def test_every_text_names_its_encoding(path: Path):
    assert opens_in_the_locale(path.read_text(encoding="utf-8")) == []


def test_what_the_reader_of_sources_finds():
    assert (
        len(
            opens_in_the_locale(
                "p.read_text()\nopen('f')\nopen('f', 'w')\np.open('w')\nrun.run(c, text=True)"
            )
        )
        == 5
    )
    assert not opens_in_the_locale(
        "p.read_text(encoding='utf-8')\nopen('f', 'rb')\np.open('wb')\nos.open('f', 1)"
    )


PROBE = """
import locale
from absorption.runtime.cache import cache_key
from absorption.claims.record import Record
from absorption.publish.run.sources import all_sources, injected
assert locale.getencoding().lower() in ("ascii", "us-ascii", "ansi_x3.4-1968", "646"), locale.getencoding()
print(cache_key("absorption.experiments.bank", {}, []))
print(len([injected(source, "quick", None, {}) for source in all_sources()]))
"""


def test_nothing_depends_on_the_locale():
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env=os.environ | ascii_only | {"PYTHONPATH": str(root() / "src")},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
