"""The search meets an L0 where one can be met, block by block, and says by how much it missed where none can."""

import numpy as np
import pytest

from absorption.experiments.matched import at_l0, best_within, between, nearest


def powers(pressures):
    """L0 falls as a power of the pressure, in each of two blocks with another one."""
    return {"l0": pressures ** -np.array([1.0, 0.5]), "twice": 2 * pressures}


def test_every_block_gets_a_pressure_of_its_own():
    seen = []

    def train(pressures):
        seen.append(pressures)
        return powers(pressures)

    matched = at_l0(train, np.array([9.0, 0.01, 0.3]), target=2.0, shape=(2,), finer=(4, 5))
    assert [pressures.shape for pressures in seen] == [(3, 2), (4, 2), (5, 2)]
    np.testing.assert_allclose(matched.found["pressure"], [0.5, 0.25], rtol=0.06)
    np.testing.assert_allclose(matched.found["l0"], 2, rtol=0.06)
    np.testing.assert_allclose(matched.off, np.abs(matched.found["l0"] / 2 - 1))
    np.testing.assert_allclose(matched.found["twice"], 2 * matched.found["pressure"])
    assert {name: values.shape for name, values in matched.tried.items()} == dict.fromkeys(
        ("l0", "twice", "pressure"), (12, 2)
    )


def test_a_target_out_of_reach_is_missed_openly():
    matched = at_l0(powers, np.array([1.0, 2.0, 4.0]), target=5.0, shape=(2,))
    assert matched.found["pressure"].tolist() == [1.0, 1.0]
    assert matched.off == pytest.approx(0.8)


def test_the_second_round_lies_between_the_closest_pair_that_encloses_the_target():
    pressures, l0 = np.array([[1.0], [2.0], [8.0], [9.0]]), np.array([[9.0], [3.0], [1.0], [4.0]])
    np.testing.assert_allclose(between(pressures, l0, 2.0, 1), [[4.0]])  # not from 8 to 9
    np.testing.assert_allclose(between(pressures, l0, 2.0, 3), [[2**1.5], [4.0], [2**2.5]])
    np.testing.assert_allclose(between(pressures, l0, 20.0, 1), [[2**0.5]])  # nothing encloses it
    shuffled = [2, 0, 3, 1]
    np.testing.assert_allclose(between(pressures[shuffled], l0[shuffled], 2.0, 1), [[4.0]])


def test_of_equals_the_first_is_nearest():
    assert nearest(np.array([[3.0, 0.0], [1.0, 2.0]]), 2.0).tolist() == [0, 1]


def test_of_the_values_with_one_l0_the_one_with_least_error_is_taken_and_else_the_nearest():
    def train(pressures):
        l0 = np.array([[1.0, 9.0], [1.02, 4.0], [1.04, 3.0], [1.2, 2.0]])
        return {"l0": l0, "error": np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 1.0], [0.0, 7.0]])}

    matched = at_l0(train, np.array([1.0, 2.0, 3.0, 4.0]), target=1.0, shape=(2,), finer=())
    best = best_within(matched, 1.0, 0.05, "error")
    assert best["pressure"].tolist() == [
        2.0,
        4.0,
    ]  # the first block's fourth is no match, the second has none
    assert best["error"].tolist() == [1.0, 7.0]
