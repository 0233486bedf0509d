"""What a word adds to its letter, at right angles to it or not, and whether that says which words are absorbed.

Park et al. 2024 (arXiv:2406.01506): in coordinates in which the vocabulary is white, a child's vector less its parent's is
orthogonal to the parent's. Here the parent is a letter and the child a word; the letter's vector is its words' mean.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.bank.judging import K_MAX
from absorption.experiments.bank.yardstick import Yardstick
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import judge


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


def absorbed_words(
    z: ActiveLatents, dictionary: Float[Tensor, "d_sae d_in"], b_dec: Float[Tensor, " d_in"], by: Yardstick
) -> Bool[Tensor, " pair"]:
    """Which of the yardstick's judged words are absorbed in full, letter by letter in its order.

    >>> x = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> both = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    >>> int(absorbed_words(ActiveLatents.of((x @ both.T).relu()), both, torch.zeros(2), by).sum())
    0
    """
    probed, labels = by.probed.first(by.n_letters), by.labels[:, : by.n_letters]
    train = by.split.train
    main = main_latents(z.rows(train), labels[train], by.n_letters, k_max=min(K_MAX, z.width))
    weight = probed.probe.weight
    return judge(by.x - b_dec, z, dictionary, weight, main.mask, probed.word, probed.label).full


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
