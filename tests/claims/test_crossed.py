"""Intervals for numbers whose blocks share letters and splits."""

import numpy as np
import pytest

from absorption.claims.crossed import narrow_and_wide, of_crossed

FACTORS = ("SAEs", "splits", "letters")


def drawn(seed, shape=(15, 3, 22), spreads=(1.0, 1.0, 1.0), rest=1.0, shift=0.0):
    """Cells that are the sum of an effect of every factor's level and of something of their own."""
    lots = np.random.default_rng(seed)
    cells = rest * lots.normal(size=shape) + shift
    for axis, (n, spread) in enumerate(zip(shape, spreads, strict=True)):
        cells += np.moveaxis(spread * lots.normal(size=(n, 1, 1)), 0, axis)
    return cells


def held(intervals):
    return np.mean([each.low < 0 < each.high for each in intervals])


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Where letters vary most, and that over SAEs alone does far less often."""
    cells = [drawn(seed, spreads=(0.5, 0.3, 1.0)) for seed in range(300)]
    narrow, wide = zip(*(narrow_and_wide("any", each, FACTORS, of="SAEs") for each in cells), strict=True)
    assert held(narrow) < 0.85
    assert held(wide) >= 0.94


def test_it_is_a_little_too_narrow_where_the_splits_decide():
    """They are three, and their variance is known badly."""
    found = held([of_crossed("any", drawn(seed, spreads=(0.3, 1.0, 0.3)), FACTORS) for seed in range(300)])
    assert 0.85 < found < 0.97


def test_it_is_hardly_too_wide_where_only_letters_vary():
    found = [of_crossed("any", drawn(seed, spreads=(0, 0, 1), rest=0.1), FACTORS) for seed in range(200)]
    assert 0.9 < held(found) < 0.99


def test_what_is_found_four_times_out_of_five_is_said():
    far = float(np.median([of_crossed("any", drawn(seed), FACTORS).detectable or 0 for seed in range(100)]))
    found = [of_crossed("any", drawn(seed, shift=far), FACTORS).interval[0] > 0 for seed in range(200)]
    assert 0.65 < np.mean(found) < 0.95


def test_missing_cells_are_left_out():
    cells = drawn(0)
    cells[:, :, 3] = np.nan
    cells[0, 1, 5] = np.nan
    found = of_crossed("any", cells, FACTORS)
    assert found.note == "15 SAEs × 3 splits × 21 letters"
    assert found.value == pytest.approx(np.mean([np.nanmean(row, axis=1).mean() for row in cells]), rel=1e-5)


def test_one_level_adds_nothing():
    cells = drawn(1, shape=(15, 1, 22))
    without = of_crossed("any", cells[:, 0], ("SAEs", "letters"))
    assert of_crossed("any", cells, FACTORS).interval == without.interval


def test_the_wider_of_both_is_given():
    alone = drawn(2, spreads=(3, 0, 0), rest=0.0)
    narrow, wide = narrow_and_wide("any", alone, FACTORS, of="SAEs")
    assert wide.interval[1] - wide.interval[0] >= narrow.interval[1] - narrow.interval[0]


def test_the_interval_stays_within_what_is_possible():
    cells = np.clip(drawn(3, shift=1.5), -1, 1)
    assert of_crossed("any", cells, FACTORS, possible=(-1, 1)).interval[1] <= 1


@pytest.mark.parametrize(
    ("cells", "factors", "said"),
    [
        (np.ones((3, 2)), ("SAEs",), "2 axes, but 1 factors"),
        (np.ones((1, 1)), ("SAEs", "letters"), "at least two levels"),
        (np.full((3, 2), np.nan), ("SAEs", "letters"), "at least two levels"),
        (np.full((3, 2), 5.0), ("SAEs", "letters"), "outside the possible range"),
    ],
)
def test_what_has_no_interval_is_refused(cells, factors, said):
    with pytest.raises(ValueError, match=said):
        of_crossed("any", cells, factors, possible=(-2, 2))
