"""What a word adds to its letter, and which words are absorbed."""

import math

import pytest
import torch

from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.increments import Absorbed, how_told, increment_cosines, told_apart
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
    found = Absorbed.of(ActiveLatents.of(z), dictionary, torch.zeros(3), by).full
    word = by.probed.first(2).word
    assert bool((found <= planted[word]).all())
    assert float(found.sum()) == pytest.approx(float(planted[word].sum()), rel=0.3)


def test_a_cosine_that_only_repeats_the_probe_s_score_says_nothing_beyond_it():
    """And one that knows more does, whatever the score says."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(3000, 2, generator=draws)
    by = Yardstick.of(x, (x[:, 0] > 0).long(), seed=0, n_letters=2)
    probed = by.probed.first(2)
    score = probed.probe.scores(x)
    more = torch.randn(3000, 2, generator=draws)
    hidden = score + 2 * score.std() * more
    by_score, by_both = (each[probed.word, probed.label] for each in (score, hidden))
    absorbed = Absorbed(by_both < by_both.median(), torch.ones(2))
    repeated, knowing = (how_told(absorbed, by, cosines) for cosines in (3 * score + 1, hidden))
    assert repeated["park"] == pytest.approx(repeated["probe"], abs=1e-6) and repeated["probe"] > 0.55
    assert repeated["beyond"] == pytest.approx(0.5, abs=0.06)
    assert knowing["park"] > 0.95 and knowing["beyond"] > 0.75
    weak = Absorbed(by_score < by_score.median(), torch.tensor([0.9, 0.1]))
    assert how_told(weak, by, hidden, least_f1=0.5)["probe"] == 1
    assert math.isnan(how_told(weak, by, hidden, least_f1=0.95)["probe"])
