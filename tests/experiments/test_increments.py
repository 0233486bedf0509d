"""What a word adds to its letter, and which words are absorbed."""

import math

import pytest
import torch

from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.increments import absorbed_words, increment_cosines, told_apart
from absorption.measures.active import ActiveLatents


def test_a_word_that_has_less_of_its_letter_leans_away_from_it():
    """And one that has more leans towards it; the scale of a dimension does not count."""
    x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    mine = (torch.arange(600) < 300)[:, None]
    x[:300, 0] += 3
    for scale in (torch.ones(4), torch.tensor([1.0, 50.0, 1.0, 0.02])):
        cosines = increment_cosines(x * scale, mine, torch.arange(600))[:300, 0]
        strong, weak = x[:300, 0].topk(100).indices, (-x[:300, 0]).topk(100).indices
        assert cosines[strong].mean() > 0.2 and cosines[weak].mean() < -0.2


def test_areas_are_of_letters_and_chance_is_a_half():
    """Order within a letter counts, and a letter with too few is left out."""
    scores = torch.tensor([1.0, 2.0, 3.0, 4.0, 30.0, 20.0, 99.0])
    absorbed = torch.tensor([False, False, True, True, True, False, True])
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 2])
    assert told_apart(scores, absorbed, labels, least=2) == 1
    assert told_apart(-scores, absorbed, labels, least=1) == 0
    assert math.isnan(told_apart(scores, absorbed, labels, least=3))


def test_a_letter_whose_latent_is_silent_on_some_words_has_them_absorbed():
    """Planted: on every fifth word one of twenty others fires in its place."""
    x = torch.randn(2000, 3, generator=torch.Generator().manual_seed(0))
    letters = (x[:, 0] > 0).long()
    by = Yardstick.of(x, letters, seed=0, n_letters=2)
    z = torch.zeros(2000, 22)
    z[:, 0], z[:, 1] = (-x[:, 0]).relu(), x[:, 0].relu()
    planted = (torch.arange(2000) % 5 == 0) & (letters == 1)
    at = 2 + torch.arange(2000) // 5 % 20
    z[planted, at[planted]], z[planted, 1] = z[planted, 1], 0
    dictionary = torch.tensor([[-1.0, 0, 0]] + 21 * [[1.0, 0, 0]])
    found = absorbed_words(ActiveLatents.of(z), dictionary, torch.zeros(3), by)
    word = by.probed.first(2).word
    assert bool((found <= planted[word]).all())
    assert float(found.sum()) == pytest.approx(float(planted[word].sum()), rel=0.3)
