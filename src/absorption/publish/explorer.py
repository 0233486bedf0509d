"""The explorer's data: what notebooks found about single latents, latent by latent and word by word.

A notebook writes `results/explorer/<record's name>` with one entry an SAE. The book gathers all of these files
into one script, which works from disk as from a server. A further model or recipe is a further entry; nothing
else changes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from absorption.claims.provenance import source_hash
from absorption.claims.record import record_name
from absorption.runtime.paths import results_dir, write_atomically

FOLDER = "explorer"
MAXIMUM_BYTES = 3_000_000
COLUMNS = {
    "main": ("latent", "precision", "recall", "F1", "cosine", "top words"),
    "absorbing": ("latent", "cosine", "top words"),
    "rows": ("word", "latent", "activation", "cosine", "share", "absorbed"),
}
"""What the lists of a letter hold, in this order; `absorption.measures.letters` makes them."""


@dataclass(frozen=True)
class Entry:
    """One SAE.

    Args:
        model: The language model and where its residual stream is read.
        recipe: What the SAE is, width included, without its sparsity.
        sparsity: Such as `k = 8`.
        about: Numbers about the whole SAE, by their names (L0, explained variance).
        letters: A letter, and its tables by name as in `COLUMNS`, with `probe_f1`, `judged` and `silent`.

    Raises:
        ValueError: a table does not have its columns, or the numbers contradict each other.
    """

    model: str
    recipe: str
    sparsity: str
    about: Mapping[str, float]
    letters: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        """Refuse what the page could not show."""
        name = f"{self.model}, {self.recipe}, {self.sparsity}"
        for letter, tables in self.letters.items():
            for table, columns in COLUMNS.items():
                if any(len(row) != len(columns) for row in tables[table]):
                    raise ValueError(
                        f"{name}, letter {letter}: {table} has rows without the columns {columns}."
                    )
            if not len(tables["rows"]) == tables["silent"] <= tables["judged"]:
                raise ValueError(f"{name}, letter {letter}: rows are the silent ones of the judged words.")
            swallowed = {row[1] for row in tables["rows"] if row[5]}
            if swallowed != {row[0] for row in tables["absorbing"]}:
                raise ValueError(f"{name}, letter {letter}: rows and absorbing latents do not agree.")


def write_entries(claim_id: str, profile: str, entries: Sequence[Entry]) -> Path:
    """Write a notebook's entries, whole or not at all, and give the file.

    Raises:
        ValueError: two entries have the same model, recipe and sparsity.
        OSError: the file cannot be written.
    """
    names = [(entry.model, entry.recipe, entry.sparsity) for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"{claim_id}: two entries have one name, so that no link could tell them apart.")
    content = {
        "claim": claim_id,
        "profile": profile,
        "source": source_hash(claim_id),
        "entries": [asdict(entry) for entry in entries],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    path = results_dir() / FOLDER / record_name(claim_id, profile)
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path


def gather(folder: Path | None = None) -> str:
    """A script that defines `EXPLORER`: the columns and every file's content, in the order of file names.

    Raises:
        ValueError: it is larger than a page should load.
    """
    files = sorted(((folder or results_dir()) / FOLDER).glob("*.json"))
    parts = ",".join(path.read_text(encoding="utf-8").strip() for path in files)
    # In a script `</` and the two line separators that JSON allows could end it early.
    text = parts.replace("</", "<\\/").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    script = f"const EXPLORER = {{columns: {json.dumps(COLUMNS)}, files: [{text}]}};\n"
    size = len(script.encode())
    if size > MAXIMUM_BYTES:
        raise ValueError(
            f"The explorer's data have {size} bytes, more than {MAXIMUM_BYTES}; leave entries out."
        )
    return script
