"""Open a language model by what a person would type: a packaged one, a folder, or a repository and its commit."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError

from absorption.worlds.language import PACKAGED, LanguageModel, load
from absorption.worlds.packaged import PARTED, load_parted


def open_model(
    spec: str | Path,
    layer: int,
    revision: str | None = None,
    device: str = "cpu",
    whole: bool = False,
    linear: Literal["auto", "float32", "bfloat16"] = "auto",
    folder: str | Path | None = None,
) -> LanguageModel:
    """The first `layer` blocks of the model that `spec` names, or all of it.

    >>> import tempfile
    >>> from tokenizers import Tokenizer, models
    >>> from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerFast
    >>> sizes = dict(vocab_size=3, hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> words = Tokenizer(models.WordLevel({"<s>": 0, "a": 1, "b": 2}, unk_token="<s>"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     LlamaModel(LlamaConfig(**sizes)).save_pretrained(folder)
    ...     _ = PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>").save_pretrained(folder)
    ...     model = open_model(folder, layer=1)
    >>> model.d_model, model.identity[:7]
    (8, 'sha256:')

    Args:
        spec: A packaged model (`SmolLM2-135M-Instruct`; `gemma-3-270m` where it is installed), a folder as Transformers
            saves one (safetensors), or a repository `owner/name` of a hub.
        layer: After how many blocks the residual stream is read, at least 1.
        revision: The full commit hash of a repository; nothing else takes one.
        device: A torch device.
        whole: Also the later blocks and the output head.
        linear: Precision of the linear maps, as `language.load` takes it.
        folder: Where a repository's files were fetched to on another machine, `folder/owner/name/…`; no hub is asked then.

    Raises:
        FileNotFoundError: a packaged model is not installed, or a folder lacks a file; the message gives the remedy.
        ValueError: no such model or layer, a repository without a full commit hash, damaged files.
        HubError: the hub cannot be reached, or does not give the model; the message says why.
    """
    name = str(spec)
    path = Path(folder or "", spec).expanduser()
    if name in PACKAGED:
        return load(name, layer, revision, device, linear, whole)
    if name in PARTED or path.is_dir():
        if revision is not None and folder is None:
            raise ValueError(f"revision is for models from a hub; {name} is known by the hash of its files.")
        if name in PARTED:
            return load_parted(name, layer, device, linear, whole)
        return _from_folder(path, layer, device, linear, whole)
    if folder is not None:
        raise FileNotFoundError(
            f"{path} does not exist; fetch the model, or leave the folder out to ask a hub."
        )
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise ValueError(
            f"{name!r} is no model: give one of {', '.join((*PACKAGED, *PARTED))}, a folder that Transformers has saved, "
            "or owner/name of a hub with its commit."
        )
    return load(name, layer, revision, device, linear, whole)


def _from_folder(
    folder: Path, layer: int, device: str, linear: Literal["auto", "float32", "bfloat16"], whole: bool
) -> LanguageModel:
    """From a folder; what it is known by is the hash of its weights and settings, not where it lies."""
    weights = sorted(folder.glob("*.safetensors"))
    for wanted, found in (
        ("config.json", (folder / "config.json").is_file()),
        ("tokenizer.json", any(folder.glob("tokenizer*"))),
        ("*.safetensors", bool(weights)),
    ):
        if not found:
            raise FileNotFoundError(f"{folder} is no whole model: {wanted} is missing.")
    digest = hashlib.sha256()
    for file in (folder / "config.json", *sorted(folder.glob("tokenizer*")), *weights):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    # `load` wants a commit; the hash of the content is as good a name of what is there.
    try:
        model = load(str(folder), layer, digest.hexdigest()[:40], device, linear, whole)
    except (OSError, RuntimeError, KeyError, SafetensorError) as error:
        raise ValueError(
            f"{folder} is damaged or no model that Transformers can read ({_line(error)})."
        ) from error
    return replace(model, name=folder.name, identity=f"sha256:{digest.hexdigest()}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160].rstrip(".")
