"""Build the static pages from the executed notebooks."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from absorption.claims.record import LAPTOP, QUICK
from absorption.publish.errors import BuildFailedError
from absorption.publish.explorer import FOLDER
from absorption.publish.light import START as WITHOUT_GRAMMAR
from absorption.publish.places import Place, place
from absorption.publish.run.sources import profile_parameters
from absorption.runtime.paths import results_dir, root

START = WITHOUT_GRAMMAR + "from jupyter_book.cli.main import main; main()"
COMMAND = ("-c", START, "build", "-W", "-n", "--keep-going", "--all", ".")
LINES_SHOWN = 15


def build(profile: str) -> Path:
    """Build a profile's book, with warnings as errors, and give its first page.

    Raises:
        UnknownNameError: there is no such profile.
        BuildFailedError: with the warnings; the log of the build is named.
    """
    profile_parameters(profile)
    where = place(profile)
    if profile != LAPTOP:
        _stage(where, profile)
    # Jupyter Book reports to Sphinx's own output; one file keeps the order of both.
    log = where.book / "_build" / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as stream:
        code = subprocess.run(
            [sys.executable, *COMMAND], cwd=where.book, stdout=stream, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONWARNINGS": "ignore", "ABSORPTION_RESULTS": str(where.results)},
        ).returncode  # fmt: skip
    if code != 0 or not where.index.exists():
        raise BuildFailedError(f"The pages could not be built; {log} has it all:\n{_complaints(log)}")
    return where.index


def _stage(where: Place, profile: str) -> None:
    """Give another profile a tree of its own: the prose, its notebooks, and the laptop's where it has none."""
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(root() / name, _parent(where.book / name))
    for path in (root() / "book").rglob("*"):
        copy = where.book / path.relative_to(root())
        if path.is_file() and not _made_by(profile, copy):
            shutil.copyfile(path, _parent(copy))
    if profile == QUICK:
        _stage_records(where)


def _stage_records(where: Place) -> None:
    """Beside the quick records the laptop's of the pages that quick has not run, and of no others."""
    for page in where.claims.glob("*.ipynb"):
        for folder in (Path(), Path(FOLDER)):
            theirs = results_dir() / folder / f"{page.stem}.json"
            copy = where.results / folder / theirs.name
            if theirs.exists() and not _made_by(QUICK, page):
                shutil.copyfile(theirs, _parent(copy))
            else:
                copy.unlink(missing_ok=True)


def _made_by(profile: str, path: Path) -> bool:
    """Whether `path` is a notebook that this profile executed."""
    if path.suffix != ".ipynb" or not path.exists():
        return False
    return json.loads(path.read_text(encoding="utf-8"))["metadata"]["absorption"]["profile"] == profile


def _parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _complaints(log: Path) -> str:
    """The warnings and errors of a build, or its last lines."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace")).splitlines()
    found = [line for line in lines if "WARNING" in line or "ERROR" in line or "Error" in line]
    return "\n".join((found or lines)[-LINES_SHOWN:])
