"""One SAE judged by first letters: its rates letter by letter, and its latents and words in plain numbers for a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.absorption import (
    Carried,
    FullAbsorption,
    MainLatents,
    absorption_fraction,
    carried,
    cosines,
    full_absorption,
    letter_rates,
    main_latents,
)
from absorption.measures.classification import Quality, best_cuts, classify_pairs
from absorption.measures.probes import Probe, fit_probe
from absorption.measures.splits import Split, split_places, split_words

TOP_WORDS = 5


@dataclass(frozen=True)
class Words:
    """What SAEs are judged on, and the yardstick: the same split and the same probes for all of them.

    >>> import torch
    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])
    >>> words.probe_f1.tolist(), sorted(words.text[i][0] for i in words.judged)
    ([1.0, 1.0], ['a', 'b'])

    `text [word]`, `letters [word]`, `p [word]` (how often each word is met) and `x [word d_in]` are the vocabulary;
    `cuts [letter]` the probe's thresholds, `probe_f1 [letter]` its quality on held-out words; `judged [row]` the
    held-out words whose letter the probe finds, row numbers of the vocabulary.
    """

    text: Sequence[str]
    letters: Int64[Tensor, " word"]
    p: Float[Tensor, " word"]
    x: Float[Tensor, "word d_in"]
    split: Split
    probe: Probe
    cuts: Float[Tensor, " letter"]
    probe_f1: Float[Tensor, " letter"]
    judged: Int64[Tensor, " row"]

    @classmethod
    def of(
        cls,
        text: Sequence[str],
        letters: Int64[Tensor, " word"],
        p: Float[Tensor, " word"],
        x: Float[Tensor, "word d_in"],
        groups: Int64[Tensor, " word"] | None = None,
        seed: int = 0,
    ) -> "Words":
        """Split the words, a fifth of every letter's held out, and fit the probes on the rest.

        Args:
            text, letters, p, x: As kept; letters are numbered from 0, and each number up to the largest has words.
            groups: Rows with one number are one word in several places, and never on both sides of the split.
            seed: Of the split.
        """
        generator = torch.Generator().manual_seed(seed)
        if groups is None:
            split = split_words(letters, generator)
        else:
            split = split_places(groups, letters, generator)
        probe = fit_probe(x[split.train], letters[split.train], n_letters=int(letters.max()) + 1)
        cuts = best_cuts(probe.scores(x[split.train]), letters[split.train])
        finds, y = probe.scores(x[split.held_out]) > cuts, letters[split.held_out]
        judged = split.held_out[finds.gather(1, y[:, None])[:, 0]]
        return cls(text, letters, p, x, split, probe, cuts, classify_pairs(finds, y).f1, judged)

    def enough(self, words: int) -> Bool[Tensor, " letter"]:
        """Which letters have so many judged words, whatever an SAE makes of them."""
        return self.letters[self.judged].bincount(minlength=len(self.cuts)) >= words


@dataclass(frozen=True)
class Examined:
    """One SAE on the judged words; the rates are shares of a letter's judged words."""

    main: MainLatents
    carried: Carried
    by_full: FullAbsorption
    full: Float[Tensor, " letter"]
    fraction: Float[Tensor, " letter"]
    silent: Float[Tensor, " letter"]
    splits: Float[Tensor, " letter"]
    """Main latents of a letter beyond the first."""
    f1: Float[Tensor, " letter"]
    """Of the best latent alone, cut where it is best on training words, on held-out words."""


def examine(
    words: Words, z: Float[Tensor, "word d_sae"], dictionary: Float[Tensor, "d_sae d_in"], k_max: int = 10
) -> Examined:
    """Choose main latents on the training words (`k_max` a letter at most), and measure absorption on the judged ones.

    >>> import torch
    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])
    >>> z = torch.eye(3)[letters]
    >>> z[words.judged] = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])  # another latent fires on the held-out a
    >>> sae = examine(words, z, dictionary=torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), k_max=1)
    >>> sae.silent.tolist(), sae.full.tolist()
    ([1.0, 0.0], [1.0, 0.0])
    """
    split, letters, rows = words.split, words.letters, words.judged
    n_letters = len(words.cuts)
    main = main_latents(z[split.train], letters[split.train], n_letters, k_max=k_max)
    best = z[:, main.latents[:, 0]]
    predicted = best[split.held_out] > best_cuts(best[split.train], letters[split.train])
    c = carried(words.x[rows], z[rows], dictionary, words.probe.weight, letters[rows], main.mask)
    full, every = full_absorption(c), torch.ones(len(rows), dtype=torch.bool)

    def rate(score: Tensor) -> Float[Tensor, " letter"]:
        return letter_rates(score.float(), letters[rows], every, c.silent, n_letters).rate

    return Examined(
        main,
        c,
        full,
        rate(full.absorbed),
        rate(absorption_fraction(c)),
        rate(c.silent),
        main.n - 1.0,
        classify_pairs(predicted, letters[split.held_out]).f1,
    )


def by_letter(
    words: Words, z: Float[Tensor, "word d_sae"], dictionary: Float[Tensor, "d_sae d_in"], sae: Examined
) -> list[dict[str, Any]]:
    """One dictionary a letter, of numbers rounded to three digits and lists of them.

    >>> import torch
    >>> letters, dictionary = torch.tensor([0, 0, 1, 1]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])
    >>> z = torch.eye(2)[letters]
    >>> [found["main"][0][:4] for found in by_letter(words, z, dictionary, examine(words, z, dictionary, k_max=1))]
    [[0, 1.0, 1.0, 1.0], [1, 1.0, 1.0, 1.0]]

    `probe_f1`, `judged` (how many words), `silent` (on how many no main latent fires); `main`: of each main
    latent its number, precision, recall and F1 on held-out words (firing or not), cosine with the probe and the
    words that weigh most in it (activation times root of frequency); `absorbing`: of each latent that absorbs a
    word its number, cosine and top words; `rows`: of each silent word the word, the latent that carries most of
    the letter, its activation, its cosine, the share it carries and whether that counts as full absorption.
    """
    found, full, main = [], sae.by_full, sae.main
    cosine = cosines(dictionary, words.probe.weight)
    for letter in range(len(main.n)):
        own = main.latents[letter, : main.n[letter]]
        rows = ((words.letters[words.judged] == letter) & sae.carried.silent).nonzero()[:, 0]
        carrier = full.latent[rows]
        absorbers = carrier[full.absorbed[rows]].unique()
        found.append(
            {
                "probe_f1": _rounded(words.probe_f1[letter]),
                "judged": int((words.letters[words.judged] == letter).sum()),
                "silent": len(rows),
                "main": [
                    [int(latent), *quality, _rounded(cosine[letter, latent]), top_words(words, z[:, latent])]
                    for latent, quality in zip(own, _qualities(words, z[:, own], letter), strict=True)
                ],
                "absorbing": [
                    [int(latent), _rounded(cosine[letter, latent]), top_words(words, z[:, latent])]
                    for latent in absorbers
                ],
                "rows": [
                    [
                        words.text[int(words.judged[row])],
                        int(latent),
                        _rounded(z[words.judged[row], latent]),
                        _rounded(cosine[letter, latent]),
                        _rounded(full.share[row]),
                        int(full.absorbed[row]),
                    ]
                    for row, latent in zip(rows, carrier, strict=True)
                ],
            }
        )
    return found


def top_words(words: Words, z: Float[Tensor, " word"], n: int = TOP_WORDS) -> list[str]:
    """The words on which a latent's activation times the root of the word's frequency is largest, silent ones never.

    >>> import torch
    >>> letters, p = torch.tensor([0, 0, 1, 1]), torch.tensor([0.1, 0.4, 0.1, 0.4])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, p, x=torch.eye(2)[letters])
    >>> top_words(words, torch.tensor([1.0, 1.0, 0.5, 0.0]))
    ['ant', 'ape', 'bee']
    """
    weight = z * words.p.sqrt()
    best = weight.topk(min(n, len(weight)))
    return [words.text[int(i)] for i, w in zip(best.indices, best.values, strict=True) if w > 0]


def _qualities(words: Words, z: Float[Tensor, "word main"], letter: int) -> list[list[float]]:
    """Precision, recall and F1 of each latent's firing on held-out words."""
    fires = z[words.split.held_out] > 0
    is_letter = (words.letters[words.split.held_out] == letter)[:, None]
    quality = Quality.from_counts((fires & is_letter).sum(0), fires.sum(0), is_letter.sum(0))
    columns = (quality.precision, quality.recall, quality.f1)
    return [[_rounded(column[i]) for column in columns] for i in range(z.shape[1])]


def _rounded(number: Tensor) -> float:
    return round(float(number), 3)
