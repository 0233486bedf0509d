"""Numbers of several SAEs, block by block: each keeps its own layer, and what is not rated is left out."""

import numpy as np
import pytest

from absorption.experiments.bank.classifying import Classified
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.blockwise import Blocks

NONE = np.nan


def judgement(full, matched, explained=0.7):
    by = {"letters": {"full": np.array([full])}, "matched": {"full": np.array([matched])}}
    return Judgement(by, explained, l0=16.0, dead=0.125)


@pytest.fixture
def blocks():
    judged = (
        judgement([0.25, 0.75, NONE], [0.25, NONE, NONE]),
        judgement([0.5, NONE, NONE], [0.0, 0.0, 1.0], 0.5),
    )
    told = tuple(
        Classified({"f1": np.array([[f1]]), "probe_f1": np.array([[0.875]]), "missed": np.array([[0.375]])}, 0.7, 16.0, 0.0)
        for f1 in (0.625, 0.375)
    )  # fmt: skip
    return Blocks((4, 11), judged, told)


def test_a_number_an_sae_in_their_order(blocks):
    assert blocks.each("full").tolist() == [0.5, 0.5]
    assert blocks.each("full", "matched").tolist() == [0.25, pytest.approx(1 / 3)]
    assert blocks.gap().tolist() == [0.25, 0.5] and blocks.missed().tolist() == [0.375, 0.375]
    assert blocks.about("explained").tolist() == [0.7, 0.5]


def test_letters_are_compared_with_half_spaces_where_both_are_rated(blocks):
    assert blocks.above("full").tolist() == [0.0, 0.5]


def test_those_of_one_layer_keep_what_they_were_judged_to_do(blocks):
    second = blocks.after(11)
    assert second.layers == (11,) and second.gap().tolist() == [0.5]
    assert second.about("explained").tolist() == [0.5]
    assert blocks.after(18).each("full").tolist() == []
    assert Blocks(blocks.layers, blocks.judged).after(4).classified == ()


def test_a_letter_is_averaged_over_the_saes_that_rate_it(blocks):
    of_letter = blocks.by_letter("full")
    assert of_letter[:2].tolist() == [0.375, 0.75] and np.isnan(of_letter[2])


def test_a_table_has_rates_of_letters_and_of_half_spaces_and_what_is_known_of_the_sae(blocks):
    found = blocks.means(["gap", "full", "full, matched", "explained", "dead", "l0"])
    assert [*found] == ["gap", "full", "full, matched", "explained", "dead", "l0"]
    assert [*found.values()] == pytest.approx([0.375, 0.5, 7 / 24, 0.6, 0.125, 16])
