"""What several architectures absorb: titles count what the intervals say, and nothing is made of what is not there."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from absorption.claims import Evidence
from absorption.publish.letters_and_nonsense import (
    Counts,
    ends,
    fraction_and_excess,
    in_brackets,
    in_full,
    of_excess,
    p_value,
)

SMALL, LARGE = ("SmolLM2", "TopK"), ("SmolLM2", "L1")
OTHER = (("Gemma", "TopK"), ("Gemma", "L1"))
LETTERS = {of: np.array([0.1, 0.1 + 0.1 * at]) for at, of in enumerate((SMALL, LARGE, *OTHER))}
NONSENSE = {of: rates / 2 for of, rates in LETTERS.items()}
UP, DOWN, OPEN = (
    Evidence("more", mean, mean - 0.05, mean + 0.05, n=5, detectable=0.067) for mean in (0.1, -0.1, 0.02)
)  # fmt: skip
HARDLY = Evidence("more", 0.06, 0.01, 0.11, n=5, detectable=0.067)
NONE = Evidence.not_available("more", "hardly a letter has a half-space")


def p_of(numbers, against):
    """As scipy has it."""
    tested: Any = ttest_1samp(numbers, against)  # its stub names no p-value
    return float(tested.pvalue)


def titles(figure):
    return [panel.get_title() or panel.get_title("left") for panel in figure.axes]


def test_each_model_has_a_panel_whose_title_counts_the_intervals():
    excess = {SMALL: UP, LARGE: UP, OTHER[0]: DOWN, OTHER[1]: NONE}
    figure = in_full(LETTERS, NONSENSE, excess)
    assert titles(figure) == [
        "SmolLM2: letters above nonsense\nin 2 of 2, below in 0 (Holm: 2, 0)",
        "Gemma: letters above nonsense\nin 0 of 1, below in 1 (Holm: 0, 1)",
    ]
    left, right = figure.axes
    assert left.get_xlim() == right.get_xlim()
    assert [label.get_text() for label in left.get_yticklabels()] == ["TopK", "L1"]


def test_an_open_interval_is_neither_above_nor_below():
    assert Counts.of({SMALL: OPEN}) == (1, 0, 0, 0, 0)


def test_holm_allows_for_the_comparisons_of_all_models():
    one = {SMALL: HARDLY}
    assert Counts.of(one) == (1, 1, 0, 1, 0)
    assert Counts.of(one | dict.fromkeys(OTHER, OPEN), "SmolLM2") == (1, 1, 0, 0, 0)
    assert Counts.of(one | dict.fromkeys(OTHER, NONE)) == (1, 1, 0, 1, 0)


def test_holm_goes_down_step_by_step_and_stops_at_the_first_that_it_does_not_keep():
    assert 0.05 / 2 < p_value(HARDLY) < 0.05
    assert Counts.of({SMALL: UP, LARGE: HARDLY}) == (2, 2, 0, 2, 0)
    assert Counts.of({SMALL: UP, LARGE: HARDLY, OTHER[0]: HARDLY}) == (3, 3, 0, 1, 0)


def test_what_lies_below_by_itself_need_not_with_all_others():
    below = Evidence("less", -0.06, -0.11, -0.01, n=5, detectable=0.067)
    assert Counts.of({SMALL: below, LARGE: OPEN}) == (2, 0, 1, 0, 0)


def test_an_end_that_is_clipped_leaves_the_p_value_as_it_is():
    numbers = np.array([0.6, 0.99, 0.9])
    one = Evidence.of_samples("more", numbers, possible=(-1, 1))
    assert one.high == 1 and p_value(one) == pytest.approx(p_of(numbers, 0.0), rel=2e-3)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 40])
def test_p_values_are_those_of_the_numbers_behind_the_estimate(n):
    numbers = np.random.default_rng(n).normal(0.1, 0.05, n)
    one = Evidence.of_samples("more", numbers, possible=(-1, 1))
    assert p_value(one) == pytest.approx(p_of(numbers, 0.0), rel=2e-3, abs=1e-6)
    assert p_value(one, against=0.1) == pytest.approx(p_of(numbers, 0.1), rel=2e-3, abs=1e-6)


def test_p_values_need_a_standard_error_and_know_of_none():
    with pytest.raises(ValueError, match="no standard error"):
        p_value(NONE)
    agreed = Evidence.of_samples("more", np.array([0.1, 0.1]))
    assert (p_value(agreed), p_value(agreed, against=0.1)) == (0, 1)


def test_numbers_of_neighbouring_panels_stay_apart():
    figure = in_full(LETTERS, NONSENSE, dict.fromkeys(LETTERS, OPEN))
    figure.canvas.draw()
    left, right = (
        [label for label in axes.get_xticklabels() if label.get_position()[0] <= axes.get_xlim()[1]]
        for axes in figure.axes
    )
    assert right[0].get_text() == "0"
    assert right[0].get_window_extent().x0 - left[-1].get_window_extent().x1 > 10


def test_without_half_spaces_letters_are_drawn_alone():
    lacking = {of: np.array([np.nan, np.nan]) for of in LETTERS}
    drawn = in_full(LETTERS, lacking, dict.fromkeys(LETTERS, NONE)).axes[0]
    low, high = drawn.get_xlim()
    assert low == 0 and np.isfinite(high)


def test_the_other_figure_says_both_ranges_and_counts_what_lies_above_zero():
    excess = {SMALL: UP, LARGE: OPEN, OTHER[0]: DOWN, OTHER[1]: NONE}
    fraction, differences = titles(fraction_and_excess(LETTERS, NONSENSE, excess, excess))
    assert fraction == "Fraction: letters 10% to 25%,\nnonsense 5% to 12%"
    assert differences == "In full: above zero in 1 of 3,\nbelow in 1 (Holm: 1, 1)"


def test_the_wider_interval_is_told_and_hardly_any_number_gives_none():
    cells = np.array([0.1, 0.2, 0.3])[:, None, None] + np.array([[-0.2, 0.0, 0.2, 0.4]])
    one = of_excess("more", cells, ("SAEs", "splits", "letters"), "SAEs")
    assert one.value == pytest.approx(0.3) and one.note.startswith("3 SAEs")
    assert of_excess("more", np.full((2, 1, 3), np.nan), ("SAEs", "splits", "letters"), "SAEs").value is None


def test_numbers_stand_before_their_intervals():
    assert in_brackets(UP) == "0.100 (0.050 to 0.150)" and in_brackets(NONE) == "–"
    assert ends([float("nan")]) == "–" and ends([0.3, float("nan"), 0.25], ".0%") == "25% to 30%"
