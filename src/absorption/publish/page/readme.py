"""The ledger in the README, kept in step with the records."""

from absorption.claims import load_records
from absorption.claims.ledger import as_markdown
from absorption.runtime.paths import root, write_atomically

BEGIN, END = "<!-- ledger -->\n", "<!-- /ledger -->"


def with_ledger(text: str) -> str:
    """The README's text with the ledger of the present records between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = as_markdown(load_records(), lambda claim: f"book/claims/{claim}.ipynb")
    return f"{before}{BEGIN}{table}\n{END}{after}"


def refresh() -> None:
    """Write the ledger into the README where it has the marks and the ledger changed.

    Raises:
        RecordError: a record is damaged.
        OSError: the README cannot be written.
    """
    path = root() / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN in text and with_ledger(text) != text:
        write_atomically(path, lambda temporary: temporary.write_text(with_ledger(text), encoding="utf-8"))
