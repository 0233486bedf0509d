"""Absorption word by word beside frequency, on outcomes whose slope is known."""

import numpy as np
import pytest

from absorption.experiments.density import ByWord


def words(absorbed):
    rng = np.random.default_rng(0)
    n = absorbed.shape[-1]
    text = tuple(("A" if rng.random() < 0.3 else "a") + "b" * int(rng.integers(2, 9)) for _ in range(n))
    return text, np.arange(n) % 4


def test_a_word_ten_times_as_frequent_is_absorbed_more_often_by_the_slope():
    rng = np.random.default_rng(1)
    p = 10.0 ** rng.uniform(-8, -4, 40_000)
    chance = 0.1 + 0.05 * (np.log10(p) + 6)
    absorbed = rng.random((3, len(p))) < chance
    found = ByWord(*words(absorbed), p, absorbed)
    assert found.slopes() == pytest.approx([0.05] * 3, abs=0.01)


def test_tenths_go_from_the_rarest_to_the_most_frequent():
    p = np.array([3e-6, 1e-6, 2e-6, 4e-6])
    absorbed = np.array([[True, False, False, True]])
    found = ByWord(*words(absorbed), p, absorbed)
    assert found.tenths(4)[:, 0].tolist() == [0.0, 0.0, 1.0, 1.0]
