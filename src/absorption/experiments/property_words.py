"""Words by what they are, as labels to judge SAEs by: the properties of the packaged lexicons that enough words have."""

import torch

from absorption.experiments.bank.labelled import Labelled
from absorption.experiments.bank.wanted import WordsIn
from absorption.worlds.lexicons import properties


def property_words(source: WordsIn, least: int = 150) -> tuple[list[str], Labelled]:
    """Names of the properties, and the words that the lexicon knows with what holds for them.

    >>> from types import SimpleNamespace
    >>> from unittest.mock import patch
    >>> words = ["running", "France", "quickly", "xyzzy"]
    >>> with patch.object(WordsIn, "read", lambda source: SimpleNamespace(words=SimpleNamespace(words=words))):
    ...     names, labelled = property_words(WordsIn("SmolLM2-135M-Instruct", 4), least=1)
    >>> labelled.rows.tolist(), [name for name, on in zip(names, labelled.holds[2], strict=True) if on]
    ([0, 1, 2], ['adverb', '-ly'])

    Args:
        source: Where the words are read.
        least: A property that fewer words have is left out.

    Raises:
        ModuleNotFoundError, ValueError: as `properties`.
    """
    found = properties(source.read().words.words)
    rows = torch.stack([each.known for each in found]).all(0).nonzero()[:, 0]
    kept = [each for each in (one.at(rows) for one in found) if int(each.holds.sum()) >= least]
    return [each.name for each in kept], Labelled(source, rows, torch.stack([each.holds for each in kept], 1))
