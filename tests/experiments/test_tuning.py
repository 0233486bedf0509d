"""Choosing settings on some seeds and splits, and scoring them on others, beside choices counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.tuned_scores import (
    EXPLAINED,
    RATE,
    at_chosen,
    by_gate,
    example,
    gain,
    least,
    table,
)
from absorption.experiments.tuning import Tuned

SETTINGS = ((64, 4), (64, 8), (256, 4))
SHAPE = (3, 4, 2, 5)  # setting seed split letter


def world(full, f1=0.8, explained=0.9, dead=0.0):
    every = np.broadcast_to(np.asarray(full, dtype=float), SHAPE).copy()
    learned = np.ones(SHAPE[:2])
    by = {"full": every, "f1": np.full(SHAPE, f1)}
    return Tuned(SETTINGS, by, explained * learned, dead * learned)


def of_settings(*rates):
    return np.array(rates)[:, None, None, None]


def test_the_best_setting_is_scored_where_it_had_no_say():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.by["full"][0, 1, 0] = 0.15  # lucky once: on this seed and split alone
    assert [choice.common for choice in tuned.choices.values()] == [1] * 8
    assert tuned.at_common("full") == pytest.approx([0.2] * 4)
    assert tuned.favourite == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_is_noise_gains_nothing(seed):
    full = np.random.default_rng(seed).uniform(0.0, 0.4, (3, 200, 2, 5))
    learned = np.ones((3, 200))
    tuned = Tuned(SETTINGS, {"full": full, "f1": np.full_like(full, 0.8)}, learned, 0 * learned)
    gain = tuned.at_common("full") - tuned.at_own("full")
    assert abs(gain.mean()) < 4 * gain.std() / np.sqrt(200)


def test_a_letter_gets_the_setting_that_suits_it():
    full = np.full(SHAPE, 0.2)
    full[0], full[1] = 0.25, 0.19
    full[0, ..., 2] = 0.05  # the third letter absorbs less in the first setting
    tuned = world(full)
    assert tuned.choices[3, 1].own.tolist() == [1, 1, 0, 1, 1]
    assert tuned.moved == pytest.approx(1 / 5)
    tuned.by["full"][..., 4] = np.nan  # not rated
    assert world(tuned.by["full"]).moved == pytest.approx(1 / 4)
    tuned = world(full)
    assert tuned.at_common("full") - tuned.at_own("full") == pytest.approx([(0.19 - 0.05) / 5] * 4)
    # In turn: four letters are given .25 once and .19 three times; the third, .19 four times.
    others = (4 * (0.19 * 3 + 0.25) / 4 + 0.19) / 5
    assert tuned.at_others("full") == pytest.approx([others] * 4)


def test_what_has_not_learned_is_not_chosen():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.explained[1] = 0.4
    assert tuned.favourite == 2
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.dead[1] = 0.2
    assert tuned.favourite == 2
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.by["f1"][1] = 0.45
    assert tuned.favourite == 1 and tuned.asking(f1=0.5).favourite == 2


def test_if_none_has_learned_one_is_chosen_and_shows_it():
    tuned = world(of_settings(0.3, 0.2, 0.25), explained=0.1)
    assert tuned.learned_at_common("explained") == pytest.approx([0.1] * 4)
    assert tuned.favourite == 1


def test_pairs_differ_in_one_thing_and_most_in_absorption():
    tuned = world(of_settings(0.3, 0.2, 0.45))
    assert (tuned.choices[0, 0].by_width, tuned.choices[0, 0].by_k) == ((2, 0), (0, 1))
    assert tuned.between("by_width") == pytest.approx([0.15] * 4)
    assert tuned.between("by_k") == pytest.approx([0.1] * 4)


def test_among_some_settings_only_these_are_chosen():
    tuned = world(of_settings(0.3, 0.2, 0.25)).only([0, 2])
    assert tuned.settings == (SETTINGS[0], SETTINGS[2]) and tuned.favourite == 1


def test_letters_that_were_not_rated_are_left_out():
    full = np.full(SHAPE, 0.2)
    full[..., 4] = np.nan
    full[:, :, 0, 3] = np.nan  # not rated on one split
    tuned = world(full)
    assert tuned.at_common("full") == pytest.approx([0.2] * 4)
    assert tuned.of_seeds("full") == pytest.approx(np.full((3, 4), 0.2))


def test_judgements_are_put_together():
    def judgement(full, null):
        kinds = {
            kind: {name: np.full((2, 5), rate) for name in ("full", "fraction", "silent", "f1")}
            for kind, rate in (("letters", full), ("matched", null))
        }
        return Judgement(kinds, explained=0.5, l0=8.0, dead=0.1)

    tuned = Tuned.of(SETTINGS[:2], [[judgement(0.3, 0.1)] * 3, [judgement(0.2, 0.1)] * 3])
    assert tuned.of_seeds("above.full") == pytest.approx(np.array([[0.2] * 3, [0.1] * 3]))
    assert tuned.explained.shape == (2, 3)
    assert tuned.by["left"].tolist() == np.ones((2, 3, 2, 5)).tolist()
    few = Tuned.of(SETTINGS[:1], [[judgement(0.01, 0.1)] * 3])
    assert not few.by["left"].any()  # more than one in a hundred counts, and no less


def test_the_table_has_a_cell_for_each_setting():
    tuned = example()
    tuned.explained[0] = 0.4
    found = table(tuned)
    assert {len(cells) for cells in found.values()} == {2}
    assert (found["learned"], found["chosen"], found["explained"]) == (
        ["no", "yes"],
        ["0", "6"],
        ["0.40", "1.00"],
    )


def poor_latent(f1=0.3):
    """The third letter absorbs least in the first setting, where its own latent tells it badly."""
    full = np.full(SHAPE, 0.2)
    full[0], full[1] = 0.25, 0.19
    full[0, ..., 2] = 0.05
    tuned = world(full)
    tuned.by["f1"][0, ..., 2] = f1
    return tuned


def test_by_one_rule_a_letter_may_choose_what_may_be_chosen_for_all():
    tuned = poor_latent()
    assert tuned.choices[3, 1].own.tolist() == [1, 1, 0, 1, 1]
    assert gain(tuned) == pytest.approx([0.14 / 5] * 4)
    assert least(tuned) == pytest.approx([0.19 - 0.14 / 5] * 4)
    # What may not be chosen for all, may not be chosen for one either.
    tuned = poor_latent()
    tuned.explained[0] = 0.4
    assert tuned.choices[3, 1].own.tolist() == [1, 1, 1, 1, 1]


def test_a_letter_that_fares_no_better_elsewhere_keeps_the_setting_for_all():
    full = np.full(SHAPE, 0.2)
    full[1] = 0.1
    full[..., 2] = 0.0  # the third letter is absorbed nowhere
    assert world(full).choices[0, 0].own.tolist() == [1] * 5


def test_the_lesser_of_both_is_taken_seed_by_seed():
    full = np.full(SHAPE, 0.2)
    full[1] = 0.1
    full[0, :, :, 0] = 0.05
    full[0, 2, :, 0] = 0.12  # not on this seed, for which the others choose it all the same
    tuned = world(full)
    common, own = tuned.at_common("full"), tuned.at_own("full")
    assert own[0] < common[0] and own[2] > common[2]
    assert least(tuned) == pytest.approx([own[0], own[1], common[2], own[3]])


def test_the_setting_with_most_is_chosen_elsewhere_too():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.by["full"][1, 1, 0] = 0.4  # on this seed and split alone
    assert tuned.at_most("full") == pytest.approx([0.3] * 4)
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.dead[0] = 0.2  # what has not learned is not chosen for that either
    assert tuned.at_most("full") == pytest.approx([0.25] * 4)


def test_what_may_not_be_chosen_is_marked():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    tuned.explained[1], tuned.by["f1"][2] = 0.4, 0.3
    assert tuned.passes.tolist() == [True, False, False]
    assert world(of_settings(0.3, 0.2, 0.25), explained=0.1).passes.tolist() == [False] * 3


def test_what_the_gates_ask_for_is_of_the_worse_of_the_two_chosen_settings():
    tuned, wide = example(), example()
    wide.explained[1], wide.dead[1], wide.by["f1"][1] = 0.6, 0.05, 0.5
    scores = at_chosen(tuned, wide, usual=0)
    assert scores[EXPLAINED]["explained"] == pytest.approx([0.6] * 3)
    assert scores[RATE]["dead"] == pytest.approx([0.05] * 3)
    assert scores[RATE]["f1_least"] == pytest.approx([0.5] * 3)
    assert scores[RATE]["f1_tuned"] == pytest.approx([0.8] * 3)


def test_another_score_may_choose():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    fraction = world(of_settings(0.1, 0.2, 0.3)).by["full"]
    both = replace(tuned, by={**tuned.by, "fraction": fraction})
    assert both.by_score("fraction").chosen == "64 latents, k = 4"
    assert both.chosen == "64 latents, k = 8"


def test_a_gate_that_no_setting_passes_is_left_out():
    tuned = poor_latent(f1=0.7)
    assert list(by_gate(tuned, (0.1, 0.78, 0.9))) == [0.1, 0.78]
    common, own = by_gate(tuned, (0.1,))[0.1]
    assert common - own == pytest.approx([0.14 / 5] * 4)
    # Where the first setting does not pass, the third letter cannot have it: .8 for four letters and .7 for one are .78.
    common, own = by_gate(tuned, (0.79,))[0.79]
    assert common - own == pytest.approx([0.0] * 4)


def test_settings_are_named_and_counted():
    tuned = world(of_settings(0.3, 0.2, 0.25))
    assert tuned.names[1] == "64 latents, k = 8" and tuned.chosen == "64 latents, k = 8"
    assert tuned.pair("by_k") == "64 latents, k = 4 against 64, k = 8"
