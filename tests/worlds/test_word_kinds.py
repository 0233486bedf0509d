"""How a person would sort words: every way gives every word one kind."""

import torch

from absorption.worlds.word_kinds import ENDINGS, LONGEST, SHORTEST, SPEECH, word_kinds

WORDS = [
    "snake",
    "Snake",
    "SNAKE",
    "running",
    "walked",
    "quickly",
    "cats",
    "Paris",
    "xyzzy",
    "internationally",
]


def column(name: str) -> dict[str, int]:
    ways = word_kinds(WORDS, torch.arange(1, 11) / 55)
    return dict(zip(WORDS, ways.codes[:, ways.names.index(name)].tolist(), strict=True))


def test_capitals_have_three_kinds() -> None:
    found = column("capitals")
    assert (found["snake"], found["Snake"], found["SNAKE"]) == (0, 1, 2)


def test_the_second_letter_is_blind_to_capitals() -> None:
    found = column("second letter")
    assert found["snake"] == found["SNAKE"] == 13


def test_endings_and_lengths() -> None:
    ends, lengths = column("ending"), column("length")
    assert [ends[word] for word in ("running", "walked", "quickly", "cats", "snake")] == [0, 1, 2, 3, 4]
    assert len(ENDINGS) == 4
    assert lengths["cats"] == 4 - SHORTEST and lengths["internationally"] == LONGEST - SHORTEST


def test_each_tenth_has_a_tenth_of_the_words() -> None:
    assert list(column("frequency").values()) == list(range(10))


def test_names_are_told_from_nouns_and_unknown_words_from_both() -> None:
    found = column("part of speech")
    assert (found["Paris"], found["snake"], found["xyzzy"]) == (0, 1, len(SPEECH))
