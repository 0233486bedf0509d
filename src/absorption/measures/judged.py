"""One SAE judged by any labels at once, from its active latents alone: exclusive letters, several labels a word, half-spaces.

What `measures.letters` does for letters with tables that hold all the zeros, pair by pair of a word and a label that it has.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.absorption import (
    SILENT,
    Carried,
    MainLatents,
    absorption_fraction,
    cosines,
    full_absorption,
)
from absorption.measures.active import ActiveLatents
from absorption.measures.classification import best_cuts
from absorption.measures.probes import Probe, fit_label_probe
from absorption.measures.splits import Split

PAIRS_AT_ONCE = 4096

Fit = Callable[[Float[Tensor, "word d_in"], Bool[Tensor, "word label"]], Probe]
"""Probes of labels: `fit_label_probe` or `fit_each`."""


@dataclass(frozen=True)
class Counts:
    """How a classifier a label does on words: `hits [label]` of those `predicted [label]`, and `actual [label]` ones.

    >>> import torch
    >>> counts = Counts.of(torch.tensor([[True], [True], [False]]), torch.tensor([[True], [False], [False]]))
    >>> counts.f1
    tensor([0.6667])
    """

    hits: Int64[Tensor, " label"]
    predicted: Int64[Tensor, " label"]
    actual: Int64[Tensor, " label"]

    @classmethod
    def of(cls, predicted: Bool[Tensor, "word label"], holds: Bool[Tensor, "word label"]) -> "Counts":
        """Column by column."""
        return cls((predicted & holds).sum(0), predicted.sum(0), holds.sum(0))

    @property
    def columns(self) -> tuple[Int64[Tensor, " label"], ...]:
        """Hits, predicted and actual ones."""
        return self.hits, self.predicted, self.actual

    @property
    def f1(self) -> Float[Tensor, " label"]:
        """2 hits / (predicted + actual), 0 where both are none."""
        return 2 * self.hits / (self.predicted + self.actual).clamp(min=1)


@dataclass(frozen=True)
class Probed:
    """The yardstick: probes of all labels, fitted and cut on training words, and the held-out words that they find.

    `word [pair]`, `label [pair]`: row of the word, column of a label that it has and that the probe finds in it.
    """

    probe: Probe
    counts: Counts
    word: Int64[Tensor, " pair"]
    label: Int64[Tensor, " pair"]

    def and_then(self, other: "Probed") -> "Probed":
        """Two sets of labels as one, the other's numbered after these."""
        first, second = self.probe, other.probe
        weight, bias = torch.cat([first.weight, second.weight]), torch.cat([first.bias, second.bias])
        counts = (torch.cat(pair) for pair in zip(self.counts.columns, other.counts.columns, strict=True))
        label = torch.cat([self.label, other.label + len(first.bias)])
        return Probed(Probe(weight, bias), Counts(*counts), torch.cat([self.word, other.word]), label)

    def first(self, n: int) -> "Probed":
        """The first n labels."""
        return self._columns(0, n)

    def rest(self, n: int) -> "Probed":
        """All but the first n labels, numbered from 0."""
        return self._columns(n, len(self.probe.bias))

    def _columns(self, start: int, end: int) -> "Probed":
        probe = Probe(self.probe.weight[start:end], self.probe.bias[start:end])
        inside = (self.label >= start) & (self.label < end)
        counts = Counts(*(column[start:end] for column in self.counts.columns))
        return Probed(probe, counts, self.word[inside], self.label[inside] - start)

    @classmethod
    def of(
        cls,
        x: Float[Tensor, "word d_in"],
        labels: Bool[Tensor, "word label"],
        split: Split,
        fit: Fit = fit_label_probe,
    ) -> "Probed":
        """Fit on the training words; `x` best has mean zero and length about one. `fit_each` suits many labels.

        >>> import torch
        >>> labels, split = torch.tensor([[True], [False], [True], [False]]), Split(torch.arange(2), torch.arange(2, 4))
        >>> found = Probed.of(torch.eye(2)[[0, 1, 0, 1]], labels, split)
        >>> found.counts.f1.tolist(), found.word.tolist()
        ([1.0], [2])
        """
        train, held_out = split.train, split.held_out
        x_train, holds = x[train], labels[train]
        probe = fit(x_train, holds)
        cuts = best_cuts(probe.scores(x_train), holds)
        finds = probe.scores(x[held_out]) > cuts
        label, row = (finds & labels[held_out]).T.nonzero(as_tuple=True)
        return cls(probe, Counts.of(finds, labels[held_out]), held_out[row], label)


@dataclass(frozen=True)
class Judged:
    """What an SAE makes of each pair of a word and its label `[pair]`.

    `silent`: no main latent of the label fires; `full`, `fraction`: SAEBench's metrics; `latent` carries most of the label, with
    `activation` and `cosine` to the probe, and `share` of the whole.
    """

    silent: Bool[Tensor, " pair"]
    full: Bool[Tensor, " pair"]
    fraction: Float[Tensor, " pair"]
    latent: Int64[Tensor, " pair"]
    activation: Float[Tensor, " pair"]
    cosine: Float[Tensor, " pair"]
    share: Float[Tensor, " pair"]


def judge(
    written: Float[Tensor, "word d_in"],
    z: ActiveLatents,
    dictionary: Float[Tensor, "d_sae d_in"],
    directions: Float[Tensor, "label d_in"],
    main: Bool[Tensor, "label d_sae"],
    word: Int64[Tensor, " pair"],
    label: Int64[Tensor, " pair"],
) -> Judged:
    """Absorption of every pair, by the definitions of `measures.absorption`.

    >>> import torch
    >>> z, written = ActiveLatents.of(torch.tensor([[0.0, 1.0]])), torch.tensor([[1.0, 0.0]])
    >>> dictionary, main, first = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[True, False]]), torch.tensor([0])
    >>> found = judge(written, z, dictionary, torch.tensor([[1.0, 0.0]]), main, first, first)
    >>> found.full.tolist(), found.latent.tolist(), found.share.tolist()
    ([True], [1], [1.0])

    Args:
        written: What the latents have to write: activations less the SAE's own output without latents.
        z: Activations of the latents on the same words.
        dictionary: Decoder directions.
        directions: Of the probes.
        main: Which latents stand for which label.
        word: Of each pair, the word's row.
        label: Of each pair, the label's number.
    """
    unit = torch.nn.functional.normalize(directions, dim=1)
    reads, cosine = unit @ dictionary.T, cosines(dictionary, directions)
    parts = []
    for words, labels in zip(word.split(PAIRS_AT_ONCE), label.split(PAIRS_AT_ONCE), strict=True):
        latents, values = z.rows(words).padded()
        at = labels[:, None], latents
        silent = ~((values.abs() >= SILENT) & main[at]).any(1)
        total = (written[words] * unit[labels]).sum(1)
        carried = Carried(values * reads[at], total, cosine[at], main[at], silent)
        full = full_absorption(carried)
        place = full.latent[:, None]
        of_place = (each.gather(1, place)[:, 0] for each in (latents, values, carried.cosine))
        parts.append((silent, full.absorbed, absorption_fraction(carried), *of_place, full.share))
    return Judged(*(torch.cat(column) for column in zip(*parts, strict=True)))


def best_latent_counts(
    z: ActiveLatents, labels: Bool[Tensor, "word label"], split: Split, main: MainLatents
) -> Counts:
    """How each label's best latent alone finds held-out words, cut where it is best on training words.

    >>> import torch
    >>> z, labels = ActiveLatents.of(torch.eye(2)[[0, 1, 0, 1]]), torch.tensor([[True], [False], [True], [False]])
    >>> main = MainLatents(2, torch.tensor([[0]]), torch.tensor([[1.0]]), torch.tensor([1]), rise=0.03)
    >>> best_latent_counts(z, labels, Split(torch.arange(2), torch.arange(2, 4)), main).f1.tolist()
    [1.0]
    """
    best = z.columns(main.latents[:, 0])
    cuts = best_cuts(best[split.train], labels[split.train])
    return Counts.of(best[split.held_out] > cuts, labels[split.held_out])
