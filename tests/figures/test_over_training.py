"""Measures over the length of training."""

import numpy as np

from absorption.figures.over_training import over_training
from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel


def test_lengths_are_ticks_and_what_was_before_is_a_line():
    series = [Series(name, "child", np.array([0.2, 0.5])) for name in ("plain", "nested")]
    figure = over_training([100_000, 3_000_000], [(Panel("F1 rises", "F1", series), 0.1)] * 2, height=3.0)
    for axes in figure.axes:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["100k", "3M"]
        assert axes.get_xscale() == "log" and axes.get_ylim()[0] == 0
        assert (axes.get_title() or axes.get_title("left")) == "F1 rises"
        assert axes.lines[-1].get_ydata()[0] == 0.1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "plain",
        "nested",
        "before training",
    ]
