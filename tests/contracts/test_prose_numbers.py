"""A number in prose is glued from a result, or stands on a short list that says why it can be typed."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from absorption.runtime.paths import root

ALLOWED = yaml.safe_load(Path(__file__).with_name("prose_numbers.yml").read_text(encoding="utf-8"))
PAGES = [
    *sorted((root() / "notebooks").glob("*.py")),
    *sorted((root() / "book").rglob("*.md")),
    root() / "README.md",
]
CELL = re.compile(r"^# %%(?P<header>.*)\n(?P<body>(?:(?!# %%).*\n?)*)", re.MULTILINE)
FENCE = re.compile(r"\s*(`{3,}|:{3,})\s*(\{?[\w-]*\}?)")
PROSE_BLOCKS = re.compile(
    r"\{(?!code|math|bibliography|toctree|automodule|autofunction|autoclass|ledger)[\w:-]+\}"
)
NUMBER = re.compile(r"(?<![\w.^_])[-−]?(?:\d[\d,.]*\d|\d)\s?%?")
COMPUTED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
"""Parts of a page that are written from records."""


def prose_of(path: Path) -> str:
    """What a reader reads: no code, no front matter, nothing that is written from records."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        cells = [cell["body"] for cell in CELL.finditer(text) if "[markdown]" in cell["header"]]
        described = described_pictures(text)
        text = "\n\n".join(re.sub(r"^# ?", "", body, flags=re.MULTILINE) for body in cells) + described
    text = re.sub(r"\A---\n.*?\n---\n", "", COMPUTED.sub("", text), flags=re.DOTALL)
    kept, blocks = [], []  # blocks: the fence of each block around the line, and whether it holds code
    for line in text.splitlines():
        fence = FENCE.match(line)
        in_code = bool(blocks) and blocks[-1][1]
        if fence and blocks and (fence[1], fence[2]) == (blocks[-1][0], ""):
            blocks.pop()
        elif fence and not in_code:
            blocks.append((fence[1], fence[1][0] == "`" and not PROSE_BLOCKS.fullmatch(fence[2])))
        elif not in_code:
            kept.append(line)
    return "\n".join(kept)


def described_pictures(source: str) -> str:
    """What `present` is told about its pictures, for those who cannot see them."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    shown = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "present"]
    texts = [text for call in shown for text in ast.walk(call) if isinstance(text, ast.Constant)]
    return "\n".join(["", *(text.value for text in texts if isinstance(text.value, str))])


def without_names(prose: str) -> str:
    """Prose without formulas, code spans, roles (glue, citations, links), addresses and the numbers of lists and headings."""
    prose = re.sub(r"^\$\$.*?\$\$", "", prose, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"\{[\w:-]+\}`[^`]*`|`[^`]*`", "", prose)
    # A formula is a definition; a formula that is nothing but a number is a number.
    prose = re.sub(
        r"\$([^$]+)\$", lambda found: found[1] if re.fullmatch(r"[-−\d.,%\\ ]+", found[1]) else "", prose
    )
    prose = re.sub(r"\]\([^)]*\)|https?://\S+|(?:arXiv|doi):\S+", "]", prose)
    prose = re.sub(r"^\(.*\)=$|^:(?:name|width|height|class|label)::?.*$", "", prose, flags=re.MULTILINE)
    return re.sub(r"^(\s*#* ?|\s*)(?:\*\*)?\d+\.\s", "", prose, flags=re.MULTILINE)


def typed_numbers(path: Path) -> list[str]:
    """The lines with a number that is neither glued nor on the list."""
    name = str(path.relative_to(root()))
    prose = without_names(prose_of(path))
    for text in [*ALLOWED["names"], *(entry["text"] for entry in ALLOWED["phrases"].get(name, ()))]:
        prose = prose.replace(text, "")
    found = []
    for line in prose.splitlines():
        numbers = [number.strip().lstrip("-−") for number in NUMBER.findall(line)]
        if left := [number for number in numbers if number not in ALLOWED["everywhere"]]:
            found.append(f"{left} in: {line.strip()}")
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(root())))
def test_numbers_in_prose_are_computed_or_listed(path: Path):
    assert typed_numbers(path) == []


def test_the_list_is_in_use_and_gives_reasons():
    assert all(len(reason) > 10 for reason in ALLOWED["everywhere"].values())
    for name, entries in ALLOWED["phrases"].items():
        prose, source = without_names(prose_of(root() / name)), (root() / name).read_text(encoding="utf-8")
        for entry in entries:
            assert entry["text"] in prose, f"{name} no longer says {entry['text']!r}"
            assert len(entry["because"]) > 10
            assert entry.get("code", "") in source, f"{name} no longer computes with {entry['code']!r}"


def test_what_counts_as_typed():
    page = (
        "With 12% and {glue:text}`share:.0%` of $p_{11}$ at $0.25$, see [3](x_4.md) in {cite}`a2024`, `k=8`."
    )
    assert NUMBER.findall(without_names(page)) == ["12%", "0.25", "3"]
