"""What code a result depends on: everything that the module which makes it can import, read from the imports.

Lists kept by hand forget files, and then an old result is served as a new one. So the files are derived: the
import statements of a source are read without running it, those inside functions too, and followed through the
package. What is only imported for type checkers is left out, for it never runs.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = "absorption"


def package_folder() -> Path:
    """The folder of this package's source."""
    return Path(__file__).parents[1]


def fingerprints(names: Iterable[str]) -> dict[str, str]:
    """For every module that the named ones can reach, itself included, a hash of its code.

    Comments, docstrings and layout do not count: they change no result.

    Args:
        names: Modules of this package, such as `absorption.experiments.bank`.

    Raises:
        ModuleNotFoundError: a name is no module of this package.
    """
    folder = package_folder()
    return {name: code_hash(file_of(name, folder)) for name in sorted(reached(names, folder))}


def imported_by(path: Path) -> set[str]:
    """The modules of this package that a source anywhere names in its imports; a notebook's, for instance."""
    return imports(path, package_folder())


def reached(names: Iterable[str], folder: Path) -> set[str]:
    """Every module under `folder` that the named ones can import, directly or through others.

    Importing `a.b.c` runs `a` and `a.b` as well, so packages are reached with their modules.

    Raises:
        ModuleNotFoundError: a name is no module of the package.
    """
    found: set[str] = set()
    waiting = [parent for name in names for parent in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        path = file_of(name, folder)
        waiting += imports(path, folder) - found
    return found


def imports(path: Path, folder: Path) -> set[str]:
    """The package's modules that one source names in its imports, at any depth, with the packages they lie in."""
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
    ours = {name for name in named if name.split(".")[0] == PACKAGE and _path(name, folder) is not None}
    return {parent for name in ours for parent in _with_parents(name)}


def file_of(name: str, folder: Path) -> Path:
    """The source file of a module.

    Raises:
        ModuleNotFoundError: there is none.
    """
    path = _path(name, folder)
    if path is None:
        raise ModuleNotFoundError(f"{name} is no module of {PACKAGE}; its cache key cannot be derived.")
    return path


def _path(name: str, folder: Path) -> Path | None:
    base = folder.joinpath(*name.split(".")[1:])
    candidates = (base / "__init__.py", base.with_suffix(".py") if base != folder else base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


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
    """SHA-256 of a source without its comments and docstrings."""
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
