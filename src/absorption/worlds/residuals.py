"""The residual stream of a real language model, after the first few of its blocks.

`residual_stream` gives the activations of any number of contexts, chunk by chunk through the cache, so that an
interrupted extraction resumes, and runs no block beyond those it needs. What this module imports decides about the
cache: whatever does not change a residual stream stays out of it.

**The first token.** Causal transformers park attention on the first token and give it, and now and then an
early *the* or a comma, an activation several times longer than any other (Sun et al. 2024, *Massive
activations*, arXiv:2402.17762). So every context gets a first token of its own, whose activation is not
returned, and `worlds.normalisation.attention_sinks` marks what is left of the kind. SmolLM2 uses `<|endoftext|>`, the
separator of its pretraining texts: after its chat token `<|im_start|>` the *next* token becomes a sink as well.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from absorption.runtime.cache import cached
from absorption.worlds.first_token import FEWEST, FirstToken, can_be_kept
from absorption.worlds.language import LanguageModel

BATCH_TOKENS = 2048  # fits the processor's caches: 4,096 were 40% slower on two cores

CHUNK_TOKENS = 16384  # one cache entry


def residual_stream(
    model: LanguageModel, contexts: Int64[Tensor, "context position"]
) -> Float32[Tensor, "context position d_model"]:
    """The residual stream after block `model.layer` at every position of every context, on the CPU.

    >>> import tempfile
    >>> import torch
    >>> from unittest.mock import patch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> from absorption.worlds.language import LanguageModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 1, 8, 0, "float32", None, LlamaModel(config))
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ", ABSORPTION_CACHE=folder):
    ...     residual_stream(model, contexts=torch.tensor([[1, 2, 3], [4, 5, 6]])).shape
    torch.Size([2, 3, 8])

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
    """The residual stream at each word, read alone: the model's first token, then the word.

    >>> import tempfile
    >>> import torch
    >>> from unittest.mock import patch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> from absorption.worlds.language import LanguageModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 1, 8, 0, "float32", None, LlamaModel(config))
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ", ABSORPTION_CACHE=folder):
    ...     word_activations(model, torch.tensor([3, 5])).shape
    torch.Size([2, 8])
    """
    return residual_stream(model, token_ids[:, None])[:, 0]


def text_contexts(
    model: LanguageModel, texts: Sequence[str], n_tokens: int, length: int, generator: torch.Generator
) -> Int64[Tensor, "context length"]:
    """Contexts of `length` tokens cut from the texts, as many as `n_tokens` tokens fill, drawn without replacement.

    >>> import torch
    >>> from absorption.worlds.language import LanguageModel
    >>> def tokenizer(texts, **options):  # a letter a token
    ...     return {"input_ids": [[ord(letter) for letter in text] for text in texts]}
    >>> model = LanguageModel("tiny", "by hand", 1, 8, 0, "float32", tokenizer, torch.nn.Identity())
    >>> drawn = text_contexts(model, ["abcde", "f"], 4, length=2, generator=torch.Generator().manual_seed(0))
    >>> sorted(drawn.tolist())  # ab and cd
    [[97, 98], [99, 100]]

    No context crosses from one text into the next; what is left at the end of a text is dropped.

    Raises:
        ValueError: the texts do not hold that many tokens, or that many do not fill one context.
    """
    if n_tokens < length:
        raise ValueError(f"n_tokens = {n_tokens} does not fill one context of {length} tokens.")
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


class EnoughError(Exception):
    """The block that was wanted has run; a listener raises it to leave the later ones out."""


@contextmanager
def listening(model: LanguageModel, listener: Callable[..., Any]) -> Iterator[None]:
    """Call `listener(module, inputs, output)` after block `model.layer`; what it returns replaces the output.

    >>> import torch
    >>> from absorption.worlds.language import LanguageModel
    >>> body = torch.nn.ModuleList([torch.nn.Identity()])
    >>> model = LanguageModel("tiny", "by hand", 1, 2, 0, "float32", None, body)
    >>> with listening(model, lambda module, inputs, output: output + 1):
    ...     body[0](torch.zeros(2)).tolist()
    [1.0, 1.0]
    """
    hook = _blocks(model.body)[model.layer - 1].register_forward_hook(listener)
    try:
        yield
    finally:
        hook.remove()


@torch.no_grad()
def _run(
    model: LanguageModel, contexts: Int64[Tensor, "context position"]
) -> Float32[Tensor, "context position d_model"]:
    length, kept = contexts.shape[1], list[Tensor]()
    alone = length == 1 and len(contexts) >= FEWEST and can_be_kept(model)
    after = FirstToken.of(model) if alone else None

    def keep(_module: nn.Module, _args: object, out: Any) -> None:
        """What the last block returns, before any norm, whatever the architecture; later blocks need not run."""
        kept.append((out[0] if isinstance(out, tuple) else out)[:, -length:].float().cpu())
        raise EnoughError

    with listening(model, keep):
        for batch in contexts.split(max(1, BATCH_TOKENS // (length + 1))):
            with suppress(EnoughError):
                if after and len(batch) >= FEWEST:
                    after.read(batch[:, 0])
                else:
                    first = batch.new_full((len(batch), 1), model.first_token)
                    model.body(torch.cat([first, batch], dim=1).to(model.device), use_cache=False)
    return torch.cat(kept)


def _blocks(body: nn.Module) -> nn.ModuleList:
    """The list of transformer blocks: the longest list of modules there is."""
    return max((m for m in body.modules() if isinstance(m, nn.ModuleList)), key=len)
