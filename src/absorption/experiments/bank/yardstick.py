"""What SAEs on words are judged by: letters and, beside them, half-spaces in free directions, each with its probe."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.measure.one_split import split_of
from absorption.measures.halfspaces import free_directions, furthest
from absorption.measures.judged import Probed
from absorption.measures.logistic import curvature, fit_each
from absorption.measures.probes import Probe
from absorption.measures.splits import Split

N_LETTERS = 26
LEAST_F1 = 0.6
"""A probe below it is no yardstick (SAEBench's rule); its letter is not available, and is never rated."""
LEAST_WORDS = 20
"""A letter with fewer judged words is left out: one word would be more than 5 points."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """One split of the words of a source; the same for every SAE that is judged by it.

    `labels [word column]`: the letters, then as many free half-spaces, in turn isotropic and shaped like the data, one of the
    size of each letter; `probed`: their probes, fitted on the training words, and the held-out words that they find.

    >>> import torch
    >>> x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    >>> found = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> found.labels.shape, found.rated.tolist()
    (torch.Size([600, 4]), [True, True])
    """

    x: Float[Tensor, "word d_in"]
    labels: Bool[Tensor, "word column"]
    split: Split
    probed: Probed
    seed: int

    @classmethod
    def of(
        cls,
        x: Float[Tensor, "word d_in"],
        letters: Int64[Tensor, " word"],
        seed: int,
        n_letters: int = N_LETTERS,
    ) -> "Yardstick":
        """Split the words, a fifth of each letter's held out, and fit all probes on the rest.

        Args:
            x: Activations, normalised.
            letters: Of the words, from 0.
            seed: Of the split, and of the free directions.
            n_letters: How many there are.
        """
        own = torch.nn.functional.one_hot(letters, n_letters).bool()
        split = split_of(own, seed)
        # Another than that of the split, so that words and directions are drawn independently.
        free = free_directions(x, n_letters, torch.Generator().manual_seed(1_000_003 + seed))
        labels = torch.cat([own, furthest(x @ free.T, own.sum(0))], 1)
        return cls(x, labels, split, Probed.of(x, labels, split, fit_each), seed)

    @cached_property
    def curvature(self) -> Float[Tensor, "d_in_plus_1 d_in_plus_1"]:
        """What every probe on the training words has in common: `measures.logistic.curvature`."""
        return curvature(self.x[self.split.train])

    def fit(self, x: Float[Tensor, "word d_in"], holds: Bool[Tensor, "word label"]) -> Probe:
        """Further probes on the training words `x`, which are those of the letters."""
        return fit_each(x, holds, factor=self.curvature)

    @property
    def n_letters(self) -> int:
        """Half of the columns."""
        return self.labels.shape[1] // 2

    @property
    def probe_f1(self) -> Float[Tensor, " column"]:
        """Of every probe on held-out words."""
        return self.probed.counts.f1

    @property
    def rated(self) -> Bool[Tensor, " letter"]:
        """Letters whose probe passes the rule and finds enough held-out words, whatever an SAE makes of them."""
        judged = self.probed.label.bincount(minlength=self.labels.shape[1])
        return ((self.probe_f1 > LEAST_F1) & (judged >= LEAST_WORDS))[: self.n_letters]


@lru_cache(maxsize=64)
def yardstick(source: WordsIn, seed: int) -> Yardstick:
    """The one of a source and a split, made once in a process.

    >>> from types import SimpleNamespace
    >>> from unittest.mock import patch
    >>> x = torch.randn(780, 4, generator=torch.Generator().manual_seed(0))
    >>> read = SimpleNamespace(x=x, words=SimpleNamespace(letters=torch.arange(780) % 26))
    >>> with patch.object(WordsIn, "read", lambda source: read):  # no model
    ...     int(yardstick(WordsIn("SmolLM2-135M-Instruct", 4), seed=0).rated.sum())  # no probe finds what is not there
    0
    """
    read = source.read()
    return Yardstick.of(read.x, read.words.letters, seed)
