"""Models and SAEs that have to be fetched first: whether they are here, why not, and what to fetch for a machine without a hub."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def gibibytes() -> float:
    """Memory of this machine, in GiB.

    >>> gibibytes() > 0
    True
    """
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def attempt(opens: Callable[[], T], memory: float = 0.0) -> tuple[T | None, str]:
    """What `opens` gives, or nothing and one sentence that says why; nothing is tried on a machine with less memory (GiB).

    >>> attempt(lambda: 1 + 1), attempt(lambda: Path("/nowhere").read_bytes())[0] is None
    ((2, ''), True)
    >>> attempt(lambda: 1, memory=1e6)[1]  # doctest: +ELLIPSIS
    'It needs about 1000000 GiB of memory, and there are ...'
    """
    if (there := gibibytes()) < memory:
        return None, f"It needs about {memory:.0f} GiB of memory, and there are {there:.0f}."
    try:
        return opens(), ""
    except (OSError, ValueError) as error:  # a hub's refusals are OSErrors
        return None, str(error)


def listing(
    files: Iterable[tuple[str, str, str, tuple[int, int] | None]], folder: str = ""
) -> list[dict[str, Any]]:
    """What to fetch: repository, commit, file and size; for a file that lies in `folder` already, its SHA-256.

    >>> listing([("owner/saes", "0" * 40, "layer_3/params.npz", (16384, 2304))])[0]["size (MB)"]
    '302'

    Args:
        files: Repository, commit, name, and for an SAE its numbers of latents and of dimensions; the size of its weights in
            float32 follows from these (encoder, decoder, two biases, thresholds).
        folder: Where files were fetched to, as `folder/owner/name/…`.
    """
    rows = []
    for repository, commit, name, widths in files:
        path = Path(folder, repository, name).expanduser() if folder else None
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else "–"
        size = "–" if widths is None else f"{4 * (2 * widths[0] * (widths[1] + 1) + widths[1]) / 1e6:.0f}"
        rows.append({"repository": repository, "commit": commit[:12], "file": name, "size (MB)": size, "SHA-256, if here": digest})  # fmt: skip
    return rows
