"""Ratios as evidence."""

import numpy as np
import pytest

from absorption.claims.ratios import of_ratio


def test_a_ratio_is_taken_block_by_block():
    found = of_ratio("left", np.array([0.1, 0.9]), np.array([0.2, 0.9]), "of a note")
    assert found.value == pytest.approx(0.75) and found.note == "of a note"
    assert found.interval[0] >= 0


@pytest.mark.parametrize("second", [[0.4, 0.0], [0.0, 0.0]])
def test_what_has_nothing_to_divide_by_says_how_many(second):
    found = of_ratio("left", np.array([0.1, 0.2]), np.array(second), of="worlds")
    assert found.value is None and f"{second.count(0.0)} of 2 worlds" in str(found)
