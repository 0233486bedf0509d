"""Absorption by what latents carry: the two metrics of SAEBench, word by word, letter by letter.

A word of a letter is *absorbed* when the letter's own latents are silent on it, and another latent carries the letter in
their place. What a latent carries is its part of the reconstruction's component along the probe's direction,
z_j · (d_j · p̂). Definitions and default thresholds are those of SAEBench's code (Karvonen et al. 2025, arXiv:2503.09532);
the paper's Table 8 has others. `absorption_causal` holds the third metric, which intervenes in the model.

There, decoders have norm 1 and the activation is projected as it is; here a decoder's norm counts in what its latent
carries, and the activation is projected in the frame that it is given in (centred, on this project's pages): otherwise
the share that a latent carries would depend on the mean activation, which an SAE puts into its decoder bias.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents
from absorption.measures.classification import own_thresholds
from absorption.measures.labels import Labels
from absorption.measures.sparse_probes import count_splits, fit_sparse_probes, rank_latents

SILENT = 1e-8  # an activation below this counts as none, as in SAEBench


@dataclass(frozen=True)
class MainLatents:
    """The latents that stand for each letter, out of `d_sae`.

    >>> import torch
    >>> found = MainLatents(4, torch.tensor([[3, 1]]), torch.tensor([[0.8], [0.9]]), torch.tensor([2]), rise=0.03)
    >>> found.mask.tolist(), found.with_rise(0.2).n.tolist()
    ([[False, True, False, True]], [1])

    `latents [letter k_max]` ranks the candidates, `f1_by_k [k_max letter]` is what the first k of them reach
    together (nan beyond the first that does not raise it by `rise`); the first `n [letter]` are the main ones.
    """

    d_sae: int
    latents: Int64[Tensor, "letter k_max"]
    f1_by_k: Float[Tensor, "k_max letter"]
    n: Int64[Tensor, " letter"]
    rise: float

    def with_rise(self, rise: float) -> "MainLatents":
        """The same candidates, of which one more counts while it raises F1 by at least `rise`.

        Raises:
            ValueError: `rise` is smaller than the one that the candidates were tried with.
        """
        if rise < self.rise:
            raise ValueError(f"rise = {rise} needs main latents found with it, not with {self.rise}.")
        n = torch.tensor([count_splits(of_letter.tolist(), rise) for of_letter in self.f1_by_k.T])
        return replace(self, n=n)

    @property
    def mask(self) -> Bool[Tensor, "letter d_sae"]:
        """Which latents are main ones of which letter."""
        is_main = torch.arange(self.latents.shape[1]) < self.n[:, None]
        empty = torch.zeros(len(self.latents), self.d_sae, dtype=torch.bool)
        return empty.scatter(1, self.latents, is_main)

    @property
    def f1(self) -> Float[Tensor, " letter"]:
        """What the main latents reach together."""
        return self.f1_by_k[self.n - 1, torch.arange(len(self.n))]


def main_latents(
    z: Float[Tensor, "batch d_sae"] | ActiveLatents,
    letters: Labels,
    n_letters: int = 26,
    rise: float = 0.03,
    k_max: int = 10,
) -> MainLatents:
    """Each letter's best latent, and every further one that raises the F1 of a k-sparse probe by `rise` (its splits).

    >>> import torch
    >>> z = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    >>> main_latents(z, torch.tensor([0, 0, 1, 1]), n_letters=2, k_max=2).mask.int().tolist()
    [[1, 0, 1], [0, 1, 0]]

    Chanin et al. 2024 (arXiv:2409.14507, §4.2). F1 is that of the best threshold on the words given: training words.
    """
    ranked = rank_latents(z, letters, k_max, n_letters)
    f1 = torch.full((k_max, n_letters), torch.nan, dtype=z.dtype, device=z.device)
    rising = torch.arange(n_letters)
    for k in range(1, k_max + 1):
        probes = fit_sparse_probes(z, letters, ranked[rising, :k], (k,), which=rising)
        f1[k - 1, rising] = own_thresholds(probes.scores(z, k), letters, rising).f1
        if k > 1:
            rising = rising[f1[k - 1, rising] - f1[k - 2, rising] >= rise]
        if len(rising) == 0:
            break
    found = MainLatents(z.shape[1], ranked, f1, torch.ones(n_letters, dtype=torch.int64), rise)
    return found.with_rise(rise)


def cosines(
    dictionary: Float[Tensor, "d_sae d_in"], directions: Float[Tensor, "letter d_in"]
) -> Float[Tensor, "letter d_sae"]:
    """Cosine of every latent's decoder direction with every letter's probe direction.

    >>> import torch
    >>> cosines(torch.tensor([[3.0, 4.0], [0.0, 2.0]]), directions=torch.tensor([[1.0, 0.0]]))
    tensor([[0.6000, 0.0000]])
    """
    unit = torch.nn.functional.normalize
    return unit(directions, dim=1) @ unit(dictionary, dim=1).T


@dataclass(frozen=True)
class Carried:
    """What carries its letter on each word.

    `by_latent [word d_sae]`: each latent's part of the component along the word's own letter's probe;
    `total [word]`: the activation's component there; `cosine [word d_sae]`: decoders with that probe;
    `main [word d_sae]`: which latents are main ones of the word's letter; `silent [word]`: whether none of
    these fires.
    """

    by_latent: Float[Tensor, "word d_sae"]
    total: Float[Tensor, " word"]
    cosine: Float[Tensor, "word d_sae"]
    main: Bool[Tensor, "word d_sae"]
    silent: Bool[Tensor, " word"]


def carried(
    x: Float[Tensor, "word d_in"],
    z: Float[Tensor, "word d_sae"],
    dictionary: Float[Tensor, "d_sae d_in"],
    directions: Float[Tensor, "letter d_in"],
    letters: Int64[Tensor, " word"],
    main: Bool[Tensor, "letter d_sae"],
) -> Carried:
    """Project activations and latents on the probe of each word's own letter.

    >>> import torch
    >>> x, z, main = torch.tensor([[1.0, 1.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([[True, False]])
    >>> c = carried(x, z, torch.tensor([[1.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([0]), main)
    >>> c.by_latent.tolist(), c.total.tolist(), c.silent.tolist()
    ([[0.0, 1.0]], [1.0], [True])
    """
    unit = torch.nn.functional.normalize(directions, dim=1)
    parts = z * (unit @ dictionary.T)[letters]
    of_word = main[letters]
    return Carried(
        parts,
        (x * unit[letters]).sum(1),
        cosines(dictionary, directions)[letters],
        of_word,
        ~((z.abs() >= SILENT) & of_word).any(1),
    )


@dataclass(frozen=True)
class FullAbsorption:
    """`absorbed [word]`, the latent that carries most `[word]`, and the share of the total it carries `[word]`."""

    absorbed: Bool[Tensor, " word"]
    latent: Int64[Tensor, " word"]
    share: Float[Tensor, " word"]


def full_absorption(c: Carried, min_cosine: float = 0.025, min_share: float = 0.4) -> FullAbsorption:
    """SAEBench's *full* absorption: every main latent is silent, and one latent carries `min_share` of the total.

    >>> import torch
    >>> main = torch.tensor([[True, False]])
    >>> c = Carried(torch.tensor([[0.0, 0.5]]), torch.ones(1), torch.ones(1, 2), main, silent=torch.tensor([True]))
    >>> full_absorption(c)
    FullAbsorption(absorbed=tensor([True]), latent=tensor([1]), share=tensor([0.5000]))

    The latent that carries most must have cosine `min_cosine` with the probe, and the total must be positive.
    """
    most, latent = c.by_latent.max(1)
    share = torch.where(c.total > 0, most / c.total.clamp(min=SILENT), torch.zeros_like(most))
    aligned = c.cosine.gather(1, latent[:, None])[:, 0] >= min_cosine
    return FullAbsorption(c.silent & aligned & (c.total > 0) & (share >= min_share), latent, share)


def absorption_fraction(
    c: Carried, min_cosine: float = 0.1, min_share: float = 0.4, max_latents: int = 3
) -> Float[Tensor, " word"]:
    """SAEBench's absorption *fraction*: what absorbers carry, over what they and the main latents carry.

    >>> import torch
    >>> main, silent = torch.tensor([[True, False]]), torch.tensor([False])
    >>> absorption_fraction(Carried(torch.tensor([[1.0, 3.0]]), torch.tensor([4.0]), torch.ones(1, 2), main, silent))
    tensor([0.7500])

    Absorbers are at most `max_latents` other latents with cosine `min_cosine`, those that carry most; jointly
    they must carry `min_share` of the total, else the fraction is 0. So it is where the main latents carry
    all, and where the total is not positive; it is 1 where the main latents carry nothing.
    """
    main = torch.where(c.main, c.by_latent, torch.zeros_like(c.by_latent)).sum(1)
    may = ~c.main & (c.cosine >= min_cosine) & (c.by_latent > 0)
    other = torch.where(may, c.by_latent, torch.zeros_like(c.by_latent))
    others = other.topk(min(max_latents, other.shape[1]), dim=1).values.sum(1)
    missing = c.total - main
    absorbed = torch.minimum(others, missing)
    fraction = torch.where(main <= 0, torch.ones_like(main), absorbed / (absorbed + main).clamp(min=SILENT))
    counts = (c.total > 0) & (missing > 0) & (others >= min_share * c.total)
    return torch.where(counts, fraction.clamp(0, 1), torch.zeros_like(fraction))


@dataclass(frozen=True)
class LetterRates:
    """One rate a letter `[letter]`, not a number for a letter without words; `survives [letter]`: see `letter_rates`.

    >>> import torch
    >>> rates = LetterRates(torch.tensor([0.5, 0.0]), survives=torch.tensor([True, False]))
    >>> rates.mean(), rates.published_mean()
    (0.25, 0.5)
    """

    rate: Float[Tensor, " letter"]
    survives: Bool[Tensor, " letter"]

    def mean(self) -> float:
        """The mean over all letters that have words: one without a case of absorption counts as 0."""
        return float(self.rate.nanmean())

    def published_mean(self) -> float:
        """The mean as the published code takes it, over surviving letters only; 0 if there are none.

        A letter without a false negative, the best that can happen, is left out: so it is never below `mean()`.
        """
        return float(self.rate[self.survives].mean()) if bool(self.survives.any()) else 0.0


def letter_rates(
    score: Float[Tensor, " word"],
    letters: Int64[Tensor, " word"],
    counted: Bool[Tensor, " word"],
    candidate: Bool[Tensor, " word"],
    n_letters: int = 26,
) -> LetterRates:
    """Σ score / number of counted words, letter by letter.

    >>> import torch
    >>> found = torch.tensor([True, True, True])
    >>> letter_rates(torch.tensor([1.0, 0.0, 1.0]), torch.tensor([0, 0, 1]), found, found, n_letters=2).rate.tolist()
    [0.5, 1.0]

    Args:
        score: 0 … 1 for each word; words that are not counted have no say.
        letters: Of the words.
        counted: The denominator: words that the probe finds.
        candidate: Words that the metric can judge (false negatives); published means leave out letters without.
        n_letters: How many letters there are.
    """
    score = torch.where(counted, score, torch.zeros_like(score))
    of_letter = torch.nn.functional.one_hot(letters, n_letters).to(score)
    words = of_letter.T @ counted.to(score)
    rate = (of_letter.T @ score) / words.clamp(min=1)
    rate = torch.where(words > 0, rate, torch.full_like(rate, torch.nan))
    return LetterRates(rate, (of_letter.T @ (candidate & counted).to(score)) > 0)
