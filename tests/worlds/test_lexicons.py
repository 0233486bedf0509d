import pytest
import torch

from absorption.worlds import lexicons
from absorption.worlds.lexicons import country_names, language_names, penn_tags, properties, tag_of

WORDS = ("snake", "Snakes", "running", "quickly", "France", "French", "seven", "walked", "qzxqzx", "The")


def holding(name: str, words=WORDS) -> set[str]:
    (found,) = [p for p in properties(words) if p.name == name]
    return {word for word, holds in zip(words, found.holds.tolist(), strict=True) if holds}


def test_the_lexicon_gives_each_spelling_its_most_frequent_tag():
    assert len(penn_tags()) > 90_000
    assert (tag_of("snake"), tag_of("dogs"), tag_of("France"), tag_of("two")) == ("NN", "NNS", "NNP", "CD")
    assert "RUNNING" not in penn_tags() and tag_of("RUNNING") == "VBG", "else in lower case"
    assert tag_of("qzxqzx") is None


def test_a_changed_lexicon_is_noticed(monkeypatch):
    monkeypatch.setattr(lexicons, "LEXICON_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="lexicon of textblob has changed"):
        penn_tags.__wrapped__()


def test_countries_and_languages_are_names_and_nothing_else():
    assert {"France", "Costa Rica", "United Kingdom", "Georgia"} <= country_names()
    assert not {"European Union", "United Nations", "Unknown Region", "world", "Europe"} & country_names()
    assert {"French", "Swahili"} <= language_names()


def test_properties_by_hand():
    assert holding("noun") == {"snake", "Snakes", "France"}
    assert holding("plural") == {"Snakes"}
    assert holding("verb") == {"running", "walked"}
    assert holding("adverb") == holding("-ly") == {"quickly"}
    assert holding("-ing") == {"running"} and holding("-ed") == {"walked"}
    assert holding("capitalised") == {"Snakes", "France", "French", "The"}
    assert (holding("country"), holding("language"), holding("number")) == ({"France"}, {"French"}, {"seven"})
    assert holding("name") == {"France"} and holding("place or people") == {"France", "French"}
    assert holding("re-", ("Remake", "are", "red")) == {"Remake", "red"}


def test_what_the_lexicon_lacks_is_unknown_not_false():
    for found in properties(WORDS):
        lacks = not bool(found.known[WORDS.index("qzxqzx")])
        assert lacks == (found.name in ("noun", "verb", "adjective", "adverb", "plural", "number", "name"))


def test_rows_are_taken_together():
    noun = properties(WORDS)[0].at(torch.tensor([4, 8]))
    assert (noun.holds.tolist(), noun.known.tolist()) == ([True, False], [True, False])
