"""How well every latent classifies every letter, all pairs at once.

Scores are `[batch latent]` and their sign or size is up to the caller; a latent *fires* where its score is
positive. Labels are letter indices `[batch]`, or `measures.labels.Labels` where each letter has one classifier. Results are `[letter latent]`. All of it is counted from the
entries above each latent's smallest score, so that an SAE's mostly silent latents cost what is active only.

Definitions as in scikit-learn, whose `precision_recall_fscore_support`, `roc_auc_score` and
`precision_recall_curve` are the oracles of the tests. A ratio 0/0 counts as 0; the AUC of a letter without
examples (or with nothing else) is not a number.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.descending import Descending
from absorption.measures.labels import Labels, holds, one_hot

BLOCK = 2**19  # scores handled at once where each may be compared with every letter: bounds the memory


@dataclass(frozen=True)
class Quality:
    """Precision, recall and F1 of latents as classifiers of letters; one shape for all three.

    >>> import torch
    >>> Quality.from_counts(hits=torch.tensor([3.0]), predicted=torch.tensor([4.0]), actual=torch.tensor([6.0]))
    Quality(precision=tensor([0.7500]), recall=tensor([0.5000]), f1=tensor([0.6000]))
    """

    precision: Float[Tensor, "*letter latent"]
    recall: Float[Tensor, "*letter latent"]
    f1: Float[Tensor, "*letter latent"]

    @classmethod
    def from_counts(cls, hits: Tensor, predicted: Tensor, actual: Tensor) -> "Quality":
        """From true positives, predicted positives and actual positives, which broadcast."""
        hits, predicted, actual = torch.broadcast_tensors(hits, predicted, actual)
        return cls(_ratio(hits, predicted), _ratio(hits, actual), _ratio(2 * hits, predicted + actual))


def classify(
    fires: Bool[Tensor, "batch latent"], letters: Int64[Tensor, " batch"], n_letters: int = 26
) -> Quality:
    """Every latent's firing as a classifier of every letter: `[letter latent]`.

    >>> import torch
    >>> classify(torch.tensor([[True], [True], [False]]), torch.tensor([0, 1, 0]), n_letters=2).recall.tolist()
    [[0.5], [1.0]]
    """
    labels = one_hot(letters, n_letters)
    hits = labels.T @ fires.to(labels.dtype)
    return Quality.from_counts(hits, fires.sum(0).to(labels.dtype), labels.sum(0)[:, None])


def classify_pairs(predicted: Bool[Tensor, "batch letter"], letters: Labels) -> Quality:
    """One classifier a letter, column by column: `[letter]`.

    >>> import torch
    >>> classify_pairs(torch.tensor([[True, False], [True, True]]), torch.tensor([0, 1])).precision.tolist()
    [0.5, 1.0]
    """
    labels = one_hot(letters, predicted.shape[1])
    predictions = predicted.to(labels.dtype)
    return Quality.from_counts((labels * predictions).sum(0), predictions.sum(0), labels.sum(0))


def roc_auc(
    scores: Float[Tensor, "batch latent"], letters: Int64[Tensor, " batch"], n_letters: int = 26
) -> Float[Tensor, "letter latent"]:
    """Probability that a word of the letter scores above one of another letter, ties counting half.

    >>> import torch
    >>> roc_auc(torch.tensor([[3.0], [1.0], [2.0], [0.0]]), torch.tensor([0, 0, 1, 1]), n_letters=2).tolist()
    [[0.75], [0.25]]

    By the rank sum (Mann & Whitney 1947): AUC = (Σ ranks of the positives − n₊(n₊+1)/2) / (n₊ n₋). NaN for a letter
    of no word, or of all.
    """
    active = Descending.of(scores)
    batch, n_latents = scores.shape
    labels = one_hot(letters, n_letters).double()
    # Every entry starts with the rank of the tied floor, (n_floor + 1)/2; active entries add what is missing.
    floor = (batch - active.per_latent + 1).double() / 2
    extra = active.ranks(batch) - floor[active.latents]
    summed = torch.zeros(n_latents * n_letters, dtype=torch.float64, device=scores.device)
    summed.index_add_(0, active.latents * n_letters + letters[active.rows], extra)
    positives = labels.sum(0)[:, None]
    ranks = summed.view(n_latents, n_letters).T + positives * floor
    return ((ranks - positives * (positives + 1) / 2) / (positives * (batch - positives))).to(scores.dtype)


@dataclass(frozen=True)
class Thresholds:
    """The cut with the best F1, predicting score > cut: for each letter and latent, or for each letter's own scores."""

    cut: Float[Tensor, "letter *latent"]
    f1: Float[Tensor, "letter *latent"]


def best_thresholds(
    scores: Float[Tensor, "batch latent"], letters: Int64[Tensor, " batch"], n_letters: int = 26
) -> Thresholds:
    """For every letter and latent, the cut that maximises F1 on these words (choose it on training words).

    >>> import torch
    >>> best_thresholds(torch.tensor([[3.0], [1.0], [0.0]]), torch.tensor([0, 1, 1]), n_letters=2).cut.tolist()
    [[2.0], [0.5]]

    Cuts lie half-way between neighbouring scores, the highest of equally good ones. At least one word is
    predicted and never all; a latent whose scores are all equal gets them as its cut and predicts nothing.
    """
    width = max(1, BLOCK // max(1, len(scores)))
    blocks = [_best_thresholds(block, letters, n_letters) for block in scores.split(width, dim=1)]
    return Thresholds(torch.cat([b.cut for b in blocks], 1), torch.cat([b.f1 for b in blocks], 1))


def own_thresholds(
    scores: Float[Tensor, "batch letter"],
    letters: Labels,
    which: Int64[Tensor, " letter"] | None = None,
) -> Thresholds:
    """As `best_thresholds` for one classifier a letter: column i is for letter i, or for letter `which[i]`.

    >>> import torch
    >>> own_thresholds(torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 4.0]]), torch.tensor([0, 0, 1])).f1.tolist()
    [1.0, 1.0]
    """
    numbers = list(range(scores.shape[1])) if which is None else which.tolist()
    width = max(1, BLOCK // max(1, len(scores)))
    own = [
        _own_thresholds(block.T.contiguous(), torch.stack([holds(letters, i) for i in some]))
        for block, some in zip(scores.split(width, dim=1), _runs(numbers, width), strict=True)
    ]
    return Thresholds(torch.cat([t.cut for t in own]), torch.cat([t.f1 for t in own]))


def _runs(numbers: list[int], width: int) -> list[list[int]]:
    return [numbers[at : at + width] for at in range(0, len(numbers), width)]


def _own_thresholds(
    scores: Float[Tensor, "letter batch"], actual: Bool[Tensor, "letter batch"]
) -> Thresholds:
    """Each row's scores above its smallest one, sorted side by side: counts are whole numbers, so that no result depends on the order
    in which they are taken."""
    floor = scores.amin(1)
    letter, word = (floor[:, None] < scores).nonzero(as_tuple=True)
    above = letter.bincount(minlength=len(scores))
    place = torch.arange(len(letter), device=scores.device) - (above.cumsum(0) - above)[letter]
    shape = (len(scores), max(1, int(above.max())))
    values, own = scores.new_full(shape, -torch.inf), actual.new_zeros(shape)
    values[letter, place], own[letter, place] = scores[letter, word], actual[letter, word]
    values, order = values.sort(dim=1, descending=True, stable=True)
    hits, at = own.gather(1, order).cumsum(1), torch.arange(shape[1], device=scores.device)
    last = at < above[:, None]
    last[:, :-1] &= values[:, 1:] != values[:, :-1]
    f1 = _ratio(2 * hits.double(), (at + 1) + actual.sum(1, keepdim=True).double())
    # A cut lies below the last of equal scores; of equally good cuts the highest is taken.
    best, first = f1.masked_fill(~last, -1.0).max(1)
    value = values.gather(1, first[:, None])[:, 0]
    following = values.gather(1, (first + 1).clamp(max=shape[1] - 1)[:, None])[:, 0]
    below = torch.where(first + 1 < above, following, floor)
    middle = below + (value - below) / 2
    cut = torch.where(middle < value, middle, below)  # they may be neighbouring floats
    return Thresholds(torch.where(above > 0, cut, floor), best.clamp(min=0).to(scores.dtype))


def best_cuts(scores: Float[Tensor, "batch letter"], letters: Labels) -> Float[Tensor, " letter"]:
    """The best cut of column i for letter i.

    >>> import torch
    >>> best_cuts(torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 4.0]]), torch.tensor([0, 0, 1])).tolist()
    [0.5, 2.0]
    """
    return own_thresholds(scores, letters).cut


def _best_thresholds(scores: Tensor, letters: Tensor, n_letters: int) -> Thresholds:
    # Lowering a cut past words of other letters lowers F1: the best cut lies right below a word of the letter,
    # so every entry is a candidate for its own letter only.
    active, letter_sizes = Descending.of(scores), torch.bincount(letters, minlength=n_letters).double()
    own = letters[active.rows]
    pair = active.latents * n_letters + own
    by_pair = pair.argsort(stable=True)
    sizes = torch.bincount(pair, minlength=scores.shape[1] * n_letters)
    before = (sizes.cumsum(0) - sizes)[pair[by_pair]]
    hits = torch.empty_like(pair)
    hits[by_pair] = torch.arange(len(pair), device=pair.device) - before + 1
    last = active.tie_ends
    f1 = _ratio(2 * hits.double(), active.position[last] + 1 + letter_sizes[own])
    best = f1.new_zeros(scores.shape[1] * n_letters).scatter_reduce(0, pair, f1, "amax")
    # The highest of equally good cuts; where no word of the letter is above the floor, the highest of all.
    none = len(pair)
    at = torch.where(f1 == best[pair], last, none)
    first = torch.full_like(best, none, dtype=torch.int64).scatter_reduce(0, pair, at, "amin")
    top = last[active.starts.clamp(max=none - 1)] if none else active.starts
    top = torch.where(active.per_latent > 0, top, none).repeat_interleave(n_letters)
    first = torch.where(sizes > 0, first, top)
    floor = active.floor.repeat_interleave(n_letters)
    cuts = torch.cat([active.cuts, active.cuts.new_zeros(1)])[first]
    cut = torch.where(first < none, cuts, floor)
    shape = (scores.shape[1], n_letters)
    return Thresholds(cut.view(shape).T, best.view(shape).T.to(scores.dtype))


def best_latents(quality: Float[Tensor, "letter latent"]) -> Int64[Tensor, " letter"]:
    """The latent with the highest value for each letter; the first of several.

    >>> import torch
    >>> best_latents(torch.tensor([[0.2, 0.9], [0.5, 0.5]])).tolist()
    [1, 0]
    """
    return quality.nan_to_num(-1.0).argmax(-1)


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    return torch.where(denominator > 0, numerator / denominator.clamp(min=1e-30), torch.zeros_like(numerator))
