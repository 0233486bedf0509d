"""Plain and penalised SAEs are compared where their L0s are one, and nowhere else."""

import numpy as np
import pytest

from absorption.experiments.cosines import partners
from absorption.experiments.families import families
from absorption.experiments.penalised import Pairs, faults, gram_error

L0 = np.array([[1.0, 1.0, 0.5], [1.01, 1.2, 0.5]])
RARE = np.array([[0.2, 0.5, 0.1], [0.5, 0.9, 0.4]])


@pytest.fixture
def pairs() -> Pairs:
    found = {"partners": {"l0": L0, "rare": RARE, "unexplained": 1 - RARE}}
    of_trees = {"l0": L0, "absorbed": RARE, "unexplained": RARE}
    found |= dict.fromkeys(("apart", "meeting"), of_trees)
    found |= {("lists", kind): {m: v[:1] for m, v in found[kind].items()} for kind in list(found)}
    tried = {"partners": {m: np.stack([RARE, 2 * RARE]) for m in ("rare", "l0", "unexplained", "combined")}}
    return Pairs(found, tried, one_l0=0.05)


def test_a_change_is_there_where_the_two_l0s_are_one(pairs):
    assert pairs.change("partners", "rare") == pytest.approx([0.3, np.nan, 0.3], nan_ok=True)
    assert pairs.both("partners", "rare") == pytest.approx(RARE[:, [0, 2]])


def test_a_scheme_is_told_by_the_worlds_whose_own_l0_it_meets(pairs):
    plain, summed, lists = (pairs.row(scheme, "sum", n=2) for scheme in (None, "sum", "lists"))
    assert (plain["rare worlds"], summed["rare worlds"], lists["rare worlds"]) == (2, 1, 2)
    assert plain["rare rare"] == pytest.approx(0.35) and summed["rare rare"] == pytest.approx(0.5)
    assert lists["rare rare"] == plain["rare rare"]
    assert summed["meet absorbed"] == pytest.approx(0.5)


def test_means_are_named_and_of_the_pairs_with_one_l0(pairs):
    found = pairs.means(["partners"], ("plain", "penalised"))
    assert found["partners_pairs"] == 2
    assert found["partners_rare_penalised"] == pytest.approx(0.45)
    assert pairs.at_value("partners", 1, ("plain", "penalised"))["rare_plain"] == pytest.approx(
        RARE[0].mean() * 2
    )


@pytest.mark.parametrize("worlds", [partners([3]), families([3], "apart"), families([3], "meeting")])
def test_the_true_dictionary_has_no_faults(worlds):
    assert faults(worlds) == pytest.approx(0, abs=1e-5)


def test_the_gram_form_is_the_sum_over_pairs():
    assert gram_error(1) < 1e-12
