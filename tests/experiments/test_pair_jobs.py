"""What is trained of one parent with one child, and what the tied ones are held against."""

import numpy as np
import pytest

from absorption.experiments.end_to_end import random_heads, slope_errors
from absorption.experiments.one_pair import Worlds, on_worlds
from absorption.experiments.pair_jobs import JUDGED, PLAIN, jobs, trained
from absorption.experiments.pair_limits import Limits, of_tied

WORLDS = Worlds(np.array([0.1, 0.4]), np.array([0.4, 0.1]), np.array([0.1, 0.1]))
ASKED = dict(noise=0.05, n_random=2, spare=4, n_tied=12, pressure=0.3, steps=10)


def test_every_null_is_its_job_without_a_penalty():
    asked = jobs(random_heads(2, 4, 2, 0), **ASKED)
    for name, (recipe, options) in asked.items():
        if name.endswith(", no penalty"):
            like, with_penalty = asked[name.removesuffix(", no penalty")]
            assert recipe == like and options == dict(with_penalty) | {"pressure": 0.0}
    assert {name for name in asked if name.endswith(", longer")} == {f"{name}, longer" for name in JUDGED}
    assert {options["steps"] for _, options in asked.values()} == {10, 20}


def test_jobs_have_the_options_of_all_and_their_own_come_first():
    runs = trained(WORLDS, {"beside": (PLAIN, dict(steps=4, every=2))}, seed=0, lr=0.01, steps=100)
    alone = on_worlds(WORLDS, PLAIN, seed=0, lr=0.01, steps=4, every=2)
    assert np.array_equal(runs["beside"].trace, alone.trace)


def test_tied_saes_are_held_against_the_cheaper_optimum():
    runs = on_worlds(WORLDS, PLAIN, seed=0, n_starts=2, steps=2, lr=0.01)
    runs.loss[:] = [[1.0, 0.0], [0.0, 1.0]]
    runs.delta[:] = [[0.5, 0.1], [0.9, 0.5]]
    tied = of_tied(runs, WORLDS)
    assert tied.law.tolist() == [0, 1] and tied.delta == pytest.approx([0.1, 0.9])
    assert tied.rows() == {
        "tied, the truth is cheaper (1 worlds; median)": (0.0, pytest.approx(0.1)),
        "tied, the rotation is cheaper (1 worlds; median)": (1.0, pytest.approx(0.9)),
    }


def test_the_slope_is_the_one_that_is_proved_whatever_the_head():
    heads = random_heads(2, 20, 2, seed=3)
    assert max(slope_errors(WORLDS, heads, np.random.default_rng(0))) < 1e-9


def test_errors_are_the_largest_and_say_of_how_many():
    deltas = np.array([[1.0, 0.9], [0.5, 0.8]])
    of = Limits(
        np.array([1.0, 2.0]),
        deltas,
        np.array([1e-3]),
        np.array([[0.5, 0.6]]),
        np.ones(8),
        np.ones(8, dtype=bool),
        0.2,
        0.02,
    )
    errors = of.errors()
    assert errors["small_exponent_error"] == (pytest.approx(0.1), "2 starts at each exponent")
    assert errors["large_exponent_error"][0] == pytest.approx(0.3, abs=1e-3)
    assert errors["decay_error"][1] == "2 starts at each μ"
