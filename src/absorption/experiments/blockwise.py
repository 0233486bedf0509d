"""SAEs of one model, block by block of layer and seed: how well their latents tell letters, and what they absorb."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from absorption.experiments.bank.classifying import Classified, classified
from absorption.experiments.bank.judgement import Judgement, judged
from absorption.experiments.bank.judging import LETTERS
from absorption.experiments.bank.wanted import Wanted, WordsIn

ABOUT = ("explained", "l0", "dead")
"""What is known of a whole SAE."""


@dataclass(frozen=True)
class Blocks:
    """SAEs with the layers that they read, what they were judged to absorb, and how they classify letters (where that was asked).

    >>> rates = {"full": np.array([[0.2, 0.4]]), "silent": np.array([[0.3, 0.3]]), "fraction": np.array([[0.1, 0.1]])}
    >>> one = Judgement({"letters": rates | {"f1": np.array([[0.6, 0.6]])}, "matched": rates}, 0.7, 16.0, 0.0)
    >>> blocks = Blocks((4, 11), (one, one))
    >>> blocks.each("full").round(2).tolist(), blocks.after(11).above("full").tolist()
    ([0.3, 0.3], [0.0])
    """

    layers: tuple[int, ...]
    judged: tuple[Judgement, ...]
    classified: tuple[Classified, ...] = ()

    @classmethod
    def of(
        cls,
        wanted: Sequence[Wanted],
        l0: float,
        splits: Sequence[int],
        classify: bool = True,
        nulls: bool = True,
    ) -> "Blocks":
        """SAEs on words, at the threshold at which `l0` latents fire on an average word.

        Absorption is judged on all splits of the words, half-spaces (`nulls`) beside letters; letters are classified, by the best latent
        and by a probe, on the first.
        """
        sources = [each.source for each in wanted]
        layers = tuple(source.layer for source in sources if isinstance(source, WordsIn))
        told = classified(wanted, l0, splits[:1], ks=(1,)) if classify else ()
        return cls(layers, tuple(judged(wanted, l0, splits, nulls)), tuple(told))

    def after(self, layer: int) -> "Blocks":
        """Those of one layer."""
        here = [at for at, own in enumerate(self.layers) if own == layer]
        told = tuple(self.classified[at] for at in here) if self.classified else ()
        return Blocks((layer,) * len(here), tuple(self.judged[at] for at in here), told)

    def each(self, measure: str, kind: str = LETTERS) -> Float[np.ndarray, " block"]:
        """One rate of every SAE, mean over letters and splits."""
        return np.array([one.mean(measure, kind) for one in self.judged])

    def above(self, measure: str) -> Float[np.ndarray, " block"]:
        """How much more letters have of it than matched half-spaces."""
        return np.array([one.above(measure) for one in self.judged])

    def about(self, number: str) -> Float[np.ndarray, " block"]:
        """`explained`, `l0` or `dead` of every SAE."""
        return np.array([getattr(one, number) for one in self.judged])

    def gap(self) -> Float[np.ndarray, " block"]:
        """By how much the probe's F1 is higher than the best latent's."""
        return np.array([one.gap("f1") for one in self.classified])

    def missed(self) -> Float[np.ndarray, " block"]:
        """Of the words that the probe finds, the share that the best latent misses."""
        return np.array([one.mean("missed") for one in self.classified])

    def by_letter(self, measure: str) -> Float[np.ndarray, " letter"]:
        """One rate of every letter, mean over SAEs and splits; nan where none of them rates it."""
        values = np.concatenate([one.by[LETTERS][measure] for one in self.judged])
        known = np.isfinite(values)
        return np.where(known.any(0), np.where(known, values, 0).sum(0) / known.sum(0).clip(1), np.nan)

    def means(self, columns: Sequence[str]) -> dict[str, float]:
        """Of all SAEs, as a table shows them; `columns` as for `column`.

        >>> one = Judgement({"letters": {"full": np.array([[0.2, 0.4]])}}, explained=0.7, l0=16.0, dead=0.0)
        >>> Blocks((4,), (one,)).means(["full", "explained"])
        {'full': 0.30000000000000004, 'explained': 0.7}
        """
        return {column: float(self.column(column).mean()) for column in columns}

    def column(self, name: str) -> Float[np.ndarray, " block"]:
        """Of every SAE `explained`, `l0`, `dead`, `gap`, or a rate by its name, such as `full`; with a kind, `full, matched`."""
        if name in ABOUT:
            return self.about(name)
        measure, _, kind = name.partition(", ")
        return self.gap() if name == "gap" else self.each(measure, kind or LETTERS)
