"""Plain and penalised SAEs are compared where their L0s are one, and nowhere else."""

import numpy as np
import pytest

from absorption.experiments.cosines import partners
from absorption.experiments.families import families
from absorption.experiments.penalised import Pairs, faults, gram_error
from absorption.experiments.penalised_jobs import ALL, SCHEMES, Search, costs, searches
from absorption.experiments.penalised_summary import COMPARED, summarised

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


def test_every_search_is_named_and_schemes_are_searched_alone():
    jobs = searches(0.03, 0.1, [0.15], 1.0, n_worlds=9, n_trees=4, n_few=2, n_leaning=3, n_starts=5)
    assert jobs["partners"] == Search("partners", ALL, (0.0, 0.03), None, 9)
    assert jobs["meeting"].beside == 1.0 and jobs["meeting, random"].beside is None
    assert jobs["best"].starts == 5 and jobs["apart, longer"].longer == 2
    assert {scheme for scheme, *_ in (name for name in jobs if isinstance(name, tuple))} == {*SCHEMES} - {ALL}
    assert jobs["frozen batches", "apart"].gammas == (0.03,)


def test_schemes_cost_what_they_cost_beside_all_pairs():
    each = costs(n=32768, d_in=768)
    assert each[ALL] == 1 and each["cos², all pairs"] == pytest.approx(768 / 32768)


def test_gains_and_prices_have_the_sign_that_their_names_say():
    of = {
        "l0": L0[:, :2],
        "holes": RARE[:, :2],
        "alone": RARE[:, :2],
        "alarms": RARE[:, :2],
        "combined": RARE[:, :2],
    }
    of |= {"rare": RARE[:, :2], "absorbed": RARE[::-1, :2], "unexplained": RARE[:, :2], "truth": RARE[:, :2]}
    leaning = {measure: np.concatenate([values, values[1:]]) for measure, values in of.items()}
    names = (*COMPARED, "best", "nobody's", "partners, longer", "apart, longer", "meeting, longer")
    found = dict.fromkeys(names, of) | {-0.1: leaning, 0.1: leaning}
    numbers = summarised(Pairs(found, {}, one_l0=0.05), {"negative": -0.1, "positive": 0.1}, n=2)
    at_one = {name: values[0] for name, values in numbers.items()}
    assert at_one["rare_gain"] == pytest.approx(0.3) and at_one["absorbed_apart"] == pytest.approx(0.3)
    assert at_one["price_partners"] == pytest.approx(0.3) and at_one["turned_negative"] == pytest.approx(-0.3)
    assert at_one["longer_apart"] == 0 and at_one["tree_ratio"] == pytest.approx(0.4)
    assert numbers["alike"].tolist() == [1, 0] * 8 and at_one["lost_without"] == pytest.approx(0.8)
