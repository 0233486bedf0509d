"""What several architectures absorb: titles count what the intervals say, and nothing is made of what is not there."""

import numpy as np
import pytest

from absorption.claims import Evidence
from absorption.publish.letters_and_nonsense import (
    ends,
    fraction_and_excess,
    in_brackets,
    in_full,
    of_excess,
)

SMALL, LARGE = ("SmolLM2", "TopK"), ("SmolLM2", "L1")
OTHER = (("Gemma", "TopK"), ("Gemma", "L1"))
LETTERS = {of: np.array([0.1, 0.1 + 0.1 * at]) for at, of in enumerate((SMALL, LARGE, *OTHER))}
NONSENSE = {of: rates / 2 for of, rates in LETTERS.items()}
UP, DOWN, OPEN = (
    Evidence("more", mean, mean - 0.05, mean + 0.05, n=5) for mean in (0.1, -0.1, 0.02)
)  # fmt: skip
NONE = Evidence.not_available("more", "hardly a letter has a half-space")


def titles(figure):
    return [panel.get_title() or panel.get_title("left") for panel in figure.axes]


def test_each_model_has_a_panel_whose_title_counts_the_intervals():
    excess = {SMALL: UP, LARGE: UP, OTHER[0]: DOWN, OTHER[1]: NONE}
    figure = in_full(LETTERS, NONSENSE, excess)
    assert titles(figure) == [
        "SmolLM2: letters above nonsense\nin 2 of 2, below in 0",
        "Gemma: letters above nonsense\nin 0 of 1, below in 1",
    ]
    left, right = figure.axes
    assert left.get_xlim() == right.get_xlim()
    assert [label.get_text() for label in left.get_yticklabels()] == ["TopK", "L1"]


def test_an_open_interval_is_neither_above_nor_below():
    one = {SMALL: LETTERS[SMALL]}
    assert titles(in_full(one, {SMALL: NONSENSE[SMALL]}, {SMALL: OPEN}))[0].endswith("in 0 of 1, below in 0")


def test_without_half_spaces_letters_are_drawn_alone():
    lacking = {of: np.array([np.nan, np.nan]) for of in LETTERS}
    drawn = in_full(LETTERS, lacking, dict.fromkeys(LETTERS, NONE)).axes[0]
    low, high = drawn.get_xlim()
    assert low == 0 and np.isfinite(high)


def test_the_other_figure_says_both_ranges_and_counts_what_lies_above_zero():
    excess = {SMALL: UP, LARGE: OPEN, OTHER[0]: DOWN, OTHER[1]: NONE}
    fraction, differences = titles(fraction_and_excess(LETTERS, NONSENSE, excess, excess))
    assert fraction == "Fraction: letters 10% to 25%,\nnonsense 5% to 12%"
    assert differences == "Letters less half-spaces:\nin full above zero in 1 of 4"


def test_the_wider_interval_is_told_and_hardly_any_number_gives_none():
    cells = np.array([0.1, 0.2, 0.3])[:, None, None] + np.array([[-0.2, 0.0, 0.2, 0.4]])
    one = of_excess("more", cells, ("SAEs", "splits", "letters"), "SAEs")
    assert one.value == pytest.approx(0.3) and one.note.startswith("3 SAEs")
    assert of_excess("more", np.full((2, 1, 3), np.nan), ("SAEs", "splits", "letters"), "SAEs").value is None


def test_numbers_stand_before_their_intervals():
    assert in_brackets(UP) == "0.100 (0.050 to 0.150)" and in_brackets(NONE) == "–"
    assert ends([float("nan")]) == "–" and ends([0.3, float("nan"), 0.25], ".0%") == "25% to 30%"
