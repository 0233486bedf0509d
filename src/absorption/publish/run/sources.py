"""The notebooks' sources, their parameters, and the profiles that change them."""

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from absorption.claims.record import LAPTOP
from absorption.publish.errors import MendableError, UnknownNameError, WrongTypeError
from absorption.runtime.paths import root

NOT_A_LITERAL = object()
_CELL = re.compile(r"^# %%(?P<header>.*)\n(?P<body>(?:(?!# %%).*\n?)*)", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One notebook's source, `notebooks/NN_slug.py` in Jupytext's percent format."""

    path: Path

    @property
    def id(self) -> str:
        """The claim's id: the file name without its ending."""
        return self.path.stem

    @property
    def defaults(self) -> dict[str, Any]:
        """The parameters cell: names and default values; `NOT_A_LITERAL` where a value is computed.

        Raises:
            MendableError: there is no cell tagged `parameters`.
        """
        return dict(_assignments(self.tagged("parameters")))

    @property
    def design(self) -> dict[str, Any]:
        """The parameters on which the numbers depend: all but the profile's name and the device.

        Raises:
            MendableError: a parameter is computed, so that nobody can see what is frozen.
        """
        found = {name: value for name, value in self.defaults.items() if name not in ("profile", "device")}
        for name, value in found.items():
            if value is NOT_A_LITERAL:
                raise MendableError(
                    f"notebooks/{self.path.name}: the parameter {name} is computed; write its value, so that it can be registered."
                )
        return found

    def tagged(self, tag: str) -> str:
        """The text of the first cell with this tag.

        Raises:
            MendableError: there is none.
        """
        for cell in _CELL.finditer(self.path.read_text(encoding="utf-8")):
            if re.search(rf"tags=\[[^]]*\"{tag}\"", cell["header"]):
                return cell["body"]
        raise MendableError(f"notebooks/{self.path.name} has no cell tagged `{tag}`; give one that tag.")


def all_sources() -> list[Source]:
    """Every notebook, in order."""
    return [Source(path) for path in sorted((root() / "notebooks").glob("[0-9][0-9]_*.py"))]


def select(names: Iterable[str]) -> list[Source]:
    """The named notebooks in the book's order, or all of them; `02`, a slug, a file name or a path will do.

    Raises:
        UnknownNameError: there is no such notebook.
    """
    sources = all_sources()
    wanted: set[str] = set()
    for name in names:
        stem = Path(name).stem
        found = [s.id for s in sources if stem in (s.id, s.id[:2], s.id[3:])]
        if not found:
            raise UnknownNameError("notebook", name, (s.id for s in sources))
        wanted.update(found)
    return [s for s in sources if not wanted or s.id in wanted]


def profiles() -> list[str]:
    """`laptop`, which is the notebooks' own defaults, and every file in `profiles/`."""
    return [LAPTOP, *sorted(path.stem for path in (root() / "profiles").glob("*.yml"))]


def profile_parameters(profile: str) -> dict[str, dict[str, Any]]:
    """What a profile changes, by notebook id; the entry `all` is meant for every notebook.

    Raises:
        UnknownNameError: there is no such profile.
    """
    if profile not in profiles():
        raise UnknownNameError("profile", profile, profiles())
    if profile == LAPTOP:
        return {}
    import yaml

    return yaml.safe_load((root() / "profiles" / f"{profile}.yml").read_text(encoding="utf-8")) or {}


def injected(
    source: Source, profile: str, device: str | None, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters that differ from the notebook's defaults, which are all that papermill injects.

    Raises:
        UnknownNameError: the profile does not exist, or names a parameter that the notebook does not have.
        WrongTypeError: a value is not of its default's type.
    """
    changes = profile_parameters(profile)
    asked = {"profile": profile, **changes.get("all", {}), **changes.get(source.id, {})}
    if device is not None:
        asked["device"] = device
    defaults = source.defaults
    asked |= {name: value for name, value in overrides.items() if name in defaults}
    for name, value in asked.items():
        if name not in defaults:
            raise UnknownNameError(f"parameter in {source.path.name} called", name, defaults)
        if not _like(value, defaults[name]):
            raise WrongTypeError(name, value, defaults[name])
    return {name: value for name, value in asked.items() if defaults[name] != value}


def check_overrides(sources: Iterable[Source], overrides: Mapping[str, Any]) -> None:
    """Refuse a parameter that none of the notebooks has, or whose type is not its default's.

    Raises:
        UnknownNameError: with the parameters that there are.
        WrongTypeError: with the default.
    """
    defaults = [source.defaults for source in sources]
    valid = dict.fromkeys(name for own in defaults for name in own)
    for name, value in overrides.items():
        if name not in valid:
            raise UnknownNameError("parameter", name, valid)
        for own in defaults:
            if name in own and not _like(value, own[name]):
                raise WrongTypeError(name, value, own[name])


def _like(value: Any, default: Any) -> bool:
    """Whether a value may stand where the default stands; whole numbers may stand for others, lists for tuples.

    Each element of a list is like some element of the default, if that has any; so is each value of a mapping.
    """
    if default is None or default is NOT_A_LITERAL:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple) and _all_like(value, default)
    if isinstance(default, dict):
        return isinstance(value, dict) and _all_like(value.values(), default.values())
    return isinstance(value, int | float if isinstance(default, float) else type(default))


def _all_like(values: Iterable[Any], defaults: Collection[Any]) -> bool:
    return not defaults or all(any(_like(value, one) for one in defaults) for value in values)


def _assignments(body: str) -> Iterable[tuple[str, Any]]:
    """Names and values assigned at the top level of a cell."""
    for statement in ast.parse(body).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                try:
                    yield name, ast.literal_eval(value)
                except ValueError:
                    yield name, NOT_A_LITERAL
            case _:
                continue
