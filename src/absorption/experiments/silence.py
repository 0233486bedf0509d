"""Letters' latents as they read words, and what of a latent's encoder row lies along another latent's decoder row.

A latent fires where its pre-activation e·(x − b_dec) + b passes the threshold. On a word that is absorbed in full another
latent, the *absorber*, carries the letter. What the absorber writes that is neither the letter (the probe's direction) nor what the
letter's own latent writes is a direction u, of length 1; an exception for the word is a negative e·u.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.bank.yardstick import N_LETTERS, rated
from absorption.experiments.measure.one_split import split_of
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import Judged, Probed, best_latent_counts, judge
from absorption.measures.logistic import fit_each
from absorption.measures.reconstruction import fit_of
from absorption.measures.splits import Split
from absorption.saes.stack import SAEStack

K_MAX = 10
Some = Int64[Tensor, " some"]


@dataclass(frozen=True, eq=False)
class Spelled:
    """Words `x [word d_in]`, which letter each has, one split of them, the letters' probes fitted on the training words, and
    which letters are `rated`: `bank.yardstick.Yardstick` without half-spaces.

    >>> x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    >>> Spelled.of(x, (x[:, 0] > 0).long(), seed=0, n_letters=2).rated
    tensor([True, True])
    """

    x: Float[Tensor, "word d_in"]
    labels: Bool[Tensor, "word letter"]
    split: Split
    probed: Probed
    rated: Bool[Tensor, " letter"]

    @classmethod
    def of(
        cls,
        x: Float[Tensor, "word d_in"],
        letters: Int64[Tensor, " word"],
        seed: int,
        n_letters: int = N_LETTERS,
    ) -> "Spelled":
        """A fifth of each letter's words are held out."""
        labels = torch.nn.functional.one_hot(letters, n_letters).bool()
        split = split_of(labels, seed)
        probed = Probed.of(x, labels, split, fit_each)
        return cls(x, labels, split, probed, rated(probed))


@lru_cache(maxsize=8)
def spelled(source: WordsIn, seed: int) -> Spelled:
    """The words of a source, made once in a process.

    >>> from types import SimpleNamespace
    >>> from unittest.mock import patch
    >>> x = torch.randn(780, 4, generator=torch.Generator().manual_seed(0))
    >>> read = SimpleNamespace(x=x, words=SimpleNamespace(letters=torch.arange(780) % 26))
    >>> with patch.object(WordsIn, "read", lambda source: read):  # no model
    ...     int(spelled(WordsIn("SmolLM2-135M-Instruct", 4), seed=0).rated.sum())  # no probe finds what is not there
    0
    """
    read = source.read()
    return Spelled.of(read.x, read.words.letters, seed)


@dataclass(frozen=True, eq=False)
class Readers:
    """The letters' best latents as they read held-out words that the letters' probes find, pair by pair of a word and its letter.

    >>> by, stack = a_small_sae()
    >>> readers = Readers.of(stack, by)
    >>> readers.encoder.shape, readers.probe.shape, len(readers.word) == len(readers.label)
    (torch.Size([2, 4]), torch.Size([2, 4]), True)

    Of all words `x [word d_in]`, less the decoder's bias, and latents `z [word d_sae]`; decoder rows `unit [d_sae d_in]` and the
    letters' probes `probe [letter d_in]`, of length 1; which latents are `main` ones of a letter `[letter d_sae]`, and of the
    `best` one its `encoder` row, `bias`, and `recall [letter]`, the share of the letter's training words on which it fires.
    `learned`: `explained`, `l0`, `dead`, and `f1` of the best latents.
    """

    by: Spelled
    x: Float[Tensor, "word d_in"]
    z: Float[Tensor, "word d_sae"]
    unit: Float[Tensor, "d_sae d_in"]
    probe: Float[Tensor, "letter d_in"]
    main: Bool[Tensor, "letter d_sae"]
    best: Int64[Tensor, " letter"]
    encoder: Float[Tensor, "letter d_in"]
    bias: Float[Tensor, " letter"]
    recall: Float[Tensor, " letter"]
    threshold: float
    word: Int64[Tensor, " pair"]
    label: Int64[Tensor, " pair"]
    judged: Judged
    learned: dict[str, float]

    @classmethod
    @torch.no_grad()
    def of(cls, stack: SAEStack, by: Spelled) -> "Readers":
        """The first SAE of a BatchTopK stack, as it is, on the letters that are rated."""
        z, labels = encode_rows(stack, 0, by.x), by.labels
        active, train, held = ActiveLatents.of(z), by.split.train, by.split.held_out
        main = main_latents(active.rows(train), labels[train], labels.shape[1], k_max=min(K_MAX, stack.d_sae))
        dictionary, b_dec, best = stack.dictionary[0], stack.b_dec[0], main.latents[:, 0]
        kept = by.rated[by.probed.label]
        word, label = by.probed.word[kept], by.probed.label[kept]
        x, directions = by.x - b_dec, by.probed.probe.weight
        fit = fit_of(by.x[held], z[held], dictionary, b_dec)
        f1 = best_latent_counts(active, labels, by.split, main).f1[by.rated].mean()
        fires = (z[:, best][train] > 0) & labels[train]
        return cls(
            by, x, z, unit(dictionary), unit(directions), main.mask, best, stack.W_enc[0].T[best],
            stack.b_enc[0][best], fires.sum(0) / labels[train].sum(0).clamp(min=1),
            float(stack.threshold[0].clamp(min=0)), word, label,
            judge(x, active, dictionary, directions, main.mask, word, label),
            {"explained": fit.explained, "l0": fit.l0, "dead": fit.dead, "f1": float(f1)},
        )  # fmt: skip

    @cached_property
    def pre(self) -> Float[Tensor, " pair"]:
        """Pre-activation of the letter's best latent on each word."""
        return (self.x[self.word] * self.encoder[self.label]).sum(1) + self.bias[self.label]

    @cached_property
    def fires(self) -> Bool[Tensor, " pair"]:
        """Where it passes the threshold."""
        return self.pre > self.threshold

    @cached_property
    def absorbed(self) -> Some:
        """Pairs that are absorbed in full, of letters whose best latent fires on some word."""
        fired = self.label.new_zeros(len(self.best)).index_add(0, self.label, self.fires.long())
        return (self.judged.full & (fired[self.label] > 0)).nonzero()[:, 0]

    @cached_property
    def carrier(self) -> Some:
        """On each pair's word the latent that carries most of the letter and is no main latent of it; of an absorbed word, the absorber."""
        reads, found = self.probe @ self.unit.T, []
        for pairs in torch.arange(len(self.word)).split(4096):
            label = self.label[pairs]
            carried = self.z[self.word[pairs]] * reads[label]
            found.append(carried.masked_fill(self.main[label], -torch.inf).argmax(1))
        return torch.cat(found) if found else self.word

    @cached_property
    def fired_mean(self) -> Float[Tensor, "letter d_in"]:
        """Of each letter's words on which its latent fires."""
        fired, label = self.fires, self.label[self.fires]
        counts = label.bincount(minlength=len(self.best)).clamp(min=1)[:, None]
        return torch.zeros_like(self.probe).index_add(0, label, self.x[self.word[fired]]) / counts

    def own(self, pairs: Some) -> tuple[Float[Tensor, "some d_in"], Float[Tensor, "some d_in"]]:
        """Of each pair, the letter's probe, and what the letter's latent writes besides."""
        p, d = self.probe[self.label[pairs]], self.unit[self.best[self.label[pairs]]]
        return p, unit(apart(d, p))

    def specific(self, pairs: Some, latents: Some) -> Float[Tensor, "some d_in"]:
        """u: what these latents write that is neither the pair's letter nor what the letter's latent writes, of length 1."""
        p, rest = self.own(pairs)
        return unit(apart(apart(self.unit[latents], p), rest))

    def reads(self, pairs: Some, u: Float[Tensor, "some d_in"]) -> Float[Tensor, " some"]:
        """Cosine of the letter's encoder row with u."""
        return (unit(self.encoder[self.label[pairs]]) * u).sum(1)

    def part(self, pairs: Some, u: Float[Tensor, "some d_in"]) -> Float[Tensor, " some"]:
        """What of the pre-activation comes along u: (e·u)(x·u)."""
        return (self.encoder[self.label[pairs]] * u).sum(1) * (self.x[self.word[pairs]] * u).sum(1)


def unit(rows: Float[Tensor, "row d_in"]) -> Float[Tensor, "row d_in"]:
    """Rows of length 1.

    >>> unit(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return torch.nn.functional.normalize(rows, dim=1)


def apart(rows: Float[Tensor, "row d_in"], of: Float[Tensor, "row d_in"]) -> Float[Tensor, "row d_in"]:
    """Rows less what they have of these, which have length 1.

    >>> apart(torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0]]))
    tensor([[0., 4.]])
    """
    return rows - (rows * of).sum(1, keepdim=True) * of


def a_small_sae() -> tuple[Spelled, SAEStack]:
    """For examples and tests: two "letters" in 4 dimensions, and an untrained SAE of 12 latents, two of which fire.

    >>> by, stack = a_small_sae()
    >>> len(by.x), stack.d_sae
    (600, 12)
    """
    from absorption.experiments.controls import Table, with_l0
    from absorption.saes.recipe import BatchTopK, Recipe

    x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    by = Spelled.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    stack = SAEStack(Recipe(BatchTopK(2)), 4, 12, seeds=[0]).requires_grad_(False)
    return by, with_l0(stack, Table(x), 2.0)
