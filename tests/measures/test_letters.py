"""One SAE judged by letters: three words and three latents worked out by hand, and a world with known absorption."""

from dataclasses import replace

import pytest
import torch

from absorption.measures.absorption import MainLatents, absorption_fraction, carried, full_absorption
from absorption.measures.letters import Examined, Words, by_letter, examine, top_words
from absorption.measures.probes import Probe
from absorption.measures.splits import Split


def by_hand():
    """Letter 0 is the first axis; latent 0 stands for it, latent 2 is *asp*, which it absorbs."""
    x = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    z = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2**0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    dictionary = torch.nn.functional.normalize(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 1.0]]), dim=1)
    letters, everything = torch.tensor([0, 0, 1, 0]), torch.arange(4)
    words = Words(
        text=("ant", "asp", "bee", "auk"),
        letters=letters,
        p=torch.tensor([0.15, 0.6, 0.2, 0.05]),
        x=x,
        split=Split(everything, everything),
        probe=Probe(torch.eye(3)[:2], torch.zeros(2)),
        cuts=torch.full((2,), 0.5),
        probe_f1=torch.tensor([1.0, 0.9]),
        judged=everything,
    )
    main = MainLatents(3, torch.tensor([[0], [1]]), torch.ones(1, 2), torch.tensor([1, 1]), 0.03)
    c = carried(x, z, dictionary, words.probe.weight, letters, main.mask)
    nothing = torch.zeros(2)
    sae = Examined(main, c, full_absorption(c), nothing, nothing, nothing, nothing, nothing)
    return by_letter(words, z, dictionary, sae), words, z


def test_what_a_hand_worked_sae_says():
    (a, b), _, _ = by_hand()
    assert (a["judged"], a["silent"]) == (3, 1)
    assert a["main"] == [[0, 1.0, 0.667, 0.8, 1.0, ["ant", "auk"]]]
    assert a["absorbing"] == [[2, 0.707, ["asp"]]]
    assert a["rows"] == [["asp", 2, 1.414, 0.707, 1.0, 1]]
    assert b == {
        "probe_f1": 0.9,
        "judged": 1,
        "silent": 0,
        "main": [[1, 1.0, 1.0, 1.0, 1.0, ["bee"]]],
        "absorbing": [],
        "rows": [],
    }


def test_a_silent_word_is_no_top_word():
    _, words, z = by_hand()
    assert top_words(words, z[:, 0], n=4) == ["ant", "auk"]
    assert top_words(words, torch.zeros(4)) == []


@pytest.fixture(scope="module")
def letters_with_words():
    """26 orthogonal letters and 10 words of each: a word is its letter plus a direction of its own."""
    letters = torch.arange(26).repeat_interleave(40)
    own = torch.arange(len(letters)) // 4 % 10  # the ten different words of a letter, four times each
    x = torch.zeros(len(letters), 26 + 260)
    x[torch.arange(len(letters)), letters] = 1
    x[torch.arange(len(letters)), 26 + 10 * letters + own] = 1
    text = [f"{chr(97 + int(a))}{int(b)}" for a, b in zip(letters, own, strict=True)]
    p = torch.full((len(letters),), 1 / len(letters))
    return Words.of(text, letters, p, x), own


def dictionary_where(words, own, absorbed):
    """Activations and decoders: a latent a letter and one a word; the words numbered below `absorbed` swallow the letter."""
    n = len(words.letters)
    z, dictionary = torch.zeros(n, 26 + 260), torch.eye(26 + 260)
    swallows = own < absorbed
    z[torch.arange(n), words.letters] = (~swallows).float()
    z[torch.arange(n), 26 + 10 * words.letters + own] = 1.0
    for letter in range(26):
        dictionary[26 + 10 * letter : 26 + 10 * letter + absorbed, letter] = 1.0
    return z, dictionary


@pytest.mark.parametrize("absorbed", [0, 2])
def test_rates_are_the_shares_of_the_words_that_were_made_to_swallow_their_letter(
    letters_with_words, absorbed
):
    words, own = letters_with_words
    found = examine(words, *dictionary_where(words, own, absorbed), k_max=1)
    of_letter = torch.nn.functional.one_hot(words.letters[words.judged], 26).float()
    expected = (of_letter.T @ (own[words.judged] < absorbed).float()) / of_letter.sum(0)
    for rate in (found.full, found.silent, found.fraction):
        torch.testing.assert_close(rate, expected)
    assert (words.probe_f1 > 0.99).all()
    assert bool(words.enough(1).all()) and not bool(words.enough(1000).any())
    assert ((found.f1 == 1) == (absorbed == 0)).all() or found.f1.min() > 0.7
    torch.testing.assert_close(
        absorption_fraction(found.carried).mean(), expected @ of_letter.sum(0) / len(words.judged)
    )


def test_permuted_letters_find_no_latent(letters_with_words):
    words, own = letters_with_words
    dealt = words.letters[torch.randperm(len(words.letters), generator=torch.Generator().manual_seed(1))]
    found = examine(replace(words, letters=dealt), *dictionary_where(words, own, 0), k_max=1)
    assert found.f1.mean() < 0.3


def test_places_of_one_word_stay_on_one_side(letters_with_words):
    words, own = letters_with_words
    groups = 10 * words.letters + own + 7
    split = Words.of(words.text, words.letters, words.p, words.x, groups=groups).split
    sides = [set(groups[rows].tolist()) for rows in (split.train, split.held_out)]
    assert not sides[0] & sides[1]
    assert len(sides[1]) == 26 * 2
    assert len(split.train) + len(split.held_out) == len(words.text)
