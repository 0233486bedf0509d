"""What code a result depends on: everything that the module which makes it can import, read from the imports.

Lists kept by hand forget files, and then an old result is served as a new one. So the files are derived: the
import statements of a source are read without running it, those inside functions too, and followed through the
package. What is only imported for type checkers is left out, for it never runs.
"""

import ast
import hashlib
import os
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

PACKAGE = "absorption"
ONE_AT_A_TIME = threading.Lock()
"""Python up to 3.12 may fail if two threads build syntax trees at once ("AST constructor recursion depth mismatch")."""


def package_folder() -> Path:
    """The folder of this package's source.

    >>> package_folder().name
    'absorption'
    """
    return Path(__file__).parents[1]


def fingerprints(names: Iterable[str]) -> dict[str, str]:
    """For every module that the named ones can reach, itself included, a hash of its code.

    Comments, docstrings and layout do not count: they change no result.

    >>> list(fingerprints(["absorption.runtime.paths"]))
    ['absorption', 'absorption.runtime', 'absorption.runtime.paths']

    Args:
        names: Modules of this package, such as `absorption.experiments.bank`.

    Raises:
        ModuleNotFoundError: a name is no module of this package.
    """
    files = modules(package_folder())
    with ONE_AT_A_TIME:
        return {name: code_hash(files[name]) for name in sorted(reached(names, files))}


def imported_by(path: Path) -> set[str]:
    """The modules of this package that a source anywhere names in its imports; a notebook's, for instance.

    >>> sorted(imported_by(package_folder() / "runtime" / "cache.py"))[2:]
    ['absorption.runtime.paths', 'absorption.runtime.reach']
    """
    return imports(path, modules(package_folder()))


def modules(folder: Path) -> dict[str, Path]:
    """Every module and package whose source lies under a folder that is this package: name → file.

    >>> modules(package_folder())["absorption.runtime.paths"].name
    'paths.py'
    """
    found = {}
    for parent, _, names in os.walk(folder):
        inside = [PACKAGE, *Path(parent).relative_to(folder).parts]
        for name in names:
            if name.endswith(".py"):
                own = [] if name == "__init__.py" else [name.removesuffix(".py")]
                found[".".join(inside + own)] = Path(parent, name)
    return found


def reached(names: Iterable[str], files: Mapping[str, Path]) -> set[str]:
    """Every one of the modules that the named ones can import, directly or through others.

    Importing `a.b.c` runs `a` and `a.b` as well, so packages are reached with their modules.

    >>> files = modules(package_folder())
    >>> sorted(reached(["absorption.runtime.cache"], files))[3:]
    ['absorption.runtime.paths', 'absorption.runtime.reach']

    Raises:
        ModuleNotFoundError: a name is none of them.
    """
    found: set[str] = set()
    waiting = [parent for name in names for parent in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in files:
            raise ModuleNotFoundError(f"{name} is no module of {PACKAGE}; its cache key cannot be derived.")
        found.add(name)
        waiting += imports(files[name], files) - found
    return found


def imports(path: Path, files: Mapping[str, Path]) -> set[str]:
    """Which of the modules one source names in its imports, at any depth, with the packages they lie in.

    >>> files = modules(package_folder())
    >>> sorted(imports(files["absorption.runtime.cache"], files))[2:]
    ['absorption.runtime.paths', 'absorption.runtime.reach']
    """
    named = _named(path, path.stat().st_mtime_ns)
    return {parent for name in named if name in files for parent in _with_parents(name)}


@cache
def _named(path: Path, changed: int) -> frozenset[str]:
    """Every name that a source's imports could mean a module by."""
    named: set[str] = set()
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                named.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                named.add(module)
                # `from package import name`: the name may be a module of its own.
                named.update(f"{module}.{alias.name}" for alias in aliases)
            case _:
                continue
    return frozenset(name for name in named if name.split(".")[0] == PACKAGE)


@cache
def _with_parents(name: str) -> tuple[str, ...]:
    parts = name.split(".")
    return tuple(".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _running(tree: ast.AST) -> Iterable[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING:`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def code_hash(path: Path) -> str:
    """SHA-256 of a source without its comments and docstrings.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plain, explained = Path(folder, "plain.py"), Path(folder, "explained.py")
    ...     _ = plain.write_text("x = 1", encoding="utf-8"), explained.write_text("x = 1  # one", encoding="utf-8")
    ...     code_hash(plain) == code_hash(explained)
    True
    """
    return _code_hash(path, path.stat().st_mtime_ns)


@cache
def _code_hash(path: Path, changed: int) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """A docstring, or the text that documents a field or a constant."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
