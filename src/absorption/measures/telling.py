"""Can a simple property of words tell which of two sets a word is in? Chosen on some words, scored on others."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

LEAST_TRAIN, LEAST_HELD_OUT = 10, 5
"""Words that either set needs; with fewer nothing is said."""


@dataclass(frozen=True)
class Told:
    """`way`: the column of the property that tells best; `score`: how well, from 0 (as chance does) to 1 (always), or below 0."""

    way: int
    score: float


def tell(
    codes: Int64[Tensor, "word way"],
    first: Bool[Tensor, " word"],
    second: Bool[Tensor, " word"],
    train: Bool[Tensor, " word"],
) -> Told | None:
    """The property that best tells two sets of words apart, and how well it does on words that it was not chosen on.

    Each property orders words by the log-odds of their kind (how often it is met in the one set and in the other, plus one).
    It is learned on every second training word and the best one chosen on the others; then it is learned on all training words,
    and scored on the held-out ones: 2 AUC − 1, where AUC is the probability that a word of the first set comes before one of the
    second, ties counting half. None where a set has too few words.

    >>> import torch
    >>> codes = torch.stack([torch.arange(80) % 2, torch.zeros(80, dtype=torch.int64)], 1)
    >>> tell(codes, codes[:, 0] == 0, codes[:, 0] == 1, torch.arange(80) < 60)
    Told(way=0, score=1.0)

    Args:
        codes: Of every word and property the number of its kind, from 0.
        first, second: The sets; they share no word.
        train: Words to choose on; the others are held out.
    """
    parts = [
        rows.nonzero()[:, 0] for rows in (first & train, second & train, first & ~train, second & ~train)
    ]
    sizes = [len(rows) for rows in parts]
    if min(sizes[:2]) < LEAST_TRAIN or min(sizes[2:]) < LEAST_HELD_OUT:
        return None
    one, other, one_held, other_held = (codes[rows] for rows in parts)
    tried = _scores(one[::2], other[::2], one[1::2], other[1::2])
    way = int(tried.argmax())
    at = [part[:, [way]] for part in (one, other, one_held, other_held)]
    return Told(way, float(_scores(*at)[0]))


def separation(first: Float[Tensor, " one"], second: Float[Tensor, " other"]) -> float:
    """2 AUC − 1: how much more often a number of the first set is the larger of a pair than the smaller.

    >>> import torch
    >>> separation(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0]))
    0.75
    """
    ordered = second.sort().values
    below = torch.searchsorted(ordered, first) + torch.searchsorted(ordered, first, right=True)
    return float(below.double().mean() / len(second) - 1)


def _scores(
    one: Int64[Tensor, "one way"], other: Int64[Tensor, "other way"],
    new_one: Int64[Tensor, "new_one way"], new_other: Int64[Tensor, "new_other way"],
) -> Float[Tensor, " way"]:  # fmt: skip
    kinds = 1 + max(int(part.max()) for part in (one, other, new_one, new_other))
    found = []
    for way in range(one.shape[1]):
        odds = _log_share(one[:, way], kinds) - _log_share(other[:, way], kinds)
        found.append(separation(odds[new_one[:, way]], odds[new_other[:, way]]))
    return torch.tensor(found)


def _log_share(codes: Int64[Tensor, " word"], kinds: int) -> Float[Tensor, " kind"]:
    counts = codes.bincount(minlength=kinds).double() + 1
    return (counts / counts.sum()).log()
