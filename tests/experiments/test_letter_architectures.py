"""Architectures at one L0: each gets its own recipe, is judged as it was trained, and counts only once it has learned."""

from dataclasses import replace

import numpy as np
import pytest

from absorption.experiments import letter_architectures
from absorption.experiments.bank.classifying import Classified
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.blockwise import Blocks
from absorption.experiments.letter_architectures import COUNTED, NAMES, Kind, absorbed, half_spaces, recipe_of
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, ReLU, TopK

GOOD = Classified(
    {
        "f1": np.array([[0.5, 0.75, np.nan]]),
        "f1_15": np.array([[0.75, 0.75, np.nan]]),
        "probe_f1": np.array([[0.875, 0.875, np.nan]]),
        "lift": np.array([[8.0, 20.0, np.nan]]),
        "precision": np.array([[0.5, 0.5, np.nan]]),
        "recall": np.array([[0.5, 0.5, np.nan]]),
    },
    explained=0.5,
    l0=16.0,
    dead=0.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    list(zip(NAMES, (BatchTopK, TopK, JumpReLU, Gated, ReLU), strict=True)),
)
def test_every_name_has_an_architecture_of_its_own(name, kind):
    made = recipe_of(name, k=16, weight=0.0 if name in COUNTED else 0.125)
    assert isinstance(made.activation, kind)
    assert made.sparsity == (0.0 if name in COUNTED else 0.125)
    assert made.k == (16 if name in COUNTED else None)
    assert (made.tied, made.nesting, made.orthogonality) == (False, (), 0.0)
    assert (made.decoder, made.weighting) == (("free", "decoder_norm") if name == "L1" else ("unit", "plain"))


@pytest.mark.parametrize(
    ("name", "weight", "words"), [("TopK", 0.1, "is told"), ("L1", 0.0, "needs"), ("vanilla", 0.1, "one of")]
)
def test_what_presses_an_architecture_has_to_fit_it(name, weight, words):
    with pytest.raises(ValueError, match=words):
        recipe_of(name, k=16, weight=weight)


def test_numbers_are_means_over_letters_a_seed():
    kind = Kind((GOOD, replace(GOOD, l0=17.0)))
    assert kind.gap().tolist() == [0.25, 0.25] and kind.gap("f1_15").tolist() == [0.125, 0.125]
    assert kind.each("lift").tolist() == [14.0, 14.0] and kind.each("l0").tolist() == [16.0, 17.0]
    assert kind.off(16) == pytest.approx(0.03125) and kind.off(33) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "change", [{"explained": 0.4}, {"dead": 0.2}, {"by": GOOD.by | {"f1": np.array([[0.4]])}}]
)
def test_an_architecture_has_learned_if_it_passes_every_gate(change):
    assert Kind((GOOD,)).learned
    assert not Kind((replace(GOOD, **change),)).learned


def test_the_table_shows_means_over_seeds():
    row = Kind((GOOD, replace(GOOD, l0=17.0))).row((15,))
    assert (row["L0"], row["F1 of 15 together"], row["F1 of the probe"], row["variance explained"]) == (
        "16.50",
        "0.75",
        "0.88",
        "0.50",
    )


def wanted(name):
    weight = 0.0 if name in COUNTED else 0.125
    return Wanted(WordsIn("made-up", 1), name, Fit(recipe_of(name, 16, weight), 64, 0, Schedule(1024)))


def test_letters_are_told_on_all_splits(monkeypatch):
    asked = []
    monkeypatch.setattr(letter_architectures, "classified", lambda *how: asked.append(how) or [GOOD])
    one = wanted("L1")
    assert Kind.of([one], 16.0, (3, 4), (15,)).classified == (GOOD,)
    assert asked == [([one], 16.0, (3, 4), (15,))]


@pytest.mark.parametrize(("name", "l0"), [("BatchTopK", 16.0), ("TopK", None), ("L1", None)])
def test_only_batch_topk_is_judged_at_a_threshold_of_its_own(monkeypatch, name, l0):
    asked = []
    monkeypatch.setattr(letter_architectures, "judged", lambda *how: asked.append(how) or [found])
    one, found = wanted(name), Judgement({}, 0.7, 16.0, 0.0)
    assert absorbed([one], 16.0, (3, 4)) == Blocks((1,), (found,))
    assert asked == [([one], l0, (3, 4))]


def test_half_spaces_are_counted_where_there_are_fewest():
    few, many = np.array([[0.1, np.nan], [0.2, 0.3]]), np.array([[0.1, 0.2], [0.2, 0.3]])
    saes = tuple(Judgement({"matched": {"full": rates}}, 0.7, 16.0, 0.0) for rates in (many, few))
    assert half_spaces(Blocks((1, 1), saes)) == 3


def test_gaps_are_kept_letter_by_letter():
    gaps = Kind((GOOD,)).gaps()
    assert gaps.shape == (1, 1, 3) and np.nanmean(gaps) == pytest.approx(Kind((GOOD,)).gap()[0])
