"""Panels with the same rows; curves beside dots; and legends that name every mark."""

import numpy as np
import pytest

from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel, curves_beside_dots, side_by_side

ROWS = ["block 4", "block 11"]


def title(panel):
    """Of a panel: in the middle, or left as the theme has it where it is in use."""
    return panel.get_title() or panel.get_title("left")


def test_every_panel_says_what_its_marks_are():
    low, high = np.array([0.1, 0.2]), np.array([0.3, 0.4])
    drawn = [Series(name, "parent", low, low, high) for name in ("tied", "nested")]
    figure = curves_beside_dots(
        np.array([0.0, 1.0]), [drawn, drawn[:1]], ("spread", "score"), ["plain", "pursuit"],
        [Series("letters", "parent", low), Series("half-spaces", "reference", high, marker="x")],
        "absorbed", ("left", "middle", "right"), mark=0.4, top=0.8,
    )  # fmt: skip
    said = [[text.get_text() for text in panel.get_legend().get_texts()] for panel in figure.axes]
    assert said == [["tied", "nested"], ["tied"], ["letters", "half-spaces"]]
    assert all(panel.get_ylim() == pytest.approx((-0.02, 0.8)) for panel in figure.axes[:2])
    assert [len(panel.lines) for panel in figure.axes] == [3, 2, 2]
    assert [title(panel) for panel in figure.axes] == ["left", "middle", "right"]


def line(label, *values):
    center = np.array(values)
    return Series(label, "parent", center, center - 0.1, center + 0.1)


def test_rows_are_named_once_and_the_legend_names_what_has_a_name():
    figure = side_by_side(ROWS, [Panel("Gap", "F1", [line("", 0.3, 0.4)]), Panel("In full", "share", [line("letters", 0.2, 0.3), line("nonsense", 0.2, 0.2)])])  # fmt: skip
    first, second = figure.axes
    assert [
        text.get_text() for text in first.get_yticklabels()
    ] == ROWS and second.get_shared_y_axes().joined(first, second)
    assert [title(first), title(second)] == ["Gap", "In full"] and second.get_xlabel() == "share"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["letters", "nonsense"]


def test_an_axis_has_the_limits_that_are_given():
    own = [line("letters", 0.5, 0.6)]
    both, low = side_by_side(ROWS, [Panel(words, "share", own, limits=ends) for words, ends in (("a", (-0.04, 1.04)), ("b", (0.1, None)))]).axes  # fmt: skip
    assert both.get_xlim() == (-0.04, 1.04) and low.get_xlim()[0] == 0.1 and low.get_xlim()[1] < 1


def test_an_axis_begins_at_zero_where_that_is_wanted():
    panels = [
        Panel(str(wanted), "share", [line("letters", 0.5, 0.6)], from_zero=wanted) for wanted in (True, False)
    ]
    zero, free = side_by_side(ROWS, panels).axes
    assert zero.get_xlim()[0] == 0 < free.get_xlim()[0]


def test_panels_that_show_different_things_have_legends_of_their_own():
    panels = [
        Panel("Gap", "F1", [line("one", 0.3, 0.4)]),
        Panel("In full", "share", [line("letters", 0.2, 0.3)]),
    ]
    figure = side_by_side(ROWS, panels, legends=True)
    said = [[text.get_text() for text in panel.get_legend().get_texts()] for panel in figure.axes]
    assert said == [["one"], ["letters"]] and not figure.legends
