"""What somebody else's trainer saves into a folder, made once and kept."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from absorption.runtime.cache import cache_key
from absorption.runtime.paths import cache_dir


def kept_folder(
    name: str, make: Callable[[Path], None], parameters: Mapping[str, Any], packages: Sequence[str]
) -> Path:
    """The folder, made if it is not there yet; a kill at any moment leaves it whole or not at all.

    Nothing of this library counts for its key but where the cache is: `parameters` have to hold all that it depends on.

    >>> import os
    >>> from unittest.mock import patch
    >>> with tempfile.TemporaryDirectory() as cache, patch.dict(os.environ, ABSORPTION_CACHE=cache):
    ...     for _ in range(2):
    ...         made = lambda folder: print("made") or folder.mkdir()
    ...         kept = kept_folder("sae", made, {"seed": 0}, ["torch"])
    made
    >>> kept.name[:4]
    'sae-'

    Args:
        name: A readable prefix of the folder's name.
        make: Makes the folder at the path that it is given.
        parameters: Serialisable as JSON.
        packages: Distributions whose version it depends on.
    """
    folder = cache_dir() / f"{name}-{cache_key('absorption.runtime.paths', parameters, packages)}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache_dir()) as staged:
            make(Path(staged) / "made")
            (Path(staged) / "made").rename(folder)
    return folder
