"""`absorption new-claim NN slug`: a page in the book's form that runs at once, with marks where its author decides."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from absorption.publish.errors import MendableError
from absorption.publish.run.sources import all_sources
from absorption.publish.run.unwritten import sabotage_file
from absorption.runtime.paths import registrations_dir, results_dir, root, write_atomically

TEMPLATES = Path(__file__).with_name("templates")
LONGEST_SLUG = 40  # letters: it is a file's name and part of an address


def new_claim(number: str, slug: str) -> list[str]:
    """Write a claim's notebook, its sabotage and its section of the quick profile; give their names.

    All of them are written or none. Nothing else is touched: the table of contents and the map name a page that is
    there, so they come last, and `absorption check` says when.

    Args:
        number: Two digits that no claim has.
        slug: Lower-case words with underscores between them.

    Raises:
        MendableError: the number or the slug is malformed or taken.
        OSError: a file cannot be read or written.
    """
    _refuse_malformed(number, slug)
    _refuse_taken(number, slug)
    claim_id = f"{number}_{slug}"
    quick = root() / "profiles" / "quick.yml"
    before = quick.read_text(encoding="utf-8")
    if re.search(rf"^{claim_id}:", before, re.MULTILINE):
        raise MendableError(f"profiles/quick.yml has a section {claim_id} already; remove it first.")
    files = {
        sabotage_file(claim_id): _filled("sabotage.py", claim_id),
        quick: before.rstrip("\n") + "\n" + _filled("quick.yml", claim_id),
        root() / "notebooks" / f"{claim_id}.py": _filled("page.py", claim_id),
    }
    _write_all(files, {quick: before})
    return [path.relative_to(root()).as_posix() for path in files]


def _refuse_malformed(number: str, slug: str) -> None:
    if not re.fullmatch(r"\d\d", number) or number == "00":
        raise MendableError(f"{number!r} is no number of a claim: give two digits, such as {_free()}.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug) or len(slug) > LONGEST_SLUG:
        raise MendableError(
            f"{slug!r} is no slug: give lower-case words with underscores between them, at most {LONGEST_SLUG} "
            "letters, such as absorption_law."
        )


def _refuse_taken(number: str, slug: str) -> None:
    for source in all_sources():
        if source.id[3:] == slug:
            raise MendableError(f"notebooks/{source.path.name} has this slug already; give another one.")
    for path in _numbered():
        if path.name.startswith(f"{number}_"):
            raise MendableError(f"{path.parent.name}/{path.name} has the number {number}; {_free()} is free.")


def _numbered() -> Iterator[Path]:
    """Every file whose number belongs to a claim, notebooks first."""
    for folder in (
        root() / "notebooks",
        registrations_dir(),
        results_dir(),
        root() / "book" / "claims",
        sabotage_file("").parent,
        root() / "tests" / "regression" / "quick",
    ):
        yield from sorted(folder.glob("[0-9][0-9]_*"))


def _free() -> str:
    """The first number after all that are taken."""
    return f"{max((int(path.name[:2]) for path in _numbered()), default=0) + 1:02d}"


def _filled(name: str, claim_id: str) -> str:
    """A template with the claim's id and number in it."""
    text = (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
    return text.replace("00_slug", claim_id).replace("absorption run 00", f"absorption run {claim_id[:2]}")


def _write_all(files: Mapping[Path, str], before: Mapping[Path, str]) -> None:
    """Write every file, or leave all as they were: `before` holds the text of those that existed."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            write_atomically(path, lambda file, text=text: file.write_text(text, encoding="utf-8"))
            written.append(path)
    except BaseException:
        for path in written:
            if path in before:
                old = before[path]
                write_atomically(path, lambda file, old=old: file.write_text(old, encoding="utf-8"))
            else:
                path.unlink()
        raise
