"""By what a person would sort words: capitals, leading letters, endings, length, how common they are, parts of speech."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.worlds.lexicons import tag_of

ENDINGS = ("ing", "ed", "ly", "s")
SHORTEST, LONGEST = 3, 12
"""Words shorter or longer count as of this length."""
TENTHS = 10
SPEECH = ("NNP", "NN", "VB", "JJ", "RB", "")
"""How tags of names, nouns, verbs, adjectives, adverbs and other words begin, in the order in which they are tried."""


@dataclass(frozen=True)
class WordKinds:
    """Several ways to sort the same words: `codes [word way]`, in each column the number of the word's kind, from 0.

    >>> import torch
    >>> ways = WordKinds(("capitals", "length"), torch.tensor([[0, 2], [1, 0]]))
    >>> ways.at(torch.tensor([1])).codes.tolist()
    [[1, 0]]
    """

    names: tuple[str, ...]
    codes: Int64[Tensor, "word way"]

    def at(self, rows: Int64[Tensor, " row"]) -> "WordKinds":
        """The same of the words with these numbers."""
        return WordKinds(self.names, self.codes[rows])


def word_kinds(words: Sequence[str], frequency: Float[Tensor, " word"]) -> WordKinds:
    """Six ways to sort words of two letters or more.

    >>> import torch
    >>> ways = word_kinds(["snake", "Sun"], torch.tensor([0.2, 0.8]))
    >>> dict(zip(ways.names, ways.codes.T.tolist()))["capitals"]
    [0, 1]

    Capitals: none, the first letter alone, others. The second letter of the alphabet's 26 (the first is the label on pages about
    first letters). Endings: -ing, -ed, -ly, -s, none of these. Length in letters. Tenths of all these words by frequency. The
    part of speech of `worlds.lexicons`, or that the lexicon lacks the word.
    """
    rank = frequency.argsort().argsort()
    ways: dict[str, Callable[[str], int]] = {
        "capitals": lambda word: 0 if word.islower() else 1 if word[1:].islower() else 2,
        "second letter": lambda word: ord(word[1].lower()) - ord("a"),
        "ending": _ending,
        "length": lambda word: min(max(len(word), SHORTEST), LONGEST) - SHORTEST,
        "part of speech": _speech,
    }
    columns = {name: torch.tensor([of(word) for word in words]) for name, of in ways.items()}
    columns["frequency"] = rank * TENTHS // max(len(words), 1)
    return WordKinds(tuple(columns), torch.stack(list(columns.values()), 1))


def _ending(word: str) -> int:
    ends = [word.lower().endswith(ending) for ending in ENDINGS]
    return ends.index(True) if any(ends) else len(ENDINGS)


def _speech(word: str) -> int:
    tag = tag_of(word)
    if tag is None:
        return len(SPEECH)
    return next(i for i, start in enumerate(SPEECH) if tag.startswith(start))
