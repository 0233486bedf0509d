"""Derived keys: each file of a copy of the library is edited in turn, and only what can reach it moves.

What should move is read independently of `runtime.reach`: the library's imports by grimp, the notebooks' by a regular
expression.
"""

import functools
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grimp
import pytest

import absorption
from absorption.publish.run.freshness import EXECUTES, fingerprint
from absorption.publish.run.sources import all_sources
from absorption.runtime import reach
from absorption.runtime.cache import cache_key

KEYS = {
    "bank": "absorption.experiments.bank",
    "language": "absorption.worlds.language",
    "residuals": "absorption.worlds.residuals",
    "spelling": "absorption.worlds.spelling",
}
IMPORT = re.compile(
    r"^ *from (absorption[\w.]*) import (\([^)]*\)|.*)$|^ *import (absorption[\w.]*)", re.MULTILINE
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the library; its set of files stays, so it is looked up once."""
    folder = tmp_path_factory.mktemp("edited") / "absorption"
    shutil.copytree(reach.package_folder(), folder, ignore=shutil.ignore_patterns("static", "__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "package_folder", lambda: folder)
        patch.setattr(reach, "modules", functools.cache(reach.modules))
        yield folder


def hashes() -> dict[str, str]:
    """Every cache key, and every notebook's fingerprint."""
    keys = {name: cache_key(module, {}, ()) for name, module in KEYS.items()}
    return keys | {source.id: fingerprint(source, {}, "laptop") for source in all_sources()}


def moved(before: dict[str, str]) -> set[str]:
    return {name for name, value in hashes().items() if value != before[name]}


@contextmanager
def edited(texts: Mapping[Path, str]) -> Iterator[None]:
    """Files with another text for a while, and then as they were, time of change included."""
    kept = {path: (path.read_bytes(), path.stat()) for path in texts}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    yield
    for path, (content, stat) in kept.items():
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture(scope="module")
def before(copied) -> dict[str, str]:
    return hashes()


@pytest.fixture(scope="module")
def moves_with(copied, before) -> dict[str, set[str]]:
    """For each file, what moves when a statement is appended to it."""
    found = {}
    for path in sorted(copied.rglob("*.py")):
        with edited({path: path.read_text(encoding="utf-8") + "\nEDITED = 1\n"}):
            found[path.relative_to(copied).as_posix()] = moved(before)
    assert not moved(before)
    return found


@pytest.fixture(scope="module")
def reaches() -> dict[str, set[str]]:
    """For each key and notebook the files that its imports lead to, by grimp and a regular expression."""
    graph = grimp.build_graph("absorption", exclude_type_checking_imports=True, cache_dir=None)

    def with_packages(names):
        known = {name for name in names if name in graph.modules}
        return {".".join(name.split(".")[:n]) for name in known for n in range(1, name.count(".") + 2)}

    def closure(names):
        found, waiting = set(), with_packages(names)
        while waiting:
            found |= waiting
            nearby = {far for near in waiting for far in graph.find_modules_directly_imported_by(near)}
            waiting = with_packages(nearby) - found
        return {_file(name) for name in found}

    starts = {name: {module} for name, module in KEYS.items()}
    for source in all_sources():
        starts[source.id] = {EXECUTES}
        for package, names, plain in IMPORT.findall(source.path.read_text(encoding="utf-8")):
            starts[source.id] |= {package, plain} | {f"{package}.{n}" for n in re.findall(r"\w+", names)}
    return {name: closure(modules) for name, modules in starts.items()}


def _file(module: str) -> str:
    parts = module.split(".")[1:]
    is_package = Path(absorption.__file__).parent.joinpath(*parts).is_dir()
    return "/".join([*parts, "__init__.py"]) if is_package else "/".join(parts) + ".py"


def test_an_edit_moves_what_reaches_the_file_and_nothing_else(moves_with, reaches):
    assert len(moves_with) > 100
    for file, names in moves_with.items():
        assert names == {name for name, files in reaches.items() if file in files}, file


def test_a_measure_that_no_model_page_uses_moves_no_key_and_none_of_them(moves_with):
    texts = {source.id: source.path.read_text(encoding="utf-8") for source in all_sources()}
    on_a_model = {name for name, text in texts.items() if "absorption.worlds.language" in text}
    others = {name for name in on_a_model if "clustering" not in texts[name]}
    assert others and not moves_with["measures/clustering.py"] & (others | set(KEYS))
    assert "06_clustering_or_features" in moves_with["measures/clustering.py"]


def test_the_sparse_step_moves_the_bank_and_no_residual_stream(moves_with):
    moving = moves_with["saes/fit/sparse_products.py"] & set(KEYS)
    assert moving == {"bank"}


def test_comments_and_docstrings_move_nothing(copied, before):
    texts = {}
    for path in copied.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        texts[path] = re.sub(r'^(\s*)"""(?=\w)', r'\1"""Edited: ', text, flags=re.MULTILINE) + "# Edited.\n"
        assert texts[path].count("Edited") > 1 or not text.startswith('"""')
    with edited(texts):
        assert not moved(before)


def test_imports_count_wherever_they_run(tmp_path):
    sources = {
        "__init__": "",
        "a": "def lazy():\n    from absorption.room import b",
        "room/__init__": "import absorption.c",
        "room/b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absorption.never",
        "c": "from absorption.room.b import name, never",
        "never": "",
    }
    for name, text in sources.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    files = reach.modules(tmp_path)
    assert set(files) == {"absorption", *(f"absorption.{n}" for n in ("a", "room", "room.b", "c", "never"))}
    everything = {"absorption", *(f"absorption.{n}" for n in ("a", "room", "room.b", "c"))}
    assert reach.reached(["absorption.a"], files) == everything
    with pytest.raises(ModuleNotFoundError, match=r"absorption\.nothing is no module"):
        reach.reached(["absorption.nothing"], files)
