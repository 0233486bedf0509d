"""What is fitted on and what is held out: splits that keep every label's share, and keep a word's places together."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Row numbers of the training and the held-out words."""

    train: Int64[Tensor, " train"]
    held_out: Int64[Tensor, " held_out"]


def split_words(letters: Int64[Tensor, " word"], generator: torch.Generator, held_out: float = 0.2) -> Split:
    """A random split that holds out the same fraction of every letter's words (and at least one of two or more).

    >>> import torch
    >>> letters = torch.tensor([0] * 5 + [1] * 10)
    >>> split = split_words(letters, torch.Generator().manual_seed(0))
    >>> letters[split.held_out].tolist(), len(split.train)
    ([0, 1, 1], 12)

    Raises:
        ValueError: `held_out` is not between 0 and 1.
    """
    if not 0 < held_out < 1:
        raise ValueError(f"held_out must lie between 0 and 1, not {held_out}.")
    train, test = [], []
    for letter in letters.unique():
        rows = (letters == letter).nonzero()[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        n_test = min(max(1, round(held_out * len(rows))), len(rows) - 1)
        test.append(rows[:n_test])
        train.append(rows[n_test:])
    return Split(torch.cat(train).sort().values, torch.cat(test).sort().values)


def split_places(
    of_word: Int64[Tensor, " place"],
    labels: Int64[Tensor, " place"],
    generator: torch.Generator,
    held_out: float = 0.2,
) -> Split:
    """A split of places in a text by the word that stands there, so that no word is on both sides.

    >>> import torch
    >>> of_word, labels = torch.tensor([7, 8, 7, 8]), torch.tensor([0, 0, 0, 0])
    >>> split = split_places(of_word, labels, torch.Generator().manual_seed(0))
    >>> len(of_word[split.train].unique()), len(of_word[split.held_out].unique())
    (1, 1)

    Args:
        of_word: Which word stands at each place, any numbers.
        labels: The same for all places of a word; `split_words` holds out the same fraction of each label's words.
        generator: Of the order.
        held_out: Of the words.
    """
    names, word = of_word.unique(return_inverse=True)
    of_name = torch.zeros(len(names), dtype=torch.int64).index_put((word,), labels)
    parts = split_words(of_name, generator, held_out)
    return Split(*(torch.isin(word, side).nonzero()[:, 0] for side in (parts.train, parts.held_out)))
