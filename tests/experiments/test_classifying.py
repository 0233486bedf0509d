"""Latents as classifiers of letters: what they find, what they miss, and what is left out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from absorption.experiments.bank import classifying
from absorption.experiments.bank.classifying import Classified, classified, classify_letters, missed_words
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_directions
from absorption.measures.letters import Words
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack

N_LETTERS, D_IN, D_SAE, N = 3, 8, 12, 600


@pytest.fixture(scope="module")
def letters():
    return torch.arange(N) % N_LETTERS


@pytest.fixture(scope="module")
def words(letters):
    """Every letter has a direction of its own; half of the words have another direction beside it."""
    x = torch.eye(D_IN)[letters]
    x[N // 2 :, N_LETTERS] = 1.0
    text = [f"{'abc'[i % N_LETTERS]}{i}" for i in range(N)]
    return Words.of(text, letters, torch.arange(N, 0, -1).float(), x)


def sae(directions, offsets):
    """One whose first latents are given and whose others never fire."""
    stack = SAEStack(Recipe(ReLU()), D_IN, D_SAE, seeds=[0]).requires_grad_(False)
    stack.b_enc.fill_(-9.0)
    return with_directions(stack, directions, offsets)


def holes():
    """Letters' latents that are silent where the other direction is."""
    directions = torch.eye(D_IN)[:N_LETTERS] - torch.eye(D_IN)[N_LETTERS]
    return sae(directions, torch.zeros(N_LETTERS))


def test_a_latent_that_is_there_is_found(words):
    found = classify_letters(sae(torch.eye(D_IN)[:N_LETTERS], torch.full((N_LETTERS,), -0.5)), words, (1,))
    for name in ("f1", "precision", "recall", "probe_f1", "f1_1"):
        assert found[name].tolist() == [1.0] * N_LETTERS
    assert found["missed"].tolist() == [0.0] * N_LETTERS
    assert found["latent"].tolist() == [0, 1, 2]
    assert found["lift"].tolist() == pytest.approx([N_LETTERS] * N_LETTERS)
    assert float(found["dead"]) == pytest.approx(1 - N_LETTERS / D_SAE)


def test_silence_costs_recall_and_not_precision(words):
    found = classify_letters(holes(), words, (1,))
    held = words.split.held_out
    for letter in range(N_LETTERS):
        own = held[words.letters[held] == letter]
        share = float((own >= N // 2).float().mean())
        assert float(found["missed"][letter]) == pytest.approx(share)
        assert float(found["recall"][letter]) == pytest.approx(1 - share)
    assert found["precision"].tolist() == [1.0] * N_LETTERS


def test_words_that_the_probe_does_not_find_are_not_missed(words):
    blind = replace(words, cuts=torch.full((N_LETTERS,), torch.inf))
    assert classify_letters(holes(), blind, (1,))["missed"].tolist() == [0.0] * N_LETTERS


def test_the_choice_is_made_on_training_words(words):
    """A latent that tells a letter on held-out words only is not chosen."""
    x = words.x.clone()
    x[words.split.held_out, 5] = (words.letters[words.split.held_out] == 0).float()
    directions = torch.stack([torch.eye(D_IN)[0] - torch.eye(D_IN)[N_LETTERS], torch.eye(D_IN)[5]])
    seen = Words(**(vars(words) | {"x": x}))
    found = classify_letters(sae(directions, torch.zeros(2)), seen, (1,))
    assert int(found["latent"][0]) == 0


def test_letters_with_few_words_are_left_out(monkeypatch, words):
    monkeypatch.setattr(classifying, "LEAST_WORDS", N)
    assert classify_letters(holes(), words, (1,))["f1"].isnan().all()


def test_missed_words_are_the_most_frequent_first(monkeypatch, words):
    wanted = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "holes", Fit(Recipe(), D_SAE, 0, Schedule(1, 1)))
    monkeypatch.setattr(classifying, "at_l0", lambda wanted, l0: holes())
    monkeypatch.setattr(classifying, "words_of", lambda wanted, split: words)
    about, rows = missed_words(wanted, 1, split=0, letter=1)
    numbers = [int(row["missed word"][1:]) for row in rows]
    assert numbers == sorted(numbers) and min(numbers) >= N // 2
    assert 0 < about["s_missed"] < about["s_words"] and len(rows) == 12


def test_splits_are_gathered_in_their_order(monkeypatch, words):
    source = WordsIn("SmolLM2-135M-Instruct", 4)
    wanted = [Wanted(source, str(i), Fit(Recipe(), D_SAE, i, Schedule(1, 1))) for i in range(2)]
    monkeypatch.setattr(WordsIn, "read", lambda self: SimpleNamespace())
    monkeypatch.setattr(
        classifying,
        "_kept",
        lambda each, split, l0, ks: {
            "f1": torch.tensor([each.fit.seed + split / 10, torch.nan]),
            "probe_f1": torch.ones(2),
            "explained": torch.tensor(0.5),
            "l0": torch.tensor(l0),
            "dead": torch.tensor(0.0),
        },
    )
    found = classified(wanted, 2.0, (0, 1), (1,))
    assert [one.by["f1"][:, 0].tolist() for one in found] == [
        pytest.approx([0, 0.1]),
        pytest.approx([1, 1.1]),
    ]
    assert found[0].l0 == 2.0 and found[0].gap("f1") == pytest.approx(0.95)


def test_median_and_mean_leave_out_what_is_not_available():
    found = Classified({"lift": np.array([[1.0, 2.0, 9.0, np.nan]])}, 0.5, 16.0, 0.0)
    assert found.mean("lift") == 4.0 and found.median("lift") == 2.0
