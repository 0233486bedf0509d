"""Lines over settings with dots beside them, and points on predicted lines."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from absorption.figures import theme
from absorption.figures.at_one_l0 import Recipe, at_one_l0
from absorption.figures.predicted import on_lines, over_sizes
from absorption.figures.series import Series
from absorption.figures.tried import beside, over_settings


@pytest.fixture
def axes():
    yield theme.figure()[1]
    plt.close("all")


def test_settings_stand_at_even_ticks_with_thin_intervals(axes):
    center = np.array([0.9, np.nan, 0.3])
    over_settings(
        axes, [0, 0.1, 0.4], Series("δ", "child", center, center - 0.1, center + 0.1), "weight", "δ"
    )
    assert axes.lines[0].get_xdata().tolist() == [0, 1, 2]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), center)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.1", "0.4"]
    first, *_ = axes.collections[0].get_segments()
    np.testing.assert_allclose(first, [[0, 0.8], [0, 1.0]])


def test_dots_beside_are_hollow_if_asked_and_have_no_place_in_the_legend(axes):
    one = np.array([0.5])
    judged = Series("judged", "parent", one, one - 0.2, one + 0.2, marker="s")
    beside(axes, [1.1], judged, filled=False)
    beside(axes, [1.3], judged)
    hollow, full = axes.lines
    assert hollow.get_markerfacecolor() == "white" and full.get_markerfacecolor() == judged.color
    assert hollow.get_marker() == "s" and hollow.get_xdata().tolist() == [1.1]
    assert axes.get_legend_handles_labels()[1] == []
    np.testing.assert_allclose(axes.collections[0].get_segments()[0], [[1.1, 0.3], [1.1, 0.7]])


def test_points_lie_on_their_own_places_and_predictions_on_fine_ones(axes):
    fine, law = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.7, np.nan])
    measured = Series("λ = 0.1", "child", np.array([0.5, 0.9]))
    on_lines(axes, np.array([0.1, 0.3]), measured, fine, law, law + 0.1, filled=False)
    dotted, line, dots = axes.lines
    assert dotted.get_linestyle() == ":" and line.get_linestyle() == "-" and dots.get_linestyle() == "None"
    assert dots.get_ydata().tolist() == [0.5, 0.9] and dots.get_markerfacecolor() == "none"
    assert axes.get_legend_handles_labels()[1] == ["λ = 0.1"]


def test_sizes_are_named_on_a_logarithmic_axis_and_each_rule_has_its_law(axes):
    rules = [Series(name, "good", np.array(of)) for name, of in (("mean", [0.1, 0.8]), ("sum", [0.0, 0.0]))]
    over_sizes(axes, [2, 32], rules, np.array([[0.0, 1.0], [0.0, 0.1]]))
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0, 1], [0.1, 0.8], [0, 0.1], [0, 0]]
    assert axes.get_xscale() == "log" and axes.get_xticks().tolist() == [2, 32]


def test_each_title_has_its_recipes_and_dots_of_other_starts_are_hollow():
    near, far = (Series("", "child", *(np.array([x]) for x in (at, at - 0.1, at + 0.1))) for at in (0.4, 0.6))
    flat = Recipe(np.array([0.9, 1.2]), Series("flat", "child", np.array([0.5, 0.2])), near, 0.98, far, 1.2)
    figure = at_one_l0({"apart": [flat], "meet": [flat, flat]}, "share of holes", ("near", "random"))
    left, right = figure.axes
    full, hollow = (left.lines[at] for at in (2, 3))  # after the dotted line and the curve
    assert (full.get_xdata()[0], full.get_ydata()[0], hollow.get_xdata()[0]) == (0.98, 0.4, 1.2)
    assert hollow.get_markerfacecolor() == "white" != full.get_markerfacecolor()
    assert (left.get_ylabel(), right.get_ylabel()) == ("share of holes", "") and len(right.lines) == 7
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["flat", "near, at one L0", "random, at one L0"]
