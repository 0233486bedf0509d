"""The sources of the pages are stories with calls: short as a whole, and short in every cell that a reader sees unfolded."""

import jupytext
import pytest

from absorption.publish.run.sources import all_sources

LINES, CELL = 350, 25
FOLDED = ("hide-", "remove-")
SOURCES = [pytest.param(source, id=source.id) for source in all_sources()]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_no_longer_than_it_may_be(source):
    lines = len(source.path.read_text(encoding="utf-8").splitlines())
    if lines > LINES:
        say(
            source,
            f"it has {lines} lines, {LINES} at most: what draws goes to figures/, what computes to experiments/",
        )


@pytest.mark.parametrize("source", SOURCES)
def test_code_that_a_reader_sees_fits_the_page(source):
    for cell in jupytext.read(source.path).cells:
        if said := too_much(cell):
            say(source, said)


def say(source, what: str) -> None:
    """Fail with one sentence and nothing else."""
    pytest.fail(f"notebooks/{source.path.name}: {what}.", pytrace=False)


def too_much(cell) -> str:
    """What is too long in a cell that is shown unfolded, in words; nothing if nothing is."""
    tags = cell.metadata.get("tags", ())
    if cell.cell_type != "code" or any(tag.startswith(FOLDED) for tag in tags):
        return ""
    lines = cell.source.splitlines()
    if len(lines) > CELL:
        return f"the visible cell that begins with `{lines[0]}` has {len(lines)} lines, {CELL} at most"
    return ""
