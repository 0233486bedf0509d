"""Whether the packages of an extra are installed; what each extra holds is read from this package's own metadata."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

PACKAGE = "absorption"


class MissingExtraError(Exception):
    """An extra is needed and not installed; the message says in one sentence how to install it."""


def insist_on(extra: str, what: str) -> None:
    """Do nothing if every package of the extra is installed.

    >>> insist_on("test", "make test")  # says nothing where pytest and the others are installed

    Args:
        extra: `book`, `cluster` or `test`.
        what: Who needs it, such as "absorption html".

    Raises:
        MissingExtraError: some package of it is not.
    """
    if missing := [name for name in packages_of(extra) if not _is_installed(name)]:
        raise MissingExtraError(
            f"{what} needs {', '.join(missing)}: install {'them' if len(missing) > 1 else 'it'} with "
            f"`python -m pip install '{PACKAGE}[{extra}]'`."
        )


def packages_of(extra: str) -> list[str]:
    """Names of the distributions that an extra adds; none where this package is not installed but only on the path.

    >>> from unittest.mock import patch
    >>> with patch(f"{__name__}.requires", lambda name: ["torch", 'pytest>=8; extra == "test"']):
    ...     packages_of("test")
    ['pytest']
    """
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        return []
    marked = re.compile(rf"extra\s*==\s*['\"]{re.escape(extra)}['\"]")
    return [re.split(r"[\s\[<>=!~;(]", line, maxsplit=1)[0] for line in lines if marked.search(line)]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
