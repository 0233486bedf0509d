"""An adversary's SAEs are set beside their twins without; blocks of worlds change nothing."""

import numpy as np
import pytest

from absorption.experiments import rivalled as module
from absorption.experiments.families import families
from absorption.experiments.rivalled import Rivalled, Search, arms_of, best_weight, rivalled, without
from absorption.experiments.rivals import Rivalry

SEARCH = Search(0.05, (0.5, 2.0), (1,), one_l0=0.5)
HOW = Rivalry(((0.0, False), (0.4, False)), steps=60, lr=0.03)


def test_blocks_of_worlds_are_trained_as_if_together(monkeypatch):
    worlds = families([2, 3, 4], "apart")
    whole = rivalled(worlds, HOW, SEARCH)
    monkeypatch.setattr(module, "BLOCK", 2)
    parts = rivalled(worlds, HOW, SEARCH)
    for name in ("delta", "l0", "unexplained"):
        np.testing.assert_allclose(parts.without[name], whole.without[name], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(parts.against[name], whole.against[name], rtol=1e-3, atol=1e-4)
    assert parts.against["pressure"].shape == (2, 3)


def test_sae_that_has_another_l0_is_not_compared():
    worlds = families([2, 3], "apart")
    strict = rivalled(worlds, HOW, Search(0.05, (400.0, 800.0), (), one_l0=0.01))  # nothing fires
    assert np.isnan(strict.against["delta"]).all() and np.isnan(strict.more("recall")).all()
    assert strict.alike().tolist() == [0.0, 0.0]
    plain = without(worlds, HOW, 0.05)
    np.testing.assert_allclose(strict.without["l0"], plain["l0"])


def test_differences_have_their_sign_and_shares_their_mean():
    found = Rivalled(
        {"delta": np.array([0.5, 1.5]), "recall": np.array([0.2, 0.4])},
        {"delta": np.array([[0.5, np.nan], [1.0, 1.0]]), "recall": np.array([[0.5, 0.5], [0.1, 0.1]])},
    )
    np.testing.assert_allclose(found.more("recall"), [0.3, 0.1])
    np.testing.assert_allclose(found.left(arm=1), [1.0, 1.0])  # over the mean, not world by world
    np.testing.assert_allclose(found.beyond("recall"), [0.4, 0.4])
    np.testing.assert_allclose(found.left(), [0.5, np.nan])


@pytest.mark.parametrize(("enough", "expected"), [(0.9, 0), (0.5, 1), (0.0, 2)])
def test_the_weight_that_leaves_least_is_chosen_among_those_with_one_l0(enough, expected):
    nan = np.nan
    delta = np.array([[0.8, 0.8, 0.8, 0.8], [0.4, 0.4, 0.4, nan], [0.1, nan, nan, nan]])
    found = Rivalled({"delta": np.ones(4)}, {"delta": delta})
    assert best_weight(found, (0.1, 0.2, 0.4), enough) == expected


def test_where_no_weight_has_enough_the_one_with_most_is_taken():
    delta = np.array([[0.1, np.nan, np.nan], [0.4, 0.4, np.nan]])
    assert best_weight(Rivalled({"delta": np.ones(3)}, {"delta": delta}), (0.1, 0.2), enough=0.9) == 1


def test_nonsense_is_told_to_the_adversary():
    assert arms_of((0.1,), nonsense=True) == ((0.1, True),)
