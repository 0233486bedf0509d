"""Weak, silent, made up: what is read off runs in which a parent's strength varies."""

from dataclasses import replace

import numpy as np
import pytest

from absorption.experiments.strength_effects import Strengths, law_of_child, of_one, rows
from absorption.experiments.strengths import Varied

SHAPE = (2, 1, 4, 3)  # world start spread λ


def varied(**values):
    """Measures that are 0 but for those given."""
    none = dict.fromkeys(Varied.__dataclass_fields__, np.zeros(SHAPE))
    return Varied(**none | {name: np.broadcast_to(value, SHAPE).copy() for name, value in values.items()})


BY_SPREAD = np.array([0.0, 0.1, 0.2, 0.6])[:, None]


@pytest.fixture
def found():
    one = varied(partial=BY_SPREAD, silent=1 - BY_SPREAD, error=0.25, error_without=1.0, removed=0.5)
    return Strengths(
        {(family, start): one for family in ("gamma", "uniform") for start in ("truth", "random")}
    )


def test_a_strength_that_never_varies_is_left_out_where_it_is_asked_for(found):
    assert found.both("partial", slice(1, None))["truth"] == pytest.approx([0.3] * 4)
    assert found.both("partial", slice(1))["truth"] == pytest.approx([0.0] * 4)
    assert found.shares()["silent_random_3"] == pytest.approx([0.4] * 4)
    assert found.shares()["partial_truth_1"] == pytest.approx([0.1] * 4)


def test_what_is_made_up_is_a_share_of_what_the_others_leave(found):
    assert found.made_up("truth") == pytest.approx([0.75] * 4)
    assert found.made_up_each("truth") == pytest.approx([0.5] * 4)


def test_worlds_without_a_partial_appearance_are_left_out(found):
    one = found.runs["gamma", "truth"]
    none = replace(
        one, error_without=one.error_without * [[[[0]]], [[[1]]]], partial=one.partial * [[[[0]]], [[[1]]]]
    )
    some = Strengths({**found.runs, ("gamma", "truth"): none})
    assert len(some.made_up("truth")) == len(some.made_up_each("truth")) == 3


def test_single_appearances_count_as_often_as_they_come():
    of = varied(partial=np.array([1.0, 3.0, 0.0]), removed=np.array([0.0, 1.0, np.nan]))
    found = Strengths({(family, "truth"): of for family in ("gamma", "uniform")})
    assert found.made_up_each("truth") == pytest.approx([0.75] * 4)


def test_the_table_has_a_row_for_each_spread_and_names_parent_and_child():
    columns = rows(varied(partial=BY_SPREAD, row=0.25), "S", "snake")
    assert columns["weak"] == ["0%", "10%", "20%", "60%"]
    assert columns["S in the snake's row"] == ["25%"] * 4
    assert "snakes on which the S latent is silent" in columns
    assert of_one(varied(partial=BY_SPREAD))["partial_3"] == pytest.approx([0.6] * 2)


def test_by_the_formula_less_is_taken_of_a_parent_that_varies_more_and_more_at_a_larger_weight():
    law = law_of_child(0.25, 0.75, (0.0, 0.1, 0.5), (0.02, 0.15), 8)
    assert law[0] == pytest.approx([1, 1], abs=1e-6)
    assert (np.diff(law, axis=0) < 0)[:, 0].all() and (law[1:, 1] > law[1:, 0]).all()
