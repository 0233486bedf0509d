"""All of a text inside a model, of which only what is wanted is kept.

A text of millions of tokens is read once, chunk by chunk, and of each chunk the activations that were drawn are kept, in half
precision; the others are forgotten. So memory holds what was drawn and little more. Every chunk is a cache entry: a reading
that was stopped goes on where it was, and gives the same bytes. Kept apart from `worlds.residuals`, on whose code the cache of
other residual streams depends.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float16, Int64
from torch import Tensor, nn

from absorption.runtime.cache import cached
from absorption.runtime.progress import track
from absorption.worlds.language import LanguageModel
from absorption.worlds.residuals import CHUNK_TOKENS, EnoughError, listening

BATCH_TOKENS = 1040
"""Read together by one thread: with 2,080 or 520 it took 14% and 4% longer. How many there are changes no byte."""


@dataclass(frozen=True, eq=False)
class Cut:
    """Every token of some texts: `contexts [context position]`, and which places are the text's `own [context position]`.

    >>> Cut(torch.tensor([[5, 6], [7, 0]]), torch.tensor([[True, True], [True, False]])).n_tokens
    3
    """

    contexts: Int64[Tensor, "context position"]
    own: Bool[Tensor, "context position"]

    @property
    def n_tokens(self) -> int:
        """How many tokens the texts have."""
        return int(self.own.sum())


def cut(model: LanguageModel, texts: Sequence[str], length: int) -> Cut:
    """The texts in contexts of `length` tokens; what is left at the end of each is filled up behind, where it changes nothing.

    >>> def tokenizer(texts, **options):  # a letter a token
    ...     return {"input_ids": [[ord(letter) for letter in text] for text in texts]}
    >>> model = LanguageModel("tiny", "by hand", 1, 8, 0, "float32", tokenizer, nn.Identity())
    >>> cut(model, ["abc", "de"], length=2).contexts.tolist()
    [[97, 98], [99, 0], [100, 101]]

    Raises:
        ValueError: there is no text, or `length` is less than one.
    """
    if not texts or length < 1:
        raise ValueError(f"{len(texts)} texts cannot be cut into contexts of {length} tokens.")
    contexts, own = [], []
    for text in texts:  # one by one: a tokenizer notes much about every token
        ids = model.tokenizer([text], add_special_tokens=False)["input_ids"][0]
        filled = torch.full((-(-len(ids) // length) * length,), model.first_token)
        filled[: len(ids)] = torch.tensor(ids, dtype=torch.int64)
        contexts.append(filled.view(-1, length))
        own.append((torch.arange(len(filled)) < len(ids)).view(-1, length))
    return Cut(torch.cat(contexts), torch.cat(own))


def drawn(
    own: Bool[Tensor, "context position"], n: int, generator: torch.Generator
) -> Bool[Tensor, "context position"]:
    """Which `n` of the texts' own places are drawn: all alike, none of them twice.

    >>> own = torch.tensor([[True, True], [True, False]])
    >>> drawn(own, 3, torch.Generator()).tolist(), int(drawn(own, 2, torch.Generator()).sum())
    ([[True, True], [True, False]], 2)

    Raises:
        ValueError: the texts have fewer places.
    """
    places = own.flatten().nonzero()[:, 0]
    if n > len(places):
        raise ValueError(f"{n} places cannot be drawn from the {len(places)} of the texts.")
    wanted = torch.zeros(own.numel(), dtype=torch.bool)
    wanted[places[torch.randperm(len(places), generator=generator)[:n]]] = True
    return wanted.view(own.shape)


def read_places(
    model: LanguageModel,
    contexts: Int64[Tensor, "context position"],
    wanted: Bool[Tensor, "context position"],
) -> Float16[Tensor, "place d_model"]:
    """The residual stream after block `model.layer` at the places that are wanted, in the order of the text.

    Every context is read whole, behind the model's first token, as `worlds.residuals.residual_stream` does it. What is kept is
    rounded to half precision: on SmolLM2 after 11 blocks that is 1e-7 of the activations' variance, where bfloat16 products
    (`worlds.language`) are 1e-4.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 1, 8, 0, "float32", None, LlamaModel(config))
    >>> contexts = torch.tensor([[1, 2, 3], [4, 5, 6]])
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ", ABSORPTION_CACHE=folder):
    ...     read_places(model, contexts, contexts > 2).shape
    torch.Size([4, 8])

    Raises:
        ValueError: an activation is too large for half precision.
    """
    found = torch.empty(int(wanted.sum()), model.d_model, dtype=torch.float16)
    filled = 0
    for part in _parts(model, contexts, wanted):
        found[filled : filled + len(part)] = part
        filled += len(part)
    return found


def _parts(
    model: LanguageModel,
    contexts: Int64[Tensor, "context position"],
    wanted: Bool[Tensor, "context position"],
) -> Iterator[Float16[Tensor, "place d_model"]]:
    """Chunk by chunk, as many at once as there are cores, each on one thread: a second thread a product gains less."""
    size = max(1, CHUNK_TOKENS // contexts.shape[1])
    chunks = list(zip(contexts.split(size), wanted.split(size), strict=True))
    with (
        listening(model, _enough),
        ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as workers,
    ):
        each = workers.map(lambda chunk: _kept(model, *chunk), chunks)
        yield from track(each, f"{model.name}, {contexts.numel():,} tokens", total=len(chunks))


def _kept(
    model: LanguageModel,
    contexts: Int64[Tensor, "context position"],
    wanted: Bool[Tensor, "context position"],
) -> Float16[Tensor, "place d_model"]:
    """One chunk, from the cache where it was read before."""
    digest = hashlib.sha256(contexts.contiguous().numpy().tobytes())
    digest.update(wanted.contiguous().numpy().tobytes())
    return cached(
        "places",
        lambda: {"places": _read(model, contexts, wanted)},
        made_by=__name__,
        parameters={
            "model": model.identity,
            "layer": model.layer,
            "linear": model.linear,
            "first": model.first_token,
            "places": digest.hexdigest(),
            "shape": list(contexts.shape),
        },
        packages=("torch", "transformers"),
    )["places"]


@torch.no_grad()
def _read(
    model: LanguageModel,
    contexts: Int64[Tensor, "context position"],
    wanted: Bool[Tensor, "context position"],
) -> Float16[Tensor, "place d_model"]:
    size, kept = max(1, BATCH_TOKENS // (contexts.shape[1] + 1)), list[Tensor]()
    for batch, places in zip(contexts.split(size), wanted.split(size), strict=True):
        first = batch.new_full((len(batch), 1), model.first_token)
        try:
            model.body(torch.cat([first, batch], dim=1).to(model.device), use_cache=False)
        except EnoughError as enough:
            kept.append(enough.args[0][:, 1:][places.to(model.device)].half().cpu())
    found = torch.cat(kept)
    if not found.isfinite().all():
        raise ValueError(
            f"activations of {model.name} after {model.layer} blocks are too large for half precision."
        )
    return found


def _enough(_module: nn.Module, _args: object, out: Any) -> None:
    """Hand over what the last block returns, to whichever thread has called; later blocks need not run."""
    raise EnoughError(out[0] if isinstance(out, tuple) else out)
