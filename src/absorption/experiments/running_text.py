"""Running text that SAEs are trained on, and other running text that they are judged on, with the words in it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.bank.wanted import TextIn
from absorption.runtime.progress import track
from absorption.worlds.language import LanguageModel
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import attention_sinks
from absorption.worlds.residuals import CHUNK_TOKENS, residual_stream, text_contexts
from absorption.worlds.text import WordList, speeches, word_places

FIRST = 8
"""Places before this one in a context have too little text before them, and no word is judged there."""


@dataclass(frozen=True, eq=False)
class HeldOutText:
    """Places of a text that no SAE has seen, sinks of attention left out.

    `tokens [place]`, `position [place]` in its context, `raw [place d_model]` as the model has it.

    >>> text = HeldOutText(torch.tensor([7, 5, 7]), torch.tensor([8, 9, 10]), torch.eye(3))
    >>> bear = WordList(("bear", "elk"), torch.tensor([7, 6]), torch.tensor([1, 4]))
    >>> [found.tolist() for found in text.words(bear)]
    [[0], [0]]
    """

    tokens: Int64[Tensor, " place"]
    position: Int64[Tensor, " place"]
    raw: Float[Tensor, "place d_model"]

    def words(self, words: WordList) -> tuple[Int64[Tensor, " found"], Int64[Tensor, " found"]]:
        """The first place of each word that has one with enough text before it, and which word stands there."""
        late = (self.position >= FIRST).nonzero()[:, 0]
        at, which = word_places(self.tokens[late], words.token_ids, at_most=1)
        return late[at], which


def read_ahead(source: TextIn) -> None:
    """Put the text's activations into the cache, with progress; what is there already is not computed again.

    `source.read()` then takes them from there. One chunk is in memory at a time, and a run that was stopped goes on.

    >>> from unittest.mock import patch
    >>> at, parts = "absorption.experiments.running_text", []
    >>> stand_ins = dict(open_model=lambda *_: None, _contexts=lambda *_: torch.zeros(300, 64), residual_stream=lambda _, part: parts.append(len(part)))
    >>> with patch.multiple(at, **stand_ins):
    ...     read_ahead(TextIn("SmolLM2-135M-Instruct", 2, n_tokens=300 * 64))
    >>> parts
    [256, 44]
    """
    model = open_model(source.model, source.layer)
    contexts = _contexts(model, source, 0)
    parts = contexts.split(max(1, CHUNK_TOKENS // source.length))
    for part in track(parts, f"{source.name}, {contexts.numel():,} tokens"):
        residual_stream(model, part)


def held_out(source: TextIn, n_tokens: int) -> HeldOutText:
    """`n_tokens` tokens of the same text, in contexts that are drawn after those of the source and are none of them.

    >>> from unittest.mock import patch
    >>> at, contexts = "absorption.experiments.running_text", torch.arange(64).reshape(8, 8)
    >>> def residuals(_, contexts):
    ...     return torch.stack([contexts.float(), torch.ones(contexts.shape)], -1)
    >>> with patch.multiple(at, open_model=lambda *_: None, _contexts=lambda *_: contexts, residual_stream=residuals):
    ...     text = held_out(TextIn("SmolLM2-135M-Instruct", 2, n_tokens=32, length=8), 32)
    >>> text.tokens.min().item()  # the first of the fifth context
    32

    Raises:
        ValueError: the text does not hold so many more.
    """
    model = open_model(source.model, source.layer)
    contexts = _contexts(model, source, n_tokens)[source.n_tokens // source.length :]
    raw = residual_stream(model, contexts).flatten(0, 1)
    kept = ~attention_sinks(raw)
    position = torch.arange(source.length).repeat(len(contexts))
    return HeldOutText(contexts.flatten()[kept], position[kept], raw[kept])


def _contexts(model: LanguageModel, source: TextIn, more: int) -> Int64[Tensor, "context position"]:
    """Those of the source, in their order, and as many after them as `more` tokens fill."""
    generator = torch.Generator().manual_seed(source.seed)
    return text_contexts(model, speeches(), source.n_tokens + more, source.length, generator)
