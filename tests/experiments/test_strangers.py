"""Architectures beside strangers: what is subtracted, at which L0, and over which worlds."""

import numpy as np
import pytest

from absorption.experiments import strangers_told as told
from absorption.experiments.curves import at_l0, known, mean_of_known
from absorption.experiments.families import families
from absorption.experiments.pressed import NESTED, PRESSURES
from absorption.experiments.strangers import JUDGED, KINDS, PARENTED, Beside, Trained, by_construction

SHARES = {"apart": 0.5, "meeting": 0.3, "strangers": 0.1}
LENGTHS = {1: 1.0, 0: 0.2, 2: 1.2}
WORLDS = {kind: families([0, 1, 2], kind) for kind in KINDS}


def curve(kind, name, length=1):
    """L0 falls from 1.2 to 0.8 of the world's own, and absorption grows by as much as it falls."""
    n = len(PRESSURES[name])
    l0 = np.broadcast_to(np.linspace(1.2, 0.8, n)[:, None, None], (n, 2, 3)).copy()
    absorbed = LENGTHS[length] * (SHARES[kind] + 1 - l0)
    flat = np.ones((n, 2, 3))
    measures = dict(stands=flat, strange=0.02 * flat, silent=0.6 * flat, unexplained=0.1 * flat)
    return measures | dict(l0=l0, absorbed=absorbed)


@pytest.fixture
def found():
    keys = [
        (kind, name, crowded, length)
        for kind in KINDS
        for name in (*JUDGED, NESTED)
        for crowded in (False, True)
        for length in LENGTHS
    ]
    return {Trained(*key, 3): curve(key[0], key[1], key[3]) for key in keys}


@pytest.fixture
def beside(found):
    return Beside(found, WORLDS, sparser=0.9, covering=3)


def test_a_curve_is_read_between_two_pressures_and_over_the_parents_that_have_a_latent():
    of = curve("apart", "L1")
    flat = {m: each[:, 0] for m, each in of.items()}
    assert at_l0(flat, "absorbed") == pytest.approx([0.5] * 3)
    assert at_l0(flat | {"stands": flat["stands"] / 2}, "absorbed") == pytest.approx([1.0] * 3)
    assert at_l0(flat | {"stands": flat["stands"] / 2}, "silent") == pytest.approx([0.6] * 3)
    assert np.isnan(at_l0(flat | {"stands": 0 * flat["stands"]}, "absorbed")).all()


def test_what_is_not_known_is_left_out():
    assert known(np.array([np.nan, 0.2, 0.4])).tolist() == [0.2, 0.4]
    assert mean_of_known(np.array([np.nan, 0.2, 0.4])) == pytest.approx(0.3)
    assert np.isnan(mean_of_known(np.array([np.nan])))


def test_strangers_are_subtracted_at_the_same_l0(beside):
    assert beside.beyond("apart")["L1"] == pytest.approx([0.4] * 3)
    assert beside.beyond("meeting")["TopK"] == pytest.approx([0.2] * 3)
    assert beside.read("absorbed", "apart", "L1", "beside") == pytest.approx([0.6] * 3)  # at the sparser L0
    assert beside.read("absorbed", "apart", "L1", "beside", l0=1.0) == pytest.approx([0.5] * 3)


def test_a_world_without_a_latent_to_judge_is_left_out(found):
    for kind in ("apart", "strangers"):
        found[Trained(kind, "L1", False, 1, 3)]["stands"][:, :, 1] = 0
    gains = Beside(found, WORLDS, 0.9, 3).beyond("apart")
    assert {name: len(gain) for name, gain in gains.items()} == {
        name: 2 if name == "L1" else 3 for name in JUDGED
    }


def test_architectures_are_counted_that_absorb_more_than_a_twentieth_beyond_strangers(found):
    assert Beside(found, WORLDS, 0.9, 3).held("apart") == len(JUDGED)
    found[Trained("apart", "TopK", False, 1, 3)] = curve("strangers", "TopK")
    assert Beside(found, WORLDS, 0.9, 3).held("apart") == len(JUDGED) - 1


def test_untrained_ones_and_those_trained_longer_are_read_apart(beside):
    assert beside.untrained("L1") == pytest.approx([0.2 * 0.4] * 3)
    assert beside.longer("L1", 3) == pytest.approx([0.2 * 0.5] * 3)


def test_a_count_is_read_whatever_its_l0(beside):
    l0 = np.linspace(1.2, 0.8, 4)[2]  # of k = 3
    assert beside.read("absorbed", "apart", "TopK", l0=l0) == pytest.approx([1.5 - l0] * 3)
    assert beside.covered("TopK", "apart") == pytest.approx([0.4] * 3)
    assert set(beside.all_covered()) == {
        f"{name}, {KINDS[kind]}" for name in ("TopK", "pursuit") for kind in PARENTED
    }
    assert np.isnan(beside.given("L1", "apart")).all()
    assert beside.given("BatchTopK", "apart") == pytest.approx([0.4] * 3)


def test_curves_that_do_not_reach_an_l0_are_seen(found, beside):
    assert all(passed.all() for passed in beside.passed().values())
    assert beside.gets_to("L1", "apart", 0.79) == 1 and beside.gets_to("L1", "apart", 0.7) == 0
    found[Trained("apart", "L1", False, 1, 3)]["l0"][:, :, 0] += 1
    assert beside.passed()["L1, children apart"].tolist() == [0, 1, 1]


def test_absorption_over_l0_is_a_mean_over_parents_sparsest_first(beside):
    l0, absorbed = beside.over_l0("apart", "L1")
    assert l0 == pytest.approx([0.8, 0.9, 1.0, 1.1, 1.2])
    assert absorbed == pytest.approx(1.5 - l0)


def test_the_truth_absorbs_nothing_and_what_is_built_to_absorb_absorbs_all():
    assert by_construction(WORLDS) == pytest.approx({"truth": 0, "built": 1}, abs=1e-6)


def test_the_tables_have_a_row_for_each_architecture_in_each_kind_of_world(beside):
    rows, there = told.rows(beside, JUDGED), told.rows_beside(beside, JUDGED)
    assert list(rows) == list(there) == [(KINDS[kind], name) for kind in PARENTED for name in JUDGED]
    assert rows["children apart", "TopK"]["k = 3"] == pytest.approx(0.4)
    assert there["children meet", "L1"] == pytest.approx(
        {"beyond, 1": 0.2, "worlds, 1": 1, "beyond, 0.9": 0.2, "worlds, 0.9": 1}
    )


def test_the_prose_hears_of_the_extremes(found, beside):
    found[Trained("strangers", "gated", False, 1, 3)]["absorbed"] += 0.3
    said = told.for_prose(beside, {"random": ("random", False), "crowded": ("random", True)}, 3)
    assert (said["strangers_most_name"], said["strangers_most"]) == ("gated", pytest.approx(0.4))
    assert said["strangers_rest"] == pytest.approx(0.1)
    assert "crowded_apart_L1" in said and "crowded_meeting_L1" not in said
    assert said["settled"] == ", so that it had not settled"
    assert said["magnitude_apart"] == pytest.approx((3 * 0.4 + 0.1) / 4)
    assert said["more_largest"] <= 1 and said["enough_smallest"] > 0
