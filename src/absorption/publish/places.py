"""Where a profile's notebooks and records are published."""

from dataclasses import dataclass
from pathlib import Path

from absorption.claims.record import LAPTOP, QUICK
from absorption.runtime.paths import results_dir, root


@dataclass(frozen=True)
class Place:
    """The folders of one book.

    Args:
        book: The folder that holds `_config.yml`, from which the pages are built.
        results: Where the records go.
        trial: Whether this is a run with a person's own parameters, which no book shows.
    """

    book: Path
    results: Path
    trial: bool = False

    @property
    def claims(self) -> Path:
        """The folder of the executed notebooks."""
        return self.book / "book" / "claims"

    @property
    def index(self) -> Path:
        """The first page of the built book."""
        return self.book / "_build" / "html" / "index.html"


def place(profile: str, trial: bool = False) -> Place:
    """The laptop's book is the repository itself; any other profile and a trial get a tree of their own.

    The quick profile's records stay there too: its numbers decide nothing, so no ledger but its own shows them.
    """
    if trial:
        folder = root() / "_build" / "trial"
        return Place(folder, folder / "results", trial=True)
    if profile == LAPTOP:
        return Place(root(), results_dir())
    folder = root() / "_build" / profile
    return Place(folder, folder / "results" if profile == QUICK else results_dir())
