"""Where things lie, from any working directory, and how they are written whole."""

import os
from collections.abc import Callable
from pathlib import Path


def root() -> Path:
    """The repository: the folder that holds `pyproject.toml` above this file, or `$ABSORPTION_ROOT`.

    >>> (root() / "pyproject.toml").exists()
    True
    """
    return Path(os.environ.get("ABSORPTION_ROOT", Path(__file__).parents[3])).resolve()


def results_dir() -> Path:
    """Where records are written: `results/`, or `$ABSORPTION_RESULTS` (the regression tests set it).

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, ABSORPTION_RESULTS="elsewhere"):
    ...     results_dir().name
    'elsewhere'
    """
    return Path(os.environ.get("ABSORPTION_RESULTS", root() / "results"))


def registrations_dir() -> Path:
    """Where frozen claims are kept: `registrations/` of the repository.

    >>> registrations_dir().relative_to(root()).as_posix()
    'registrations'
    """
    return root() / "registrations"


def cache_dir() -> Path:
    """Where recomputable tensors are kept: `.cache/`, or `$ABSORPTION_CACHE`.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, ABSORPTION_CACHE="elsewhere"):
    ...     cache_dir().name
    'elsewhere'
    """
    return Path(os.environ.get("ABSORPTION_CACHE", root() / ".cache"))


def pick_device(device: str) -> str:
    """The torch device for `auto`, `cpu` or `cuda`.

    >>> pick_device("cpu")
    'cpu'

    Raises:
        ValueError: the name is none of the three, or `cuda` was asked for where there is none.
    """
    import torch

    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda, not {device!r}.")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ValueError(
            "device=cuda was asked for, but torch sees no CUDA device; use --device auto or cpu."
        )
    return "cuda" if available and device != "cpu" else "cpu"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it: readers see all or nothing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     note = Path(folder, "new", "note.txt")
    ...     write_atomically(note, lambda temporary: temporary.write_text("whole", encoding="utf-8"))
    ...     note.read_text(encoding="utf-8")
    'whole'

    Raises:
        OSError: the disk is full or the folder cannot be written; the message names the file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise OSError(
            f"could not write {path}: {error}. Free some disk space or check the folder's rights."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
