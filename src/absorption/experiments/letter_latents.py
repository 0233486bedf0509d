"""SAEs of which it is known what they absorb, made from a trained one: every letter has its latent, or some words are absorbed."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.measure.report import Report
from absorption.experiments.planted import with_planted
from absorption.experiments.words import ReadWords
from absorption.measures.probes import Probe, fit_probe
from absorption.saes.exchange.dictionary import Dictionary


@dataclass(frozen=True, eq=False)
class Letters:
    """Words inside a model, and probes for their first letters.

    Args:
        read: The words.
        probe: Of the letters, on normalised activations.
    """

    read: ReadWords
    probe: Probe

    @classmethod
    def of(cls, read: ReadWords) -> "Letters":
        """With probes fitted on all of the words."""
        return cls(read, fit_probe(read.frame(read.raw), read.words.letters))

    @property
    def directions(self) -> Float[Tensor, "letter d_model"]:
        """Of the probes, of length 1."""
        return torch.nn.functional.normalize(self.probe.weight, dim=1)

    def each_read(self, sae: Dictionary) -> Dictionary:
        """The SAE with a latent a letter that reads it as a probe does; what it reconstructs stays."""
        n = len(self.directions)

        def encode(raw: Tensor) -> Tensor:
            return torch.cat([sae.encode(raw), self.probe.scores(self.read.frame(raw)).relu()], 1)

        return replace(
            sae, name="with a latent a letter", encode=encode, decode=lambda z: sae.decode(z[:, :-n]),
            W_dec=torch.cat([sae.W_dec, self.directions]),
        )  # fmt: skip

    def absorbed(self, sae: Dictionary, report: Report, planted: Int64[Tensor, " some"]) -> Dictionary:
        """The SAE with planted words: their letter's main latents are silent there, and a latent of their own writes the letter.

        Args:
            sae: A trained one.
            report: What was measured of it; it says which latents are a letter's main ones.
            planted: Rows of the words.
        """
        main = torch.zeros(26, sae.d_sae, dtype=torch.bool)
        for letter, one in zip(main, report.labels, strict=True):
            letter[[each.latent for each in one.main]] = True
        x, of = self.read.raw, self.read.words.letters[planted]
        unit = self.directions[of]
        along = ((x[planted] - x.mean(0)) * unit).sum(1, keepdim=True).clamp(min=0)
        return with_planted(sae, x, planted, along * unit, main[of])

    def called_absorbed(self, report: Report, planted: Int64[Tensor, " some"], are: bool = True) -> float:
        """How many of the planted words among the judged ones, or of the others, are called absorbed in full; mean over letters."""
        made = {self.read.words.words[i] for i in planted.tolist()}
        full: dict[str, list[bool]] = {}
        for each in report.words:
            if (each.word in made) == are:
                full.setdefault(each.label, []).append(each.full)
        return float(np.mean([np.mean(of_letter) for of_letter in full.values()]))
