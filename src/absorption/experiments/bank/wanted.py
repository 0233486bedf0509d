"""What the bank is asked for: an SAE by the model, the block, the data, the recipe and the seed that make it."""

from dataclasses import dataclass
from functools import lru_cache

import torch

from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.table import Draw, Table
from absorption.experiments.words import ReadText, ReadWords, read_text, read_words
from absorption.runtime.parallel import threads
from absorption.saes.fit.report import FitReport
from absorption.saes.stack import SAEStack
from absorption.worlds.models import open_model
from absorption.worlds.text import commonest, familiar, speeches, vocabulary_words

EACH = frozenset({"gemma-3-270m"})
"""Models some of whose dimensions vary tens of times as much as a typical one: with one scale these are nearly all that an
SAE is asked for, and many latents die. SAEs of these models see every dimension divided by a width of its own.

Measured on Gemma 3 270M after 10 blocks, where the widest dimension varies 29 times as much as the median one: of 1,024
latents (k = 16, one plain SAE a frame, 300,000 activations) 29% fire on no word with one scale and 4% with widths; the best
latents' F1 is .42 and .46. Of the held-out words' variance, each in its own frame, .78 and .71 are explained; one scale
has the easier task. That few dimensions dominate such models, and that standardising them helps: Timkey and van
Schijndel 2021 (arXiv:2109.04404).
"""


@dataclass(frozen=True)
class WordsIn:
    """Single words read by a model: the packaged `model`, after `layer` blocks; how they are drawn; of every letter the
    `per_letter` most frequent ones, or all; of those only what is met at least `least` times among English words.

    >>> WordsIn("SmolLM2-135M-Instruct", layer=4).name
    'SmolLM2-135M-Instruct, block 4, words'
    """

    model: str
    layer: int
    draw: Draw = "root"
    per_letter: int | None = None
    least: float = 0.0
    each: bool | None = None
    """Whether every dimension is divided by a width of its own (`Normalisation.of`); as `EACH` says if left out."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.model}, block {self.layer}, words" + ("" if self.draw == "root" else f" ({self.draw})")

    def read(self) -> ReadWords:
        """The words and their activations; the last four sources that were read are kept in memory.

        Raises:
            FileNotFoundError: the model's package is not installed; the message gives the command.
            ValueError: no such model, block or draw, or damaged files.
        """
        return _read_words(self)

    @property
    def table(self) -> Table:
        """What SAEs are trained on."""
        return self.read().table


@dataclass(frozen=True)
class TextIn:
    """Running text read by a model: `n_tokens` tokens of the speeches, in contexts of `length`, drawn with `seed`.

    >>> TextIn("SmolLM2-135M-Instruct", layer=4, n_tokens=1000).name
    'SmolLM2-135M-Instruct, block 4, text'
    """

    model: str
    layer: int
    n_tokens: int
    length: int = 64
    seed: int = 0
    each: bool | None = None
    """As for `WordsIn`."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.model}, block {self.layer}, text"

    def read(self) -> ReadText:
        """The contexts and their activations; as `WordsIn.read`."""
        return _read_text(self)

    @property
    def table(self) -> Table:
        """What SAEs are trained on."""
        return self.read().table


@dataclass(frozen=True)
class Wanted:
    """One SAE: `recipe` is the name of the kind, `fit` how it is trained on the activations of `source`."""

    source: WordsIn | TextIn
    recipe: str
    fit: Fit

    @property
    def name(self) -> str:
        """For people; also, with another separator, the folder that an export goes to."""
        size = f"{self.fit.d_sae} latents, {self.fit.schedule.samples:,} activations"
        return f"{self.source.name}, {self.recipe}, {size}, seed {self.fit.seed}"

    def get(self) -> tuple[SAEStack, FitReport]:
        """The SAE, a stack of one, and the report on its fit; trained, on one thread, if it is not in the bank yet."""
        with threads(1):
            return self.fit.to(self.source.table, self.name)


@lru_cache(maxsize=4)
def _read_words(source: WordsIn) -> ReadWords:
    model = open_model(source.model, source.layer)
    words = vocabulary_words(model.vocabulary())
    if source.least > 0:
        words = familiar(words, source.least)
    return read_words(model, commonest(words, source.per_letter), source.draw, _each(source))


@lru_cache(maxsize=4)
def _read_text(source: TextIn) -> ReadText:
    model = open_model(source.model, source.layer)
    generator = torch.Generator().manual_seed(source.seed)
    return read_text(model, speeches(), source.n_tokens, source.length, generator, _each(source))


def _each(source: WordsIn | TextIn) -> bool:
    return source.model in EACH if source.each is None else source.each
