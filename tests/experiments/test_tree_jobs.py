"""Architectures on kinds of two-level trees: each kind is read where it is, at the tree's own L0, with other steps if asked."""

import numpy as np
import pytest

from absorption.experiments.levels import MEASURES, Training, read
from absorption.experiments.tree_jobs import SHOWN, Job, run_all, with_steps
from absorption.worlds.two_levels import TRUE_L0, two_levels

KINDS = {"even": [two_levels(1, spread=0.0)], "varied": [two_levels(2), two_levels(3)]}


def job(name, values, steps=30):
    return Job(Training(name, steps=steps, batch_size=50), KINDS, values)


def test_each_kind_has_its_own_worlds():
    found = job("BatchTopK", [1.1, 2.0]).run()
    for name in MEASURES:
        by_hand = found.measures[name]
        assert found.of(name, "even", 1).tolist() == by_hand[1, :1].tolist()
        assert found.of(name, "varied", 0).tolist() == by_hand[0, 1:].tolist()
    assert set(found.means("even")) == set(SHOWN)


def test_several_values_are_read_at_the_trees_own_l0_and_one_as_it_is():
    curve, single = job("BatchTopK", [1.1, 2.0]).run(), job("pursuit", [2]).run()
    l0 = curve.measures["l0"][:, 1:]
    share = (TRUE_L0 - l0[0]) / (l0[1] - l0[0])
    assert ((share > 0) & (share < 1)).all() and curve.passes("varied").tolist() == [1, 1]
    explained = curve.measures["explained"][:, 1:]
    expected = explained[0] + share * (explained[1] - explained[0])
    assert curve.of("explained", "varied") == pytest.approx(expected)
    assert single.of("l0", "varied") == pytest.approx(single.measures["l0"][0, 1:])


def test_more_steps_at_inference_are_read_anew_and_leave_the_rows_alone():
    found = job("pursuit", [1]).run()
    again = read(with_steps(found.stack, 6), found.members, found.job.worlds)
    assert found.of("explained", "varied", steps=6) == pytest.approx(again["explained"][0, 1:])
    assert (found.of("explained", "varied", steps=6) > found.of("explained", "varied")).all()
    assert found.of("between", "varied", steps=6) == pytest.approx(found.of("between", "varied"))


def test_all_jobs_come_back_under_their_names():
    found = run_all({"short": job("pursuit", [2], steps=1), "long": job("L1", [0.1, 0.2], steps=3)})
    assert list(found) == ["short", "long"] and found["long"].job.how.steps == 3


def test_tilted_children_are_told_apart():
    kinds = {"tilted": [two_levels(0, tilts=(-0.5, 0.0, 0.5))]}
    found = Job(Training("pursuit", "absorbed", steps=0), kinds, [8]).run().tilted("tilted")
    assert list(found)[::5] == ["gone, first child", "absorbed, third child"]
    assert np.isfinite(list(found.values())).all() and found["gone, first child"] > 0.7
