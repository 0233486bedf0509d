"""Words as an MLP or several blocks see them: what a dictionary reads, and what it is to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.table import Table, draw_weights
from absorption.experiments.bank.yardstick import Yardstick
from absorption.runtime.parallel import threads
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.residuals import word_activations
from absorption.worlds.sublayers import mlp_activations
from absorption.worlds.text import WordList, commonest, vocabulary_words, word_frequencies


@dataclass(frozen=True, eq=False)
class Translation:
    """Words as one part of a model reads them, `x [word d_in]`, and what a dictionary is to make of them, `y [word d_out]`.

    Both have mean zero and mean length one over the words as they are drawn, `drawn [word]`; a crosscoder's spaces (`spaces`) each
    by themselves. A crosscoder and an SAE write what they read.
    """

    words: WordList
    drawn: Float[Tensor, " word"]
    x: Float[Tensor, "word d_in"]
    y: Float[Tensor, "word d_out"]
    spaces: tuple[int, ...] = ()

    @property
    def table(self) -> Table:
        """What dictionaries are trained on."""
        return Table(self.x, self.drawn, None if self.y is self.x else self.y)

    def yardstick(self, split: int) -> Yardstick:
        """Letters and half-spaces of what is written, since that is where one latent may carry another's part."""
        return Yardstick.of(self.y, self.words.letters, split)


def of_mlp(model: str, layer: int, per_letter: int | None = None) -> Translation:
    """A transcoder's: what the MLP of the last of `layer` blocks is given, and what it adds to the residual stream.

    >>> of_mlp("nowhere", layer=1)
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Args:
        model: A packaged model.
        layer: As for `WordsIn`.
        per_letter: Of every letter its so many most frequent words; None: all.

    Raises:
        As `worlds.models.open_model`.
    """
    return _of_mlp(model, layer, per_letter)


def of_blocks(model: str, layers: tuple[int, ...], per_letter: int | None = None) -> Translation:
    """A crosscoder's: the residual stream after several blocks, side by side. Arguments as for `of_mlp`.

    >>> of_blocks("nowhere", (1, 2))
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.
    """
    return _of_blocks(model, layers, per_letter)


@lru_cache(maxsize=2)
def _of_mlp(model: str, layer: int, per_letter: int | None) -> Translation:
    words, drawn = _words(model, (layer,), per_letter)
    given, added = mlp_activations(open_model(model, layer), words.token_ids)
    with threads(2):
        x, y = (Normalisation.of(raw, drawn)(raw) for raw in (given, added))
    return Translation(words, drawn, x, y)


@lru_cache(maxsize=2)
def _of_blocks(model: str, layers: tuple[int, ...], per_letter: int | None) -> Translation:
    words, drawn = _words(model, layers, per_letter)
    parts = []
    for layer in layers:
        raw = word_activations(open_model(model, layer), words.token_ids)
        with threads(2):
            parts.append(Normalisation.of(raw, drawn)(raw))
    x = torch.cat(parts, -1)
    return Translation(words, drawn, x, x, tuple(part.shape[1] for part in parts))


def _words(model: str, layers: Sequence[int], per_letter: int | None) -> tuple[WordList, Tensor]:
    """Words that are a sink of attention after none of the blocks, drawn by the root of their frequency."""
    words = commonest(vocabulary_words(open_model(model, layers[0]).vocabulary()), per_letter)
    kept = torch.ones(len(words.words), dtype=torch.bool)
    for layer in layers:
        kept &= ~attention_sinks(word_activations(open_model(model, layer), words.token_ids))
    words = words.select(kept)
    return words, draw_weights(word_frequencies(words.words).float(), "root")
