"""Why a letter's latent is silent on the words that others absorb: what of its encoder row says so.

A latent fires where its pre-activation e·(x − b_dec) + b passes the threshold. On a word that is absorbed in full another
latent, the *absorber*, carries the letter. What the absorber writes that is neither the letter (the probe's direction) nor what the
letter's own latent writes is a direction u, of length 1; an exception for the word is a negative e·u.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.yardstick import Yardstick
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import Judged, best_latent_counts, judge
from absorption.measures.reconstruction import fit_of
from absorption.saes.stack import SAEStack

K_MAX = 10
Some = Int64[Tensor, " some"]


@dataclass(frozen=True, eq=False)
class Readers:
    """The letters' best latents as they read held-out words that the letters' probes find, pair by pair of a word and its letter.

    >>> by, stack = a_small_sae()
    >>> readers = Readers.of(stack, by)
    >>> readers.encoder.shape, readers.probe.shape, len(readers.word) == len(readers.label)
    (torch.Size([2, 4]), torch.Size([2, 4]), True)

    Of all words `x [word d_in]`, less the decoder's bias, and latents `z [word d_sae]`; decoder rows `unit [d_sae d_in]` and the
    letters' probes `probe [letter d_in]`, of length 1; which latents are `main` ones of a letter `[letter d_sae]`, and of the
    `best` one its `encoder` row and `bias`. `learned`: `explained`, `l0`, `dead`, and `f1` of the best latents.
    """

    by: Yardstick
    x: Float[Tensor, "word d_in"]
    z: Float[Tensor, "word d_sae"]
    unit: Float[Tensor, "d_sae d_in"]
    probe: Float[Tensor, "letter d_in"]
    main: Bool[Tensor, "letter d_sae"]
    best: Int64[Tensor, " letter"]
    encoder: Float[Tensor, "letter d_in"]
    bias: Float[Tensor, " letter"]
    threshold: float
    word: Int64[Tensor, " pair"]
    label: Int64[Tensor, " pair"]
    judged: Judged
    learned: dict[str, float]

    @classmethod
    def of(cls, stack: SAEStack, by: Yardstick) -> "Readers":
        """The first SAE of a BatchTopK stack, as it is, on the letters that are rated."""
        z, n = encode_rows(stack, 0, by.x), by.n_letters
        active, labels, probed = ActiveLatents.of(z), by.labels[:, :n], by.probed.first(n)
        train, held = by.split.train, by.split.held_out
        main = main_latents(active.rows(train), labels[train], n, k_max=min(K_MAX, stack.d_sae))
        dictionary, b_dec, best = stack.dictionary[0].detach(), stack.b_dec[0].detach(), main.latents[:, 0]
        kept = by.rated[probed.label]
        word, label = probed.word[kept], probed.label[kept]
        x, directions = by.x - b_dec, probed.probe.weight
        fit = fit_of(by.x[held], z[held], dictionary, b_dec)
        f1 = best_latent_counts(active, labels, by.split, main).f1[by.rated].mean()
        return cls(
            by, x, z, unit(dictionary), unit(directions), main.mask, best, stack.W_enc[0].detach().T[best],
            stack.b_enc[0].detach()[best], float(stack.threshold[0].clamp(min=0)), word, label,
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

    def own(self, pairs: Some) -> tuple[Float[Tensor, "some d_in"], Float[Tensor, "some d_in"]]:
        """Of each pair, the letter's probe, and what the letter's latent writes besides."""
        p, d = self.probe[self.label[pairs]], self.unit[self.best[self.label[pairs]]]
        return p, unit(apart(d, p))

    def specific(self, pairs: Some, latents: Some) -> Float[Tensor, "some d_in"]:
        """u: what these latents write that is neither the pair's letter nor what the letter's latent writes, of length 1."""
        p, rest = self.own(pairs)
        return unit(apart(apart(self.unit[latents], p), rest))

    def carriers(self, pairs: Some) -> Some:
        """On each word the latent that carries most of the letter and is no main latent of it."""
        label = self.label[pairs]
        carried = self.z[self.word[pairs]] * (self.probe @ self.unit.T)[label]
        return carried.masked_fill(self.main[label], -torch.inf).argmax(1)

    def others(self, pairs: Some, latents: Some) -> Some:
        """On each word, of the active latents but these and the main ones, that along whose own u most of the word lies."""
        found = []
        for pair, latent in zip(pairs.tolist(), latents.tolist(), strict=True):
            row = self.z[self.word[pair]] * ~self.main[self.label[pair]]
            row[latent] = 0
            active = row.nonzero()[:, 0] if bool((row > 0).any()) else torch.tensor([latent])
            along = self.specific(torch.full_like(active, pair), active) @ self.x[self.word[pair]]
            found.append(int(active[along.argmax()]))
        return torch.tensor(found, dtype=torch.int64)

    def twins(self, pairs: Some, frequency: Float[Tensor, " word"]) -> Some:
        """For each a pair of the same letter on which the latent fires, nearest in the component along the probe and in
        the frequency's logarithm, both in standard deviations."""
        x = torch.stack(
            [(self.x[self.word] * self.probe[self.label]).sum(1), frequency[self.word].clamp(min=1e-9).log()]
        )
        x = x / x.std(1, keepdim=True)
        far = (x[:, pairs, None] - x[:, None]).square().sum(0)
        may = self.fires & (self.label[pairs][:, None] == self.label)
        return far.masked_fill(~may, torch.inf).argmin(1)

    def reads(self, pairs: Some, u: Float[Tensor, "some d_in"]) -> Float[Tensor, " some"]:
        """Cosine of the letter's encoder row with u."""
        return (unit(self.encoder[self.label[pairs]]) * u).sum(1)

    def without(self, pairs: Some, u: Float[Tensor, "some d_in"]) -> Bool[Tensor, " some"]:
        """Whether the latent fires on these words if its encoder has nothing along u."""
        e, x = self.encoder[self.label[pairs]], self.x[self.word[pairs]]
        return self.pre[pairs] - (e * u).sum(1) * (x * u).sum(1) > self.threshold

    def seen(self, letter: int) -> dict[str, Tensor]:
        """A letter's words as its latent reads them: what it reads of its `own` (the probe and what it writes), what of the `rest`, and
        whether it `fires` or the word is `absorbed`. The latent fires where own + rest is above threshold − bias."""
        pairs = (self.label == letter).nonzero()[:, 0]
        e, x = self.encoder[letter], self.x[self.word[pairs]]
        own = sum(((x * q).sum(1) * (e * q).sum(1) for q in self.own(pairs)), torch.zeros(len(pairs)))
        return {
            "own": own,
            "rest": x @ e - own,
            "fires": self.fires[pairs],
            "absorbed": self.judged.full[pairs],
        }


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


def a_small_sae() -> tuple[Yardstick, SAEStack]:
    """For examples and tests: two "letters" in 4 dimensions, and an untrained SAE of 12 latents, two of which fire.

    >>> by, stack = a_small_sae()
    >>> len(by.x), stack.d_sae
    (600, 12)
    """
    from absorption.experiments.controls import Table, with_l0
    from absorption.saes.recipe import BatchTopK, Recipe

    x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    stack = SAEStack(Recipe(BatchTopK(2)), 4, 12, seeds=[0]).requires_grad_(False)
    return by, with_l0(stack, Table(x), 2.0)
