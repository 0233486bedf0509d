"""What one block's MLP reads and writes at words read alone, and what the blocks after a point make of a residual stream.

Kept apart from `worlds.residuals`, on whose code the cache of residual streams depends.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from absorption.runtime.cache import cached
from absorption.worlds.language import LanguageModel
from absorption.worlds.residuals import CHUNK_TOKENS, EnoughError

BATCH = 1024
"""Words a forward pass."""


def mlp_activations(
    model: LanguageModel, token_ids: Int64[Tensor, " word"]
) -> tuple[Float32[Tensor, "word d_model"], Float32[Tensor, "word d_model"]]:
    """What the MLP of block `model.layer` (the last before the residual stream is read) is given and what it adds, at each word.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 1, 8, 0, "float32", None, LlamaModel(config))
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ", ABSORPTION_CACHE=folder):
    ...     given, added = mlp_activations(model, torch.tensor([3, 5]))
    >>> torch.allclose(added, model.body.layers[0].mlp(given), atol=1e-6)
    True

    Words are read as by `worlds.residuals.word_activations`: the model's first token, then the word. What is given is the stream
    after the block's attention and the norm before the MLP. Chunks are cached one by one.

    Raises:
        ValueError: the model's blocks have no part that is called `mlp`.
    """
    if not hasattr(_block(model), "mlp"):
        raise ValueError(
            f"the blocks of {model.name} have no part called mlp, so there is none to transcode."
        )
    described = {
        "model": model.identity,
        "layer": model.layer,
        "linear": model.linear,
        "first": model.first_token,
    }

    def one(chunk: Int64[Tensor, " chunk"]) -> dict[str, Tensor]:
        return cached(
            "mlp",
            lambda: _run(model, chunk),
            made_by=__name__,
            parameters={
                **described,
                "tokens": hashlib.sha256(chunk.contiguous().numpy().tobytes()).hexdigest(),
            },
            packages=("torch", "transformers"),
        )

    found = [one(chunk) for chunk in token_ids.split(CHUNK_TOKENS // 2)]
    return torch.cat([each["given"] for each in found]), torch.cat([each["added"] for each in found])


@torch.no_grad()
def _run(model: LanguageModel, token_ids: Int64[Tensor, " word"]) -> dict[str, Tensor]:
    given: list[Tensor] = []
    added: list[Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        given.append(inputs[0][:, 1].float().cpu())
        added.append(out[:, 1].float().cpu())
        raise EnoughError

    hook = _block(model).mlp.register_forward_hook(keep)
    try:
        for batch in token_ids.split(BATCH):
            first = torch.full_like(batch, model.first_token)
            with suppress(EnoughError):
                model.body(torch.stack([first, batch], 1).to(model.device), use_cache=False)
    finally:
        hook.remove()
    return {"given": torch.cat(given), "added": torch.cat(added)}


def _block(model: LanguageModel) -> Any:
    """The last block that runs before the residual stream is read."""
    return _blocks(model.body)[model.layer - 1]


def _blocks(body: nn.Module) -> nn.ModuleList:
    return max((m for m in body.modules() if isinstance(m, nn.ModuleList)), key=len)


class FirstToken:
    """Keys and values of a sequence's first token, block by block: what attention asks for in a cache's place.

    >>> past, one = FirstToken(), torch.ones(1, 1, 1, 2)
    >>> past.update(one, one, 0)[0].shape  # of the first token itself
    torch.Size([1, 1, 1, 2])
    >>> past.update(one.expand(3, 1, 1, 2), one.expand(3, 1, 1, 2), 0)[0].shape  # of three words, each behind it
    torch.Size([3, 1, 2, 2])
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def update(
        self,
        keys: Float[Tensor, "word head token d_head"],
        values: Float[Tensor, "word head token d_head"],
        layer: int,
    ) -> tuple[Tensor, Tensor]:
        """The first that a block gives are kept; all that come later get them before their own."""
        if layer not in self._kept:
            self._kept[layer] = keys, values
            return keys, values
        first_keys, first_values = (kept.expand(len(keys), -1, -1, -1) for kept in self._kept[layer])
        return torch.cat([first_keys, keys], 2), torch.cat([first_values, values], 2)


@dataclass(frozen=True, eq=False)
class Following:
    """What some blocks make of the residual stream at a word read alone, as a function with gradients.

    `model` is read after `model.layer` blocks, the last `blocks` of which are those that follow. The first token's stream, which
    no word changes, runs through them once; only the word's is replaced.

    >>> from transformers import LlamaConfig, LlamaModel
    >>> sizes = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=4, num_attention_heads=2, vocab_size=9)
    >>> body = LlamaModel(LlamaConfig(**sizes)).eval().requires_grad_(False)
    >>> follow = Following.of(LanguageModel("tiny", "random", 3, 8, 0, "float32", None, body), blocks=2)
    >>> whole = body(torch.tensor([[0, 4], [0, 7]]), output_hidden_states=True).hidden_states
    >>> torch.allclose(follow(whole[1][:, 1]), whole[3][:, 1], atol=1e-6)
    True
    """

    layers: tuple[Callable[..., Any], ...]
    places: dict[str, Any]
    """What the blocks want to know about the word's position, and what its attention sees of the first token."""

    @classmethod
    def of(cls, model: LanguageModel, blocks: int) -> "Following":
        """The last `blocks` of the model's blocks.

        Raises:
            ValueError: the model has no block before them, or keeps its positions in another way than Llama does.
        """
        body: Any = model.body
        if not 0 < blocks < model.layer:
            raise ValueError(
                f"{blocks} of the first {model.layer} blocks of {model.name} are to follow: at least one, and one before them."
            )
        if not hasattr(body, "rotary_emb"):
            raise ValueError(f"{model.name} keeps its positions in another way than Llama does.")
        layers = tuple(_blocks(body)[model.layer - blocks : model.layer])
        first, past = _first_stream(model, layers[0]), FirstToken()
        with torch.no_grad():
            _through(layers, first, _places(body, first, 0) | {"past_key_values": past})
        return cls(layers, _places(body, first, 1) | {"past_key_values": past})

    def __call__(self, stream: Float[Tensor, "word d_model"]) -> Float[Tensor, "word d_model"]:
        """The residual stream at the word after the blocks, from the one before them; in the model's own units."""
        return _through(self.layers, stream[:, None], self.places)[:, 0]


def _first_stream(model: LanguageModel, block: nn.Module) -> Float[Tensor, "one one d_model"]:
    """What a block is given at the first token."""
    seen: list[Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0][:1, :1].float())
        raise EnoughError

    hook = block.register_forward_pre_hook(keep)
    token = torch.tensor([[model.first_token]], device=model.device)
    body: Any = model.body
    try:
        with torch.no_grad(), suppress(EnoughError):
            body(token, use_cache=False)
    finally:
        hook.remove()
    return seen[0]


def _places(body: Any, stream: Tensor, position: int) -> dict[str, Any]:
    """What blocks want to know about one position."""
    positions = torch.tensor([[position]], device=stream.device)
    return {"position_embeddings": body.rotary_emb(stream, positions), "position_ids": positions}


def _through(
    layers: tuple[Callable[..., Any], ...],
    hidden: Float[Tensor, "word token d_model"],
    places: dict[str, Any],
) -> Float[Tensor, "word token d_model"]:
    for layer in layers:
        out = layer(hidden, **places)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden
