"""Which words of an SAE three metrics call absorbed, by which latents, and how far the metrics agree."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.ablating import Inside, Silenced
from absorption.experiments.controls import oracle
from absorption.measures.absorption import (
    LetterRates,
    absorption_fraction,
    carried,
    full_absorption,
    letter_rates,
)
from absorption.measures.letters import top_words


@dataclass(frozen=True, eq=False)
class Verdicts:
    """On the judged words: absorbed by the `causal` metric, in `full` (both `[word]`), and the `fraction [word]`; `latent [word]` is the
    one that absorbs, by the causal metric or else by the full one. `ablated [word]` says on which words latents were taken out, all of
    them silent, and `stands_for [word]` how many silent words of its letter each of these stands for."""

    inside: Inside
    ablated: Bool[Tensor, " word"]
    stands_for: Float[Tensor, " word"]
    causal: Bool[Tensor, " word"]
    full: Bool[Tensor, " word"]
    fraction: Float[Tensor, " word"]
    latent: Int64[Tensor, " word"]

    @classmethod
    def of(cls, inside: Inside, made: Silenced, word: Int64[Tensor, " case"]) -> "Verdicts":
        """With the ablations that were made on some silent words."""
        c, y = inside.carried, inside.asked.letters
        ablated = torch.zeros(len(y), dtype=torch.bool).index_fill(0, word, True)
        total, used = (torch.bincount(y[rows], minlength=26).float() for rows in (c.silent, ablated))
        full, causal = full_absorption(c), made.found.absorbed
        latent = torch.where(causal, made.found.latent, full.latent)
        stands_for = (total / used.clamp(min=1))[y]
        return cls(inside, ablated, stands_for, causal, full.absorbed, absorption_fraction(c), latent)

    @property
    def either(self) -> Bool[Tensor, " word"]:
        """Words with ablations that the causal or the full metric calls absorbed."""
        return self.ablated & (self.causal | self.full)

    def rate(self, score: Tensor) -> LetterRates:
        """Of any number a word, letter by letter."""
        every = torch.ones(len(score), dtype=torch.bool)
        return letter_rates(score.float(), self.inside.asked.letters, every, self.inside.carried.silent)

    def by_causal(self) -> LetterRates:
        """The causal rate; words with ablations stand for those without."""
        return self.rate(self.causal * self.stands_for)

    def by_full(self) -> LetterRates:
        """The full rate."""
        return self.rate(self.full)

    def narrowness(self) -> float:
        """Median number of words on which absorbers fire, over that of main latents; 1, not narrow, where there is no absorber."""
        latents, fires = self.latent[self.either].unique(), (self.inside.whole > 0).sum(0).float()
        main = fires[self.inside.examined.main.mask.any(0)].median()
        return float(fires[latents].median() / main) if len(latents) else 1.0

    def kappa(self) -> float:
        """Cohen's κ between the causal and the full metric, over the words with ablations; 0 where one of them calls all or none absorbed."""
        a, b = (each[self.ablated].double() for each in (self.causal, self.full))
        chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
        told = 0 < a.mean() < 1 and 0 < b.mean() < 1
        return float(((a == b).double().mean() - chance) / (1 - chance)) if told else 0.0

    def cases(self) -> Iterator[tuple[float, dict[str, str]]]:
        """Every absorbed word with ablations, as a row of a table, and how often it is met."""
        inside, asked = self.inside, self.inside.asked
        c, words, names = (
            inside.carried,
            asked.asking.words.words,
            {(0, 1): "full", (1, 0): "causal", (1, 1): "both"},
        )
        lost = inside.lost(self.either.nonzero()[:, 0], self.latent[self.either])
        for row, less in zip(self.either.nonzero()[:, 0], lost.tolist(), strict=True):
            latent, place = self.latent[row], int(asked.rows[row])
            main = int(inside.examined.main.latents[asked.letters[row], 0])
            yield (
                float(asked.asking.p[place]),
                {
                    "word": words[place],
                    "silent main latent": self.named(main),
                    "absorbing latent": self.named(int(latent)),
                    "cosine with probe": f"{float(c.cosine[row, latent]):+.2f}",
                    "share of projection": f"{float(c.by_latent[row, latent] / c.total[row]):.2f}",
                    "margin": f"{float(asked.margin[row]):.1f}",
                    "lost": f"{less:.1f}",
                    "called absorbed by": names[int(self.causal[row]), int(self.full[row])],
                },
            )

    def named(self, latent: int) -> str:
        """A latent by the three words that it weighs most."""
        return f"{latent} ({', '.join(top_words(self.inside.asked.task, self.inside.whole[:, latent])[:3])})"


def of_oracle(inside: Inside) -> float:
    """Full absorption of the SAE with the probes' own directions as its first latents, which fire where these find the letter.

    >>> import torch
    >>> class Asked:
    ...     x = torch.eye(26, 30)
    ...     letters = torch.arange(26)
    ...     class task:
    ...         cuts = torch.full((26,), 0.5)
    ...         class probe:
    ...             weight = torch.eye(26, 30)
    ...             scores = staticmethod(lambda x: x[:, :26])
    >>> inside = object.__new__(Inside)
    >>> vars(inside).update(asked=Asked, z=torch.ones(26, 40), dictionary=torch.ones(40, 30))
    >>> of_oracle(inside)
    0.0
    """
    asked, task = inside.asked, inside.asked.task
    finds = task.probe.scores(asked.x) > task.cuts
    z, dictionary = oracle(inside.z, inside.dictionary, asked.x, task.probe.weight, finds)
    own = torch.eye(len(task.cuts), z.shape[1], dtype=torch.bool)
    c = carried(asked.x, z, dictionary, task.probe.weight, asked.letters, own)
    return float(full_absorption(c).absorbed.float().mean())
