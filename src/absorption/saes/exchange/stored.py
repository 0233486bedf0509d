"""SAEs in files on this machine: SAELens' folders, Gemma Scope's two layouts, dictionary_learning's folders.

- SAELens (`cfg.json`, `sae_weights.safetensors`): SAELens' own loader; a scale that a checkpoint keeps beside it is folded in.
- Gemma Scope 1 (`params.npz`): as SAELens converts it, JumpReLU, b_dec not subtracted from the input.
- Gemma Scope 2 (`params.safetensors`): the same.
- dictionary_learning (`config.json`, `ae.pt`): SAELens' own conversion; weights only, no other pickled object.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from absorption.saes.exchange.released import downloads_from
from absorption.saes.exchange.tensors import SHAPES, check_shapes, sae_of_tensors

if TYPE_CHECKING:
    from sae_lens import SAE

LAYOUTS = (
    "a SAELens folder (cfg.json, sae_weights.safetensors), Gemma Scope 1 (params.npz), Gemma Scope 2 (params.safetensors), "
    "a dictionary_learning folder (config.json, ae.pt)"
)

DICTIONARY_LEARNING = (
    "AutoEncoder",
    "AutoEncoderTopK",
    "BatchTopKSAE",
    "MatryoshkaBatchTopKSAE",
    "JumpReluAutoEncoder",
    "GatedAutoEncoder",
)
"""The classes of dictionary_learning that SAELens converts."""


def load_stored(path: Path, device: str = "cpu") -> "SAE[Any]":
    """A SAELens SAE from a folder, or from a file of weights.

    >>> import numpy as np
    >>> one = np.eye(4, dtype=np.float32)
    >>> arrays = dict(w_enc=one, w_dec=one, b_enc=one[0], b_dec=one[0], threshold=one[0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "params.npz"), **arrays)
    ...     load_stored(Path(folder)).cfg.architecture()
    'jumprelu'

    Raises:
        FileNotFoundError: nothing is there, or a file of the layout is missing.
        ValueError: no known layout, or the files are damaged or do not fit together; the message names the file.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    folder = path if path.is_dir() else path.parent
    if _is(path, "cfg.json", "sae_weights.safetensors"):
        return _saelens(folder, device)
    if _is(path, "ae.pt"):
        return _dictionary_learning(folder, device)
    if path.is_dir():
        path = next(
            (path / name for name in ("params.npz", "params.safetensors") if (path / name).exists()), path
        )
    if path.suffix in (".npz", ".safetensors"):
        return _gemma_scope(path, device)
    raise ValueError(f"{path} has no layout that is known; known are {LAYOUTS}.")


def _is(path: Path, *names: str) -> bool:
    """Whether the path is one of these files, or a folder that holds the first."""
    return path.name in names if path.is_file() else (path / names[0]).exists()


def _saelens(folder: Path, device: str) -> "SAE[Any]":
    from sae_lens import SAE, TrainingSAE
    from sae_lens.registry import SAE_CLASS_REGISTRY

    for name in ("cfg.json", "sae_weights.safetensors"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder} is no whole SAELens folder: {name} is missing.")
    settings = _json(folder / "cfg.json")
    with _damage_named(folder / "sae_weights.safetensors"):
        # A checkpoint of training may have an architecture that only training SAEs have.
        known = settings.get("architecture", "standard") in SAE_CLASS_REGISTRY
        sae: Any = (SAE if known else TrainingSAE).load_from_disk(folder, device=device)
        if sae.dtype in (torch.float16, torch.bfloat16):
            sae = sae.to(dtype=torch.float32)
        _fold_statistics(sae, folder / "activation_scaler.json")
    return sae


def _fold_statistics(sae: Any, file: Path) -> None:
    """A checkpoint keeps the scale of its activations beside the weights; SAELens folds it in when training ends."""
    from sae_lens.training.activation_scaler import ActivationScaler

    if not file.exists():
        return
    scaler = ActivationScaler()
    scaler.load(file)
    if scaler.scaling_factor is not None:
        sae.fold_activation_norm_scaling_factor(scaler.scaling_factor)
    if (whitening := scaler.whitening) is not None:
        sae.fold_activation_whitening(whitening.mean, whitening.matrix, whitening.inverse_matrix)


def _gemma_scope(path: Path, device: str) -> "SAE[Any]":
    with _damage_named(path):
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                tensors: dict[str, Tensor] = {name: torch.from_numpy(arrays[name]) for name in arrays}
        else:
            tensors = load_file(path)
    # Gemma Scope writes w_enc where SAELens writes W_enc.
    tensors = {f"W{name[1:]}" if name.startswith("w_") else name: value for name, value in tensors.items()}
    if set(tensors) != set(SHAPES):
        raise ValueError(
            f"{path} holds {', '.join(sorted(tensors)) or 'nothing'}, and Gemma Scope's layout is {', '.join(SHAPES)}; known are {LAYOUTS}."
        )
    with _said_of(path):
        check_shapes(tensors)
    placed = {name: value.to(device, torch.float32) for name, value in tensors.items()}
    return sae_of_tensors({**placed, "apply_b_dec_to_input": False})


def _dictionary_learning(folder: Path, device: str) -> "SAE[Any]":
    from sae_lens import SAE
    from sae_lens.loading.pretrained_sae_loaders import dictionary_learning_sae_huggingface_loader_1 as loader

    for name in ("config.json", "ae.pt"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder} is no whole dictionary_learning folder: {name} is missing.")
    config = _json(folder / "config.json")
    trainer = config.get("trainer", {})
    if trainer.get("dict_class") not in DICTIONARY_LEARNING:
        raise ValueError(
            f"{folder / 'config.json'} names the class {trainer.get('dict_class')!r}; known are {', '.join(DICTIONARY_LEARNING)}."
        )
    # SAELens' loader wants to know where the activations came from; not every folder says.
    unsaid = {"layer": "unknown", "lm_name": "unknown"}
    complete = {"trainer": unsaid | trainer, "buffer": {"ctx_len": None} | config.get("buffer", {})}
    with tempfile.TemporaryDirectory() as scratch, _damage_named(folder / "ae.pt"):
        Path(scratch, "config.json").write_text(json.dumps(complete), encoding="utf-8")

        def find(name: str) -> Path:
            return Path(scratch if name.endswith("config.json") else folder, name)

        def convert(path: Any, device: str, cfg_overrides: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
            settings, weights, _ = loader("", ".", device, cfg_overrides=cfg_overrides)
            return settings, {name: value.to(device, torch.float32) for name, value in weights.items()}

        with downloads_from(find):
            return SAE.load_from_disk(folder, device=device, converter=convert)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}).") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path} holds no settings.")
    return dict(content)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """What readers of weights say of a damaged or foreign file, as one sentence that names it."""
    try:
        yield
    except (SafetensorError, BadZipFile, EOFError, UnpicklingError, OSError) as error:
        raise ValueError(f"{path} is truncated or damaged ({_line(error)}): fetch it again.") from error
    except (RuntimeError, ValueError, KeyError, AttributeError, TypeError) as error:
        if "PytorchStreamReader" in str(error) or "zip archive" in str(error):
            raise ValueError(f"{path} is truncated or damaged ({_line(error)}): fetch it again.") from error
        raise ValueError(f"{path} cannot be read as its layout says ({_line(error)}).") from error


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _line(error: Exception) -> str:
    """The first telling line of an error, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "mismatch" in line or "issing" in line]
    return (telling or lines or [type(error).__name__])[0][:160].rstrip(".")
