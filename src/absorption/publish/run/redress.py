"""New prose around old numbers: a published notebook whose code did not change gets its source's new words.

Outputs depend on code and not on prose, comments or layout. Where each code cell of the source says the same as the
cell that was executed, the outputs stay and everything else is taken from the source; the record notes the new hash.
"""

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

from absorption.publish.explorer import FOLDER
from absorption.runtime.paths import write_atomically


def redress(source: Path, notebook: Path, record: Path) -> bool:
    """Give a published notebook the words of its source; whether that was possible.

    It is not where a code cell changed, moved or was divided, or where one of the files is missing.

    Raises:
        OSError: a file cannot be written.
    """
    import jupytext
    import nbformat

    if not (notebook.exists() and record.exists()):
        return False
    old = nbformat.read(notebook, as_version=4)
    new: Any = jupytext.read(source)
    executed, wanted = _code(old), _code(new)
    if not _say_the_same(executed, wanted):
        return False
    for before, after in zip(executed, wanted, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    source_hash = _hash(source)
    fields = json.loads(record.read_text(encoding="utf-8")) | {"source": source_hash}
    text = json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
    facts = dict(old.metadata["absorption"]) | {
        "source": source_hash, "record": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip
    _clean(new, facts)
    _tell_explorer(record.parent / FOLDER / record.name, source_hash)
    written = nbformat.writes(new) + "\n"
    write_atomically(record, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    write_atomically(notebook, lambda temporary: temporary.write_text(written, encoding="utf-8"))
    return True


def _tell_explorer(entries: Path, source_hash: str) -> None:
    """The explorer's entries of this page, where it has some, name its source as well."""
    if entries.exists():
        fields = json.loads(entries.read_text(encoding="utf-8")) | {"source": source_hash}
        text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False) + "\n"
        write_atomically(entries, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def changed_since(notebook: Path, source: Path) -> bool:
    """Whether a published notebook was made from another text of its source."""
    facts = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["absorption"]
    return facts["source"] != _hash(source)


def same_code(notebook: Path, source: Path) -> bool:
    """Whether an executed notebook holds the code of this source, whatever its comments, prose and parameters."""
    import jupytext
    import nbformat

    executed = _code(nbformat.read(notebook, as_version=4))
    own = [cell for cell in executed if "injected-parameters" not in cell.metadata.get("tags", ())]
    return _say_the_same(own, _code(jupytext.read(source)))


def _say_the_same(executed: list[Any], wanted: list[Any]) -> bool:
    return [_meaning(cell.source) for cell in executed] == [_meaning(cell.source) for cell in wanted]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _clean(notebook: Any, facts: dict[str, Any]) -> None:
    """As the runner leaves a notebook."""
    from absorption.publish.run.scrub import scrub

    scrub(notebook, facts)


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _meaning(code: str) -> str:
    """What a cell does, whatever its comments and its layout."""
    return ast.dump(ast.parse(code))
