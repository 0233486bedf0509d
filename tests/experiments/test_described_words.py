"""Properties of the words of several blocks, and SAEs judged by them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.described_words import Described, above, known, of_labels, over_all

WORDS = ["quickly", "slowly", "walked", "France", "xyzzy", "wagged", "really", "worked"]
NAN = float("nan")


def read(source):
    """The second block lacks a word, so that its rows are others."""
    words = WORDS if source.layer == 4 else WORDS[1:]
    letters = torch.tensor([ord(word[0].lower()) - ord("a") for word in words])
    return SimpleNamespace(words=SimpleNamespace(words=words, letters=letters))


@pytest.fixture
def words(monkeypatch):
    monkeypatch.setattr(WordsIn, "read", read)
    return Described.of({at: WordsIn("SmolLM2-135M-Instruct", at) for at in (4, 11)}, least=2)


def test_a_property_needs_enough_words_at_every_block(words):
    assert "-ly" in words.names and "-ed" in words.names and "capitalised" not in words.names
    assert all(int(of.holds.sum(0).min()) >= 2 for of in words.labels.values())
    assert len(words.names) == len(words.kinds) == words.first.holds.shape[1]


def test_words_that_the_lexicon_does_not_know_are_left_out(words):
    for at, of in words.labels.items():
        assert "xyzzy" not in [read(WordsIn("", at)).words.words[row] for row in of.rows]
    by_name = dict(zip(words.names, words.labels[11].holds.T, strict=True))
    kept = [read(WordsIn("", 11)).words.words[row] for row in words.labels[11].rows]
    assert [word for word, holds in zip(kept, by_name["-ly"], strict=True) if holds] == ["slowly", "really"]


def test_first_letters_are_those_of_the_same_words(words):
    spelled = words.spelled(least=2)
    assert spelled[4].holds.shape[1] == 1  # w
    assert spelled[4].holds.sum() == 3 and (spelled[4].rows == words.labels[4].rows).all()


def test_saying_yes_to_every_word_has_the_f1_of_its_share(words):
    share = words.first.holds.double().mean(0).numpy()
    assert words.always == pytest.approx(2 * share / (1 + share))


def test_the_share_of_words_with_a_second_property(words):
    assert words.share_of("adverb", "-ly") == 1.0
    assert np.isnan(words.share_of("adverb", "language"))


def sae(n, full, matched=0.1):
    def rates(value):
        return {name: np.full((1, n), value) for name in ("full", "fraction", "f1")}

    by = {"letters": rates(full), "matched": rates(matched), "free": rates(0.0), "saebench": rates(0.9)}
    return Judgement(by, 0.7, 16.0, 0.0)


def test_numbers_of_each_kind_leave_out_saes_that_know_none(words):
    n, kinds = len(words.names), {"surface": "surface", "meaning": "meaning"}
    plain, nested = [sae(n, 0.3), sae(n, 0.5, matched=NAN)], [sae(n, 0.15)]
    found = words.numbers(plain, nested, kinds)
    assert found["surface_above"] == pytest.approx([0.2]) and found["surface_full"] == pytest.approx(
        [0.3, 0.5]
    )
    assert found["surface_free"] == pytest.approx([0.3, 0.5]) and found["surface_nested"] == pytest.approx(
        [0.05]
    )
    assert found["surface_fraction_above"] == pytest.approx([0.2])
    assert len(found["meaning_above"]) == 0  # no word here means anything
    assert len(found) == 10


def test_a_table_has_every_property_and_counts_where_it_is_known(words):
    n = len(words.names)
    every = [sae(n, 0.3), sae(n, 0.5)]
    some = known(every, np.full(n, 0.4))
    columns = words.columns(every, some)
    assert columns["full"] == pytest.approx([0.4] * n) and columns["known"] == pytest.approx([0.5] * n)
    assert columns["SAEBench"] == pytest.approx([0.9] * n) and columns["free"] == pytest.approx([0.0] * n)
    assert above(some) == pytest.approx([0.4])
    assert of_labels(some)[0] == pytest.approx([NAN, 0.5], nan_ok=True)
    assert over_all(some, "full") == pytest.approx([0.5] * n)
