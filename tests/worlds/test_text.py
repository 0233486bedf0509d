from collections import Counter

import pytest
import torch

from absorption.worlds import text
from absorption.worlds.text import (
    WordList,
    commonest,
    familiar,
    first_letters,
    speeches,
    vocabulary_words,
    word_frequencies,
    word_places,
)


def test_speeches_are_all_there():
    assert len(speeches()) == 237
    assert speeches()[0].startswith("Fellow-Citizens of the Senate")
    assert 1.9e6 < sum(len(speech.split()) for speech in speeches()) < 2.1e6


def test_a_changed_text_is_noticed(monkeypatch):
    monkeypatch.setattr(text, "SPEECHES_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"speeches .* have changed"):
        speeches.__wrapped__()


def test_changed_frequencies_are_noticed(monkeypatch):
    monkeypatch.setattr(text, "FREQUENCIES_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="wordfreq have changed"):
        word_frequencies(["snake"])


def test_words_are_a_space_and_letters_in_the_order_of_their_ids():
    vocabulary = {"Ġsnake": 7, "▁Sun": 3, " sea": 5, "snake": 1, "Ġan": 2, "Ġx1y": 4, "Ġcafé": 6, "Ġ": 0}
    words = vocabulary_words(vocabulary)
    assert words.words == ("Sun", "sea", "snake")
    assert words.token_ids.tolist() == [3, 5, 7]
    assert words.letters.tolist() == [18, 18, 18]
    assert vocabulary_words(vocabulary, min_letters=2).words == ("an", "Sun", "sea", "snake")


def test_a_selection_keeps_words_ids_and_letters_together():
    words = vocabulary_words({"Ġsnake": 7, "Ġapple": 3, "Ġsea": 5})
    some = words.select(torch.tensor([True, False, True]))
    assert (some.words, some.token_ids.tolist(), some.letters.tolist()) == (
        ("apple", "snake"),
        [3, 7],
        [0, 18],
    )


def test_familiar_words_are_those_that_english_has_often_enough():
    words = ("about", "Snake", "elephantine", "zzyxq")
    listed = WordList(words, torch.arange(4), first_letters(words))
    assert familiar(listed, 1e-9).words == words[:3]
    assert familiar(listed, 1e-6).words == words[:2]
    assert familiar(listed, 1e-4).token_ids.tolist() == [0]
    with pytest.raises(ValueError, match=r"words has none that is met 0\.5 times or more often"):
        familiar(listed, 0.5)


def test_the_commonest_words_are_counted_letter_by_letter_and_keep_their_order():
    words = ("apricot", "about", "and", "bumblebee", "by", "zebra")
    listed = WordList(words, torch.arange(10, 16), first_letters(words))
    assert commonest(listed, 2).words == ("about", "and", "bumblebee", "by", "zebra")
    assert commonest(listed, 1).token_ids.tolist() == [12, 14, 15]
    assert commonest(listed, None) is listed
    with pytest.raises(ValueError, match="per_letter"):
        commonest(listed, 0)


def test_a_vocabulary_without_words_is_refused():
    with pytest.raises(ValueError, match="vocabulary"):
        vocabulary_words({"a": 0, "Ġ1": 1})


def test_first_letters_are_case_blind():
    assert first_letters(["apple", "Zoo", "Mm"]).tolist() == [0, 25, 12]
    for bad in (["été"], ["1st"], [""]):
        with pytest.raises(ValueError, match="does not begin"):
            first_letters(bad)


def test_frequencies_sum_to_one_and_are_split_by_case():
    words = ["the", "The", "snake", "qzxqzx"]
    frequencies = dict(zip(words, word_frequencies(words).tolist(), strict=True))
    assert sum(frequencies.values()) == pytest.approx(1)
    assert frequencies["the"] > frequencies["The"] > frequencies["snake"] > 0
    # An unlisted word gets the smallest listed frequency, here that of "snake".
    assert frequencies["qzxqzx"] == pytest.approx(frequencies["snake"])
    together = word_frequencies(["the", "snake"])
    assert frequencies["the"] + frequencies["The"] == pytest.approx(
        float(together[0] / together[1]) * frequencies["snake"]
    )


def test_frequencies_need_a_known_word():
    with pytest.raises(ValueError, match="no word that wordfreq lists"):
        word_frequencies(["qzxqzx", "xqzxqz"])
    assert word_frequencies(["snake"]).dtype == torch.float64


def test_places_of_words_are_the_first_ones_in_the_order_of_the_text():
    text_tokens = torch.tensor([5, 9, 5, 1, 9, 5, 5, 2])
    places, word = word_places(text_tokens, torch.tensor([9, 5, 77]), at_most=2)
    assert places.tolist() == [0, 1, 2, 4]
    assert word.tolist() == [1, 0, 1, 0]


def test_a_spelling_gets_its_share_of_the_speeches_one_more_each(monkeypatch):
    monkeypatch.setattr(text, "_counts_in_speeches", lambda: Counter(snake=9, Snake=3))
    small, capital, upper = word_frequencies(["snake", "Snake", "SNAKE"]).tolist()
    assert (small / capital, capital / upper) == pytest.approx((10 / 4, 4 / 1))
