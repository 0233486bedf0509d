"""Where a number comes from: the source, the versions and the commit."""

import hashlib
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from absorption.runtime.paths import root

PACKAGES = ("numpy", "scipy", "scikit-learn", "sympy", "z3-solver", "torch", "sae-lens", "transformers")


def source_hash(claim_id: str) -> str:
    """SHA-256 of the text of `notebooks/<id>.py`; empty where there is no such file.

    >>> source_hash("99_no_such_page")
    ''
    """
    path = root() / "notebooks" / f"{claim_id}.py"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def versions() -> dict[str, str]:
    """Python and the installed packages that a number can depend on.

    Public versions: a local suffix such as `+cpu` says only where a wheel came from.

    >>> versions()["torch"].count("+"), versions()["python"].count(".")
    (0, 2)
    """
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package).split("+")[0]
        except PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The commit that is checked out, with `-dirty` where files differ from it.

    >>> commit() != ""  # 40 hexadecimal digits, or `unknown` outside a repository
    True
    """
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(
            command, cwd=root(), capture_output=True, encoding="utf-8", check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
