"""Panels with the same rows."""

import numpy as np

from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel, side_by_side

ROWS = ["block 4", "block 11"]


def line(label, *values):
    center = np.array(values)
    return Series(label, "parent", center, center - 0.1, center + 0.1)


def test_rows_are_named_once_and_the_legend_names_what_has_a_name():
    figure = side_by_side(ROWS, [Panel("Gap", "F1", [line("", 0.3, 0.4)]), Panel("In full", "share", [line("letters", 0.2, 0.3), line("nonsense", 0.2, 0.2)])])  # fmt: skip
    first, second = figure.axes
    assert [
        text.get_text() for text in first.get_yticklabels()
    ] == ROWS and second.get_shared_y_axes().joined(first, second)
    assert [first.get_title(), second.get_title()] == ["Gap", "In full"] and second.get_xlabel() == "share"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["letters", "nonsense"]


def test_an_axis_begins_at_zero_where_that_is_wanted():
    panels = [
        Panel(str(wanted), "share", [line("letters", 0.5, 0.6)], from_zero=wanted) for wanted in (True, False)
    ]
    zero, free = side_by_side(ROWS, panels).axes
    assert zero.get_xlim()[0] == 0 < free.get_xlim()[0]
