"""What a word adds to its letter, at right angles to it or not, and whether that says which words are absorbed.

Park et al. 2024 (arXiv:2406.01506): in coordinates in which the vocabulary is white, a child's vector less its parent's is
orthogonal to the parent's. Here the parent is a letter and the child a word; the letter's vector is its words' mean.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.judging import K_MAX
from absorption.experiments.bank.yardstick import Yardstick
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import best_latent_counts, judge


def increment_cosines(
    x: Float[Tensor, "word d_in"], mine: Bool[Tensor, "word label"], train: Tensor
) -> Float[Tensor, "word label"]:
    """Cosine of each word's vector less the label's with the label's vector, white coordinates of the training words.

    >>> x = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))
    >>> x[:200, 0] += 4
    >>> cosines = increment_cosines(x, (torch.arange(400) < 200)[:, None], torch.arange(400))
    >>> abs(float(cosines[:200].mean())) < 0.05, float(cosines[200:].mean()) < -0.5
    (True, True)

    Over a label's own training words its mean is near zero by construction: the label's vector is their mean. What may
    differ is how far single words are from a right angle, on either side.
    """
    known = x[train]
    centred = known - known.mean(0)
    covariance = centred.T @ centred / len(train)
    values, vectors = torch.linalg.eigh(covariance.double())
    ridge = 1e-3 * values.mean()
    whiten = (vectors / (values + ridge).sqrt()).to(x)
    white = (x - known.mean(0)) @ whiten
    weights = mine[train].to(x)
    labels = (weights.T @ white[train]) / weights.sum(0)[:, None]
    on = white @ labels.T - labels.square().sum(1)
    squared = white.square().sum(1)[:, None] - 2 * white @ labels.T + labels.square().sum(1)
    return on / (squared.sqrt() * labels.norm(dim=1))


@dataclass(frozen=True)
class Absorbed:
    """The yardstick's judged words, label by label in its order: `full [pair]`, whether a word is absorbed in full;
    `f1 [label]` of the best latents on held-out words."""

    full: Bool[Tensor, " pair"]
    f1: Float[Tensor, " label"]

    @classmethod
    def of(
        cls,
        z: ActiveLatents,
        dictionary: Float[Tensor, "d_sae d_in"],
        b_dec: Float[Tensor, " d_in"],
        by: Yardstick,
    ) -> "Absorbed":
        """In one SAE.

        >>> x = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
        >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
        >>> both = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
        >>> found = Absorbed.of(ActiveLatents.of((x @ both.T).relu()), both, torch.zeros(2), by)
        >>> int(found.full.sum()), found.f1.tolist()
        (0, [1.0, 1.0])
        """
        probed, labels = by.probed.first(by.n_letters), by.labels[:, : by.n_letters]
        train, weight = by.split.train, probed.probe.weight
        main = main_latents(z.rows(train), labels[train], by.n_letters, k_max=min(K_MAX, z.width))
        found = judge(by.x - b_dec, z, dictionary, weight, main.mask, probed.word, probed.label)
        return cls(found.full, best_latent_counts(z, labels, by.split, main).f1)


def how_told(
    absorbed: Absorbed, by: Yardstick, cosines: Float[Tensor, "word label"], least_f1: float = 0.0
) -> dict[str, float]:
    """How well absorbed words are told from others of their label (`told_apart`), the lower a score the sooner.

    `park`: by the cosine of what a word adds; `probe`: by the probe's own score, how much of its label a word has; `beyond`:
    by what of the cosine the probe's score does not say, its straight line on that score taken off label by label.

    >>> x = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> of_label = by.probed.first(2).label
    >>> absorbed = Absorbed(torch.arange(len(of_label)) % 2 == 0, torch.ones(2))
    >>> sorted(how_told(absorbed, by, torch.randn(600, 2)))
    ['beyond', 'park', 'probe']

    Args:
        absorbed: In one SAE. by: the yardstick with which it was judged.
        cosines: As `increment_cosines` gives them.
        least_f1: Labels whose best latent is worse are left out.
    """
    probed = by.probed.first(by.n_letters)
    word, label = probed.word, probed.label
    score = probed.probe.scores(by.x)[word, label].double()
    park = cosines[word, label].double()
    known = absorbed.f1[label] >= least_f1
    scores = {"park": park, "probe": score, "beyond": _beyond(park, score, label)}
    return {
        name: told_apart(-each[known], absorbed.full[known], label[known]) for name, each in scores.items()
    }


def _beyond(
    values: Float[Tensor, " pair"], other: Float[Tensor, " pair"], labels: Int64[Tensor, " pair"]
) -> Float[Tensor, " pair"]:
    """What is left of the values when their straight line on the others is taken off, label by label."""
    found = torch.zeros_like(values)
    for label in labels.unique():
        of = labels == label
        y, x = values[of] - values[of].mean(), other[of] - other[of].mean()
        found[of] = y - (x @ y) / (x @ x).clamp_min(1e-12) * x
    return found


def told_apart(
    scores: Float[Tensor, " pair"], absorbed: Bool[Tensor, " pair"], labels: Tensor, least: int = 5
) -> float:
    """How often an absorbed word has the larger score than one of its letter that is not: mean area under the curve of letters
    with at least so many of either; 0.5 is chance, nan where there is no such letter.

    >>> told_apart(torch.arange(12.0), torch.arange(12) > 5, torch.zeros(12))
    1.0
    """
    areas = []
    for label in labels.unique():
        of, hit = scores[labels == label], absorbed[labels == label]
        n, m = int(hit.sum()), int((~hit).sum())
        if min(n, m) < least:
            continue
        ranks = of.argsort().argsort().double() + 1
        areas.append((float(ranks[hit].sum()) - n * (n + 1) / 2) / (n * m))
    return float(np.mean(areas)) if areas else float("nan")
