"""Whether common words are absorbed more: absorption word by word, beside how often English has the word."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import LEAST_F1, LEAST_WORDS
from absorption.experiments.controls import with_l0
from absorption.measures.letters import Words, examine
from absorption.measures.regression import slopes_within_groups
from absorption.runtime.parallel import in_parallel


@dataclass(frozen=True, eq=False)
class ByWord:
    """Judged words of one split, and in which SAEs each is absorbed in full.

    >>> twice = np.array([1e-6, 1e-5] * 10)
    >>> found = ByWord(("word",) * 20, np.arange(20) // 10, twice, twice[None] > 2e-6)
    >>> found.tenths(2).tolist()
    [[0.0], [1.0]]
    """

    text: tuple[str, ...]
    letters: Int64[np.ndarray, " word"]
    p: Float[np.ndarray, " word"]
    absorbed: Bool[np.ndarray, "seed word"]

    @classmethod
    def of(cls, wanted: Sequence[Wanted], l0: float, split: int) -> "ByWord":
        """SAEs on the words of one source, each at an L0, on the words of the letters that can be rated."""
        source = wanted[0].source
        assert isinstance(source, WordsIn)
        task = source.read().task(split)
        rated = (task.enough(LEAST_WORDS) & (task.probe_f1 > LEAST_F1))[task.letters[task.judged]]
        rows = task.judged[rated]
        absorbed = in_parallel(lambda each: _absorbed(each, task, l0)[rated].numpy(), wanted)
        text = tuple(task.text[int(row)] for row in rows)
        return cls(text, task.letters[rows].numpy(), task.p[rows].double().numpy(), np.stack(absorbed))

    def slopes(self) -> Float[np.ndarray, " seed"]:
        """How much more often a word ten times as frequent is absorbed, its letter, length and capital being equal."""
        length = [float(len(word)) for word in self.text]
        capital = [float(word[0].isupper()) for word in self.text]
        predictors = np.stack([np.log10(self.p), length, capital], 1)
        return slopes_within_groups(self.absorbed.astype(float), predictors, self.letters)[:, 0]

    def tenths(self, n: int = 10) -> Float[np.ndarray, "part seed"]:
        """The share absorbed of the rarest tenth of the words, of the next, and so on."""
        parts = np.array_split(self.p.argsort(kind="stable"), n)
        return np.stack([self.absorbed[:, part].mean(1) for part in parts])


@torch.no_grad()
def _absorbed(wanted: Wanted, task: Words, l0: float) -> torch.Tensor:
    stack = with_l0(wanted.get()[0], Table(task.x), l0)
    return examine(task, encode_rows(stack, 0, task.x), stack.dictionary[0]).by_full.absorbed
