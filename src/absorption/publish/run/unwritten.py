"""What the author of a new page still has to write: marks such as «2 the claim in one sentence».

`absorption new-claim` leaves them in what it writes. A mark's number says when its turn is; its words say what is
wanted. A page that has one left is not published.
"""

import re
from pathlib import Path

from absorption.publish.run.sources import Source
from absorption.runtime.paths import root

_MARK = re.compile(r"«(?P<turn>\d+) (?P<wanted>[^»]+)»")


def unwritten(source: Source) -> list[str]:
    """One sentence for each mark that is left in a notebook or its sabotage, in the order in which they are to be mended."""
    files = (source.path, sabotage_file(source.id))
    found = [mark for file in files if file.exists() for mark in _marks(file)]
    return [sentence for _, sentence in sorted(found, key=lambda mark: mark[0])]


def sabotage_file(claim_id: str) -> Path:
    """The cell that breaks what a claim rests on; with it the claim's check has to fail."""
    return root() / "tests" / "regression" / "sabotage" / f"{claim_id}.py"


def _marks(file: Path) -> list[tuple[int, str]]:
    text = file.read_text(encoding="utf-8")
    found = []
    for mark in _MARK.finditer(text):
        line = text.count("\n", 0, mark.start()) + 1
        wanted = re.sub(r"\s*\n[# ]*", " ", mark["wanted"])
        where = f"{file.relative_to(root()).as_posix()}, line {line}"
        found.append((int(mark["turn"]), f"{where}: {wanted}; then delete the mark «…»."))
    return found
