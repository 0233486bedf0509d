"""Words that are read alone follow the same first token: it is worked out once, and every word after it.

A causal model makes the same of a first token whatever follows it. So a word alone is one row of every product instead of two, and
attention finds the first token's keys and values where they are kept. What comes out is the same to the last bit: a row of a product
does not depend on the other rows (from a dozen rows on, below which libraries choose other kernels: see `FEWEST`), and attention
computes two places as ever, the first of which is asked nothing. A test holds it against reading both tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from absorption.worlds.language import LanguageModel

KINDS = frozenset({"llama", "gemma3_text"})
"""Transformers' names of the architectures for which this was tried."""
FEWEST = 64
"""Words that are read together at least. Rows of float32 products were seen to depend on how many there are up to 11."""
NAME = "two places, the first asked nothing"


def can_be_kept(model: LanguageModel) -> bool:
    """Whether this is one of the `KINDS`, on the processor, with the attention that is wrapped here.

    >>> body = torch.nn.Linear(1, 1)
    >>> can_be_kept(LanguageModel("tiny", "by hand", 1, 1, 0, "float32", None, body))
    False
    """
    config: Any = getattr(model.body, "config", None)
    kind, attention = (getattr(config, name, None) for name in ("model_type", "_attn_implementation"))
    return kind in KINDS and attention == "sdpa" and model.device.type == "cpu"


@dataclass(frozen=True)
class FirstToken:
    """A model's first token as its blocks keep it: keys and values `[1 head 1 width]` of every block.

    >>> from transformers import LlamaConfig, LlamaModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 2, 8, 0, "float32", None, LlamaModel(config))
    >>> first = FirstToken.of(model)
    >>> with first.attending():
    ...     model.body(torch.tensor([[3]]), use_cache=True, past_key_values=first.followed_by(1))[0].shape
    torch.Size([1, 1, 8])
    """

    model: LanguageModel
    kept: tuple[tuple[Tensor, Tensor], ...]

    @classmethod
    @torch.no_grad()
    def of(cls, model: LanguageModel) -> "FirstToken":
        """Read it once, among as many rows as there are later."""
        from transformers import DynamicCache

        body: Any = model.body.base_model  # the head, where there is one, has nothing to say
        pairs = torch.full((FEWEST, 2), model.first_token)
        cache = body(pairs, use_cache=True, past_key_values=DynamicCache(config=body.config)).past_key_values
        blocks: Any = cache.layers
        return cls(model, tuple((block.keys[:1, :, :1], block.values[:1, :, :1]) for block in blocks))

    def followed_by(self, words: int) -> Any:
        """What the model is handed with the words, `past_key_values`: new every time, for the model adds to it."""
        from transformers import DynamicCache

        cache: Any = DynamicCache(config=self.model.body.config)
        for number, block in enumerate(self.kept):
            cache.update(*(each.expand(words, -1, -1, -1) for each in block), number)
        return cache

    @contextmanager
    def attending(self) -> Iterator[None]:
        """Inside, the model's attention takes a word as the second of two places, with the kernel that two places have."""
        from transformers import AttentionInterface, AttentionMaskInterface
        from transformers.masking_utils import sdpa_mask

        AttentionInterface.register(NAME, _attend)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        config: Any = self.model.body.config
        config._attn_implementation = NAME
        try:
            yield
        finally:
            config._attn_implementation = "sdpa"

    def read(self, words: Int64[Tensor, " word"]) -> None:
        """Let the model read every word after its first token; hooks hear what its blocks make of them."""
        cache = self.followed_by(len(words))
        with self.attending():
            self.model.body(words[:, None], use_cache=True, past_key_values=cache)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, _mask: Tensor | None, **options: Any
) -> tuple[Tensor, Tensor | None]:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    both = torch.cat([torch.zeros_like(query), query], 2)
    out, weights = sdpa_attention_forward(module, both, key, value, None, **options)
    return out[:, 1:], weights
