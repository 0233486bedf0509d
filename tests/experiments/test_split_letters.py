"""Splits and holes of several SAEs brought together, from numbers that are written down here."""

import numpy as np
import pytest
import torch

from absorption.experiments import split_letters
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.split_examples import Shown
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.split_letters import (
    KINDS,
    MEASURES,
    among,
    extremes,
    grown,
    kinds_of_letters,
    means,
    numbers,
    row,
    taken_broadly,
    told_best_by,
)

NAN = float("nan")
WAYS = ("capitals", "second letter", "ending", "length", "frequency", "part of speech")


def sae(kind="letters", **of):
    """Four letters on one split: whole, split, split with holes, and one that is not rated; float32, as the bank gives them."""
    letters = {
        "main": [1, 2, 3, NAN], "full": [0.02, 0.01, 0.4, NAN], "silent": [0.1, 0.3, 0.5, NAN], "twice": [0.0, 0.2, 0.6, NAN],
        "split_told": [NAN, 0.9, 0.5, NAN], "hole_told": [0.2, NAN, 0.6, NAN], "split_way": [NAN, 0, 1, NAN], "hole_way": [4, NAN, 1, NAN],
        "absorber_fires": [2, NAN, 4, NAN], "split_fires": [NAN, 20, 40, NAN], "taken": [1, 0, 9, NAN], "taken_broadly": [0, 0, 5, NAN],
    }  # fmt: skip
    letters |= {name: [0.5] * 4 for name in MEASURES if name not in letters}
    by = {name: np.array([values], dtype=np.float32) for name, values in (letters | of).items()}
    return Judgement({kind: by}, 0.7, 16.0, 0.0)


def test_a_mean_is_over_the_letters_that_have_a_number():
    assert means([sae(), sae(main=[NAN] * 4)], "main") == pytest.approx([2.0, NAN], nan_ok=True)
    assert np.isnan(means([sae()], "main", "matched")).all()


def test_letters_with_several_main_latents_are_told_from_the_others():
    assert among(sae(), "silent", split=True) == pytest.approx(0.4)
    assert among(sae(), "silent", split=False) == pytest.approx(0.1)


def test_only_letters_that_both_widths_have_are_compared():
    wide = sae(main=[4, NAN, 5, 9])
    assert grown([wide], [sae()], "main") == pytest.approx([2.5])


def test_every_letter_that_is_known_is_of_one_kind():
    shares = dict(zip(KINDS, kinds_of_letters([sae(), sae(full=[0.3, 0, 0, NAN])], hole=0.05), strict=True))
    assert shares == pytest.approx(
        {"whole": 1 / 6, "split": 3 / 6, "split, with holes": 1 / 6, "holes": 1 / 6}
    )


def test_the_way_that_tells_best_is_counted_among_letters_that_are_told():
    assert told_best_by([sae()], "split_way", 0) == pytest.approx([0.5])
    assert np.isnan(told_best_by([sae(split_way=[NAN] * 4)], "split_way", 0)).all()


def test_an_sae_without_absorbed_words_has_no_broad_absorber():
    assert taken_broadly([sae(), sae(taken=[0, 0, 0, NAN])]) == pytest.approx([0.5, NAN], nan_ok=True)


def test_every_number_is_of_what_its_name_says():
    found = numbers([sae(), sae()], WAYS)
    assert all(len(values) == 2 for values in found.values())
    first = {name: float(values[0]) for name, values in found.items()}
    assert first == pytest.approx(
        {
            "split_told": 0.7,
            "hole_told": 0.4,
            "taker_told": 0.5,
            "silent_told": 0.5,
            "split_dealt": 0.5,
            "hole_dealt": 0.5,
            "apart": 0.3,
            "narrow": 0.1,
            "split_silent": 0.4,
            "best_f1": 0.5,
            "full_above": NAN,
            "main": 2.0,
            "full": 0.43 / 3,
            "by_second": 0.5,
            "by_capitals": 0.5,
            "by_frequency": 0.5,
            "split_more": 0.205 - 0.02,
            "overlap": 0.4,
            "broadly": 0.5,
            "matched_main": NAN,
        },
        nan_ok=True,
    )


def test_half_spaces_stand_beside_letters_where_there_are_any():
    both = sae()
    both.by["matched"] = {
        "full": np.array([[0.01, 0.02, NAN, NAN]], dtype=np.float32),
        "main": np.ones((1, 4)),
    }
    found = numbers([both, sae()], WAYS)
    assert found["full_above"] == pytest.approx([0.0, NAN], nan_ok=True)
    assert found["matched_main"] == pytest.approx([1.0, NAN], nan_ok=True)
    assert row([both], "matched")["main"] == 1.0 and np.isnan(row([both], "matched")["F1"])


def test_the_letters_to_look_at_are_the_extremes(monkeypatch):
    asked, words = [], Shown((), torch.zeros(0, dtype=torch.int64), torch.zeros(0))
    monkeypatch.setattr(split_letters, "shown", lambda *of: asked.append(of) or words)
    saes = [sae(), sae(split_told=[NAN, 0.95, 0.99, NAN], full=[0.02, 0.01, 0.6, NAN])]
    wanted = one_a_seed(WordsIn("nowhere", 1), seeds=[0, 1], d_sae=64, k=4, schedule=Schedule(1024))
    found = extremes(saes, wanted, 16, 3, hole=0.05)
    assert {name: letter for name, (letter, _) in found.items()} == {"cleanly split": 1, "full of holes": 2}
    assert asked == [(wanted[1], 16, 3, 1), (wanted[1], 16, 3, 2)]
    monkeypatch.setattr(split_letters, "shown", lambda *of: None)
    assert extremes(saes, wanted, 16, 3, hole=0.05) == {}
