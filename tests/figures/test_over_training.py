"""A measure over the length of training."""

import numpy as np

from absorption.figures import theme
from absorption.figures.over_training import over_training
from absorption.figures.series import Series


def test_lengths_are_ticks_and_what_was_before_is_a_line():
    _, axes = theme.figure()
    series = [Series(name, "child", np.array([0.2, 0.5])) for name in ("plain", "nested")]
    over_training(axes, [100_000, 3_000_000], series, before=0.1, ylabel="F1")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["100k", "3M"]
    assert axes.get_xscale() == "log" and axes.get_ylim()[0] == 0
    assert axes.get_legend_handles_labels()[1] == ["plain", "nested", "before training"]
    assert axes.lines[-1].get_ydata()[0] == 0.1
