"""Tensors that can always be computed again, kept under `.cache/` by the hash of what made them.

A key holds the code that the making module can reach (`runtime.reach`), the parameters and the versions of the
packages that the result depends on, so that no entry made by other code is ever read. Entries are safetensors, written
to a temporary file and renamed: a kill at any moment leaves either nothing or a whole entry.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from absorption.runtime.paths import cache_dir, write_atomically
from absorption.runtime.reach import fingerprints


def cached(
    name: str,
    compute: Callable[[], dict[str, torch.Tensor]],
    *,
    made_by: str,
    parameters: Mapping[str, Any],
    packages: Sequence[str] = ("torch",),
) -> dict[str, torch.Tensor]:
    """The tensors of `compute()`, from the cache if the very same computation was done before.

    >>> import os, tempfile, torch
    >>> from unittest.mock import patch
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_CACHE=folder):
    ...     for time in ("first", "second"):
    ...         made = lambda: print("computed the", time, "time") or {"ones": torch.ones(2)}
    ...         kept = cached("ones", made, made_by="absorption.runtime.paths", parameters={"size": 2})
    computed the first time
    >>> kept
    {'ones': tensor([1., 1.])}

    Args:
        name: A readable prefix of the file name.
        compute: Makes the tensors; called only on a miss.
        made_by: Name of the module that computes them (`__name__`); whatever it can import counts.
        parameters: Everything else it depends on; must be serialisable as JSON.
        packages: Distributions whose version it depends on.
    """
    path = cached_at(name, made_by=made_by, parameters=parameters, packages=packages)
    if path.exists():
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            warnings.warn(f"{path.name} is unreadable ({error}); computing it again.", stacklevel=2)
    tensors = compute()
    write_atomically(
        path, lambda temporary: save_file({k: v.contiguous() for k, v in tensors.items()}, temporary)
    )
    return tensors


def cached_at(
    name: str, *, made_by: str, parameters: Mapping[str, Any], packages: Sequence[str] = ("torch",)
) -> Path:
    """Where `cached` keeps what it is asked for in the same words, whether it is there or not.

    >>> cached_at("ones", made_by="absorption.runtime.paths", parameters={"size": 2}).name[:5]
    'ones-'
    """
    return cache_dir() / f"{name}-{cache_key(made_by, parameters, packages)}.safetensors"


def cache_key(made_by: str, parameters: Mapping[str, Any], packages: Sequence[str]) -> str:
    """A hash that moves when code that `made_by` can reach, a parameter or a package version moves.

    >>> five, six = (cache_key("absorption.runtime.paths", {"steps": n}, ["torch"]) for n in (5, 6))
    >>> len(five), five == six
    (16, False)

    Raises:
        ModuleNotFoundError: `made_by` is no module of this package.
    """
    versions = {package: version(package) for package in packages}
    described = json.dumps([fingerprints([made_by]), dict(parameters), versions], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:16]
