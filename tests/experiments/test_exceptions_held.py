"""Toy worlds of many exceptions: what they hold, a row that is built, and trained ones."""

import numpy as np
import pytest
import torch

from absorption.experiments.capacities import Survey, survey
from absorption.experiments.capacity import ALONE, EXCEPTIONS, OTHERS, STRANGERS, Held, built, crowds, trained
from absorption.theory.capacity import summed


def test_words_of_a_parent_have_it_and_a_direction_of_their_own():
    crowd = crowds([0, 1], d_in=12, m=4, n=6)
    parent = crowd.features[:, :1]
    for states, reads in ((crowd.exceptions, 1.0), (crowd.others, 1.0), (crowd.strangers, 0.0)):
        words = crowd.x[:, states]
        torch.testing.assert_close((words * parent).sum(-1), torch.full(words.shape[:2], reads))
        torch.testing.assert_close((words - reads * parent).norm(dim=-1), torch.ones(words.shape[:2]))
    assert not torch.equal(crowd.x[0], crowd.x[1])


def test_kinds_of_words_are_as_often_as_said():
    crowd = crowds([0], d_in=12, m=4, n=6)
    often = [float(crowd.p[s].sum()) for s in (crowd.exceptions, crowd.others, crowd.strangers)]
    assert often == pytest.approx([EXCEPTIONS, OTHERS, STRANGERS])
    assert float(crowd.p[0]) == pytest.approx(ALONE) and float(crowd.p.sum()) == pytest.approx(1)


def test_exceptions_that_meet_are_half_of_the_time_alone():
    crowd = crowds([0], d_in=12, m=4, n=6, kind="meeting")
    pairs = slice(crowd.exceptions.stop, crowd.others.start)
    assert float(crowd.p[crowd.exceptions].sum()) == pytest.approx(EXCEPTIONS / 2)
    assert float(crowd.p[pairs].sum()) == pytest.approx(EXCEPTIONS / 2)
    first = crowd.x[0, 1] + crowd.x[0, 2] - crowd.x[0, 0]
    torch.testing.assert_close(crowd.x[0, pairs][0], first)
    with pytest.raises(ValueError, match="even"):
        crowds([0], d_in=12, m=3, n=6, kind="meeting")


def test_a_row_that_is_a_sum_tells_as_predicted():
    found, said = built(crowds(range(100), 32, 8, 32)), summed(8, 32)
    assert 1 - found.held.mean() == pytest.approx(said.exceptions, abs=0.05)
    assert 1 - found.kept.mean() == pytest.approx(said.others, abs=0.02)
    assert found.alarms.mean() == pytest.approx(said.strangers, abs=0.02)
    assert np.allclose(found.threshold, 0.5)


def test_trained_rows_hold_exceptions_and_tied_ones_do_not():
    crowd = crowds([7], 32, 2, 8)
    before, untied, tied = (
        trained(crowd, 0.1, steps=steps, tied=tied) for steps, tied in ((0, False), (600, False), (600, True))
    )
    assert before.told.tolist() == [0.5] and untied.told.min() > 0.9
    assert untied.delta.min() > 0.4 and untied.threshold.min() > 0.1
    assert tied.told.max() < 0.8 and untied.explained.min() > 0.6


def test_a_survey_has_every_size_and_density_and_what_is_asked_of_the_largest():
    found = survey([3, 4], (8, 16), (0.125, 0.25), n_built=6, sparsity=0.1, noise=0.02, steps=60)
    trained_at = {(d, m) for d, m, kind in found.held if kind == "trained"}
    assert trained_at == {(8, 1), (8, 2), (16, 2), (16, 4)} == set(found.built)
    others = {(m, kind) for d, m, kind in found.held if kind != "trained" and d == found.largest}
    assert others == {(2, "tied"), (4, "tied"), (2, "long"), (4, "long"), (2, "meeting"), (2, "untrained")}
    crowd = crowds([3, 4], 16, 2, 16)
    np.testing.assert_array_equal(found.told(16, 0.125), trained(crowd, 0.1, noise=0.02, steps=60).told)
    twice = trained(crowd, 0.1, noise=0.02, steps=120).told
    np.testing.assert_array_equal(found.told(16, 0.125, "long"), twice)
    changes = [abs((found.told(16, at, "long") - found.told(16, at)).mean()) for at in (0.125, 0.25)]
    assert found.longer == pytest.approx(max(changes))
    assert found.table()["1/8"]["sum, built"] == found.built[16, 2].mean() and len(found.built[16, 2]) == 6


def test_what_a_survey_compares_is_of_as_many_exceptions_in_the_same_worlds():
    def held(value):
        return Held(*(np.array([value, value + 1.0]) for _ in range(6)))

    at = [(8, 1, "trained"), (8, 2, "trained"), (16, 2, "trained"), (16, 8, "trained")]
    at += [(16, 2, "tied"), (16, 2, "untrained"), (16, 2, "meeting")]
    made = {of: held(10.0 * i) for i, of in enumerate(at)}
    rows = {(16, 2): np.array([1.0, 2.0, 9.0]), (16, 8): np.array([3.0, 4.0, 9.0])}
    found = Survey((8, 16), (0.125, 0.5), made, rows)
    assert found.shares["held"].tolist() == [20, 21] and found.shares["untrained"].tolist() == [50, 51]
    assert found.others["larger"].tolist() == [10, 10]  # two exceptions in both
    assert found.others["untied"].tolist() == [-20, -20]
    assert found.others["above_sum"].tolist() == [19, 19]
    assert found.others["above_sum_dense"].tolist() == [27, 27]
