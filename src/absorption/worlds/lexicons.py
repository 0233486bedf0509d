"""What words are, by packaged lexicons: parts of speech, names of countries and languages, number words, endings.

- **Parts of speech**: `textblob/en/en-lexicon.txt` of TextBlob 0.20.1 (MIT), the lexicon of Eric Brill's tagger,
  trained on the Brown corpus and the Penn Treebank (Brill 1992, doi:10.3115/974499.974526): for each spelling its most
  frequent Penn tag. Only the file is read; the package is not imported.
- **Names**: English names of countries, territories and languages from the Unicode Common Locale Data Repository, as
  packed in `babel`.
- **Beginnings, endings and capitals** are read off the spelling.

The lexicon is hashed and compared with the value below, so that a changed one is noticed.
"""

import hashlib
import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

LEXICON_SHA256 = "9545c71faf16e4461d0bff1d9948fe92b2cf94766af118a6c69c37b43363d5d2"
NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # unions, leftovers and test locales among the codes
PREFIXES = ("re", "in", "con", "de")
"""Beginnings with several hundred words each in a vocabulary of 30,000."""
Kind = Literal["part of speech", "surface", "meaning"]


@dataclass(frozen=True)
class Property:
    """A yes-or-no property of words: `holds [word]`, and `known [word]` where the lexicon knows the answer.

    >>> import torch
    >>> short = Property("short", "surface", torch.tensor([True, False]), torch.tensor([True, True]))
    >>> short.at(torch.tensor([1, 1, 0])).holds.tolist()
    [False, False, True]
    """

    name: str
    kind: Kind
    holds: Bool[Tensor, " word"]
    known: Bool[Tensor, " word"]

    def at(self, rows: Int64[Tensor, " row"]) -> "Property":
        """The same property, of the words with these numbers."""
        return replace(self, holds=self.holds[rows], known=self.known[rows])


@cache
def penn_tags() -> dict[str, str]:
    """Each spelling's most frequent Penn Treebank tag: 94,000 of them, case-sensitive.

    >>> penn_tags()["quickly"]
    'RB'

    Raises:
        ModuleNotFoundError: `textblob` is not installed.
        ValueError: the installed lexicon is not the one that the results were made with.
    """
    spec = importlib.util.find_spec("textblob")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("textblob is not installed; `make book` installs it.")
    content = (Path(spec.origin).parent / "en" / "en-lexicon.txt").read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != LEXICON_SHA256:
        raise ValueError(
            f"the lexicon of textblob has changed: sha256 {found[:12]}…, expected {LEXICON_SHA256[:12]}…. "
            "Install the versions of requirements.lock."
        )
    lines = (line.split() for line in content.decode().splitlines() if not line.startswith(";;;"))
    return {entry[0]: entry[1] for entry in lines if len(entry) == 2}


def tag_of(word: str) -> str | None:
    """The word's most frequent tag as it is spelled, else in lower case; None if the lexicon has neither.

    >>> tag_of("Quickly"), tag_of("xyzzy")
    ('RB', None)
    """
    tags = penn_tags()
    return tags.get(word, tags.get(word.lower()))


@cache
def country_names() -> frozenset[str]:
    """English names of countries and territories with a two-letter code.

    >>> {"France", "Costa Rica"} <= country_names(), "Europe" in country_names()
    (True, False)
    """
    return frozenset(
        name
        for code, name in _english().territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in NO_COUNTRY
    )


@cache
def language_names() -> frozenset[str]:
    """English names of languages.

    >>> "Swahili" in language_names()
    True
    """
    return frozenset(_english().languages.values())


def properties(words: Sequence[str]) -> list[Property]:
    """Every property of every word; single words only, so a country of two words is none here.

    >>> [each.name for each in properties(["France"]) if each.holds[0]]
    ['noun', 'capitalised', 'country', 'name', 'place or people']

    Part of speech is the lexicon's, and unknown for words that it lacks. A noun is a common or a proper one; a
    plural is a noun tagged so; number words are cardinals.
    """
    tags = [tag_of(word) for word in words]
    known = torch.tensor([tag is not None for tag in tags])
    everywhere = torch.ones_like(known)

    def tagged(name: str, kind: Kind, *starts: str) -> Property:
        return Property(name, kind, torch.tensor([(tag or "").startswith(starts) for tag in tags]), known)

    def spelled(name: str, kind: Kind, holds: Callable[[str], bool]) -> Property:
        return Property(name, kind, torch.tensor([holds(word) for word in words]), everywhere)

    def begins(start: str) -> Callable[[str], bool]:
        return lambda word: word.lower().startswith(start)

    places = frozenset(_english().territories.values())
    return [
        tagged("noun", "part of speech", "NN"),
        tagged("verb", "part of speech", "VB"),
        tagged("adjective", "part of speech", "JJ"),
        tagged("adverb", "part of speech", "RB"),
        spelled("capitalised", "surface", lambda word: word[0].isupper()),
        tagged("plural", "surface", "NNS", "NNPS"),
        spelled("-ing", "surface", lambda word: word.lower().endswith("ing")),
        spelled("-ed", "surface", lambda word: word.lower().endswith("ed")),
        spelled("-ly", "surface", lambda word: word.lower().endswith("ly")),
        spelled("country", "meaning", country_names().__contains__),
        spelled("language", "meaning", language_names().__contains__),
        tagged("number", "meaning", "CD"),
        *(spelled(f"{start}-", "surface", begins(start)) for start in PREFIXES),
        tagged("name", "meaning", "NNP"),
        spelled("place or people", "meaning", (places | language_names()).__contains__),
    ]


def _english() -> Any:
    from babel import Locale

    return Locale("en")
