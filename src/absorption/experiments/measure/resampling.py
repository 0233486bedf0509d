"""Numbers with intervals: splits are drawn again, words within labels, half-spaces within labels; labels are fixed.

A percentile bootstrap. Each resample draws splits with replacement, the same for all labels, and in each of them words of a label
with replacement. The spread between splits holds the spread of words already, so the interval is rather too wide than too
narrow while words make most of the noise; with three splits it does not know well how much a new split would differ. Half-spaces are
drawn from those of a label in all splits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from absorption.experiments.measure.report import NOT_AVAILABLE, Beside, Number

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Resampled:
    """A number a label `value [label]`, with resamples `drawn [resample label]`, and what each rests on, `n [label]`."""

    value: Float[np.ndarray, " label"]
    drawn: Float[np.ndarray, "resample label"]
    n: Int[np.ndarray, " label"]

    def less(self, other: "Resampled") -> "Resampled":
        """The difference; it rests on what the first one rests on."""
        return Resampled(self.value - other.value, self.drawn - other.drawn, self.n)

    def number(self, label: int) -> Number:
        """One label's, with its interval."""
        n = int(self.n[label])
        return number(self.value[label], self.drawn[:, label] if n > 1 else self.drawn[:0, label], n)

    def mean(self, of: Bool[np.ndarray, " label"]) -> Number:
        """The mean over some labels, those of them that have a value; it rests on so many labels."""
        of = of & np.isfinite(self.value)
        if not of.any():
            return NOT_AVAILABLE
        return number(self.value[of].mean(), self.drawn[:, of].mean(1), int(of.sum()))


def number(value: float, drawn: Float[np.ndarray, " resample"], n: int) -> Number:
    """A value and the percentile interval of its resamples; without interval where these are all not there.

    >>> import numpy as np
    >>> number(0.5, np.linspace(0, 1, 1001), n=10)
    Number(value=0.5, low=0.025, high=0.975, n=10)
    """
    if not np.isfinite(value):
        return NOT_AVAILABLE
    finite = drawn[np.isfinite(drawn)]
    if len(finite) == 0:
        return Number(round(float(value), 6), None, None, n)
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Number(round(float(value), 6), round(float(low), 6), round(float(high), 6), n)


@dataclass(frozen=True)
class WithNulls:
    """A number of the labels, and the same of their free and of their matched half-spaces."""

    label: Resampled
    free: Resampled
    matched: Resampled

    def of(self, label: int) -> Beside:
        """One label's."""
        known = self.matched.n[label] > 1
        difference = self.label.less(self.matched).number(label) if known else NOT_AVAILABLE
        return Beside(
            self.label.number(label), self.free.number(label), self.matched.number(label), difference
        )

    def mean(self, rated: Bool[np.ndarray, " label"]) -> Beside:
        """Means over labels that are rated; each null's over those of them that have it, and so is the difference."""
        difference = self.label.less(self.matched).mean(rated)
        return Beside(self.label.mean(rated), self.free.mean(rated), self.matched.mean(rated), difference)


class Resampler:
    """Draws everything that is drawn again, from one fixed generator.

    >>> import numpy as np
    >>> resampler = Resampler(n_splits=2)
    >>> found = resampler.words([np.ones(4), np.zeros(4)], [np.zeros(4, int)] * 2, n_labels=1)
    >>> found.value.tolist(), found.n.tolist(), sorted(set(found.drawn[:, 0].tolist()))
    ([0.5], [8], [0.0, 0.5, 1.0])
    """

    def __init__(self, n_splits: int, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.splits = self.rng.integers(n_splits, size=(RESAMPLES, n_splits))

    def over_splits(
        self,
        values: Float[np.ndarray, "split label"],
        drawn: Float[np.ndarray, "split resample label"],
        n: np.ndarray,
    ) -> Resampled:
        """Means over splits, and over splits that are drawn again; where a split has no value it is left out."""
        picked = drawn[self.splits, np.arange(RESAMPLES)[:, None]]
        return Resampled(_mean(values, 0), _mean(picked, 1), n)

    def words(self, scores: Sequence[np.ndarray], labels: Sequence[np.ndarray], n_labels: int) -> Resampled:
        """A mean over words: for each split `scores [pair]` of words and their `labels [pair]`."""
        values = np.full((len(scores), n_labels), np.nan)
        drawn = np.full((len(scores), RESAMPLES, n_labels), np.nan)
        n = np.zeros(n_labels, int)
        for split, (of_word, own) in enumerate(zip(scores, labels, strict=True)):
            for label in np.unique(own):
                of_label = of_word[own == label].astype(np.float32)
                again = self.rng.integers(len(of_label), size=(RESAMPLES, len(of_label)), dtype=np.int32)
                values[split, label], drawn[split, :, label] = of_label.mean(), of_label[again].mean(1)
                n[label] += len(of_label)
        return self.over_splits(values, drawn, n)

    def f1(self, counts: Int[np.ndarray, "split label 3"], n_words: Int[np.ndarray, " split"]) -> Resampled:
        """F1 from hits, predicted and actual ones among so many words."""
        hits, predicted, actual = np.moveaxis(counts, -1, 0)
        others = n_words[:, None] - actual
        values = _f1(hits, predicted, actual)
        shape = (RESAMPLES, *hits.shape)
        found = self.rng.binomial(actual, hits / np.maximum(actual, 1), size=shape)
        wrong = self.rng.binomial(others, (predicted - hits) / np.maximum(others, 1), size=shape)
        return self.over_splits(values, np.moveaxis(_f1(found, found + wrong, actual), 1, 0), actual.sum(0))

    def plain(self, values: Float[np.ndarray, "split label"]) -> Resampled:
        """A number a split, of which nothing but the split is drawn again."""
        drawn = np.broadcast_to(values[:, None], (len(values), RESAMPLES, values.shape[1]))
        return self.over_splits(values, drawn, np.isfinite(values).sum(0))

    def half_spaces(
        self,
        values: Float[np.ndarray, " half_space"],
        of_label: Int[np.ndarray, " half_space"],
        n_labels: int,
    ) -> Resampled:
        """A mean over each label's half-spaces; without interval where there is one only."""
        value, n = np.full(n_labels, np.nan), np.zeros(n_labels, int)
        drawn = np.full((RESAMPLES, n_labels), np.nan)
        known = np.isfinite(values)
        for label in np.unique(of_label[known]):
            own = values[known & (of_label == label)]
            value[label], n[label] = own.mean(), len(own)
            again = self.rng.integers(len(own), size=(RESAMPLES, len(own)))
            drawn[:, label] = own[again].mean(1)
        return Resampled(value, drawn, n)


def _f1(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    return 2 * hits / np.maximum(predicted + actual, 1)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """The mean of what is there; not a number where nothing is."""
    there = np.isfinite(values)
    count = there.sum(axis)
    total = np.where(there, values, 0.0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
