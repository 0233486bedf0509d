"""Remove from an executed notebook what differs between two runs of the same source on one machine."""

import re
import site
import sys
import tempfile
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from absorption.figures.pictures import PREVIEW, with_palette
from absorption.runtime.paths import cache_dir, root

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3",
}  # fmt: skip
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
_KERNEL_FILE = re.compile(re.escape(tempfile.gettempdir()) + r"/ipykernel_\d+/\d+\.py")


def scrub(notebook: NotebookNode, facts: dict[str, Any]) -> None:
    """Make `notebook` a function of its source and its results alone, in place.

    Papermill's timings and paths, cell ids, Python's version, memory addresses, this machine's folders,
    progress bars and the values that plotting calls return go; `facts` (profile, source hash, record hash) become its metadata.
    """
    notebook.metadata = NotebookNode(
        kernelspec=KERNEL, language_info=LANGUAGE, absorption=NotebookNode(facts)
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for position, cell in enumerate(notebook.cells):
        cell.id = f"cell-{position:02d}"
        for name in ("papermill", "execution", "jupyter", "lines_to_next_cell"):
            cell.metadata.pop(name, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            drawn = any(kind.startswith("image/") for o in cell.outputs for kind in o.get("data", {}))
            cell.outputs = [
                o
                for o in cell.outputs
                if not _is_progress(o) and not _is_preview(o) and not (drawn and _is_artist(o))
            ]
            for output in cell.outputs:
                _scrub_output(output)


def scrub_text(text: str) -> str:
    """A text without this machine's folders, kernel file names and memory addresses."""
    folders = {str(root()): ".", str(cache_dir()): "./.cache", sys.prefix: ".venv", str(Path.home()): "~"}
    folders |= dict.fromkeys(site.getsitepackages(), "site-packages")
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder, folders[folder])
    return _ADDRESS.sub("at 0x…", _KERNEL_FILE.sub("<cell>", text))


def _is_progress(output: NotebookNode) -> bool:
    """A bar that redraws its line: worth nothing once the run is over."""
    return output.output_type == "stream" and output.name == "stderr" and "\r" in output.text


def _is_artist(output: NotebookNode) -> bool:
    """What the last call of a plot returned: the picture stands beside it."""
    return output.output_type == "execute_result" and set(output.data) == {"text/plain"}


def _is_preview(output: NotebookNode) -> bool:
    """What whoever runs the notebook by hand sees of a presented figure; the page has it where `{picture}` stands."""
    return PREVIEW in output.get("metadata", {})


def _scrub_output(output: NotebookNode) -> None:
    if output.output_type == "stream":
        output.text = scrub_text(output.text)
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(content, str):
            output.data[kind] = scrub_text(content)
        elif kind.endswith("image/png"):  # glued ones as well
            output.data[kind] = with_palette(content)
