"""One SAE judged by first letters on several splits."""

import pytest
import torch

from absorption.experiments.by_letters import about, by_kind, controls, enough, judged, looked_at
from absorption.measures.letters import Words
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack

N = 60


@pytest.fixture(scope="module")
def splits():
    letters = torch.arange(2).repeat_interleave(N)
    x = torch.eye(4)[letters] + 0.1 * torch.randn(2 * N, 4, generator=torch.Generator().manual_seed(0))
    text = [f"w{i}" for i in range(2 * N)]
    return [Words.of(text, letters, torch.ones(2 * N), x, seed=seed) for seed in (0, 1)]


def test_letters_without_enough_words_or_a_good_probe_are_left_out(splits):
    words = splits[0]
    assert enough(words, 1).tolist() == [True, True]
    assert enough(words, N).tolist() == [False, False]
    poor = Words(**vars(words) | {"probe_f1": torch.tensor([0.5, 0.9])})
    assert enough(poor, 1).tolist() == [False, True]


def test_a_letter_that_is_left_out_does_not_count(splits):
    words = splits[0]
    one = torch.zeros(len(words.x), 12)
    one[:N, 0] = 1  # a latent for the first letter alone
    dictionary = torch.eye(12, 4)
    both = judged(words, one, dictionary, torch.zeros(4), least=1)
    poor = Words(**vars(words) | {"probe_f1": torch.tensor([0.9, 0.5])})
    first = judged(poor, one, dictionary, torch.zeros(4), least=1)
    assert float(first["f1"]) == 1 and float(first["silent"]) == 0
    assert float(both["f1"]) < 1 and float(both["dead"]) == pytest.approx(11 / 12)


def test_an_sae_is_looked_at_at_the_l0_that_is_asked_for(splits):
    stack = SAEStack(Recipe(BatchTopK(3)), 4, 24, seeds=[0])
    found = [looked_at(stack, k, splits, least=1)["l0"] for k in (1.0, 4.0)]
    assert found == pytest.approx([1.0, 4.0], abs=0.5)


def test_planted_absorption_is_found_where_the_oracle_shows_none(splits):
    stack = SAEStack(Recipe(BatchTopK(1)), 4, 40, seeds=[0])
    none, some = controls(stack, 1.0, splits[0], least=1, seed=0)
    assert none == 0 and 0.02 < some < 0.5


def test_what_is_judged_is_counted_over_splits(splits):
    found = about(splits, least=1)
    assert (found["n_words"], found["d_model"], found["n_letters"]) == (2 * N, 4, 2)
    assert found["n_judged"] == sum(len(words.judged) for words in splits) / 2


def test_looks_are_gathered_by_kind_in_order():
    found = by_kind(["b", "a", "b"], [{"f1": 0.1}, {"f1": 0.2}, {"f1": 0.3}])
    assert list(found) == ["b", "a"] and found["b"]["f1"].tolist() == [0.1, 0.3]
