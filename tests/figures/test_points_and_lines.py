"""Small forms: strokes for intervals, clouds about the diagonal, single runs, least points, ticks of a logarithmic axis."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from absorption.figures import theme
from absorption.figures.clouds import clouds
from absorption.figures.least_marked import least_marked
from absorption.figures.log_ticks import log_ticks
from absorption.figures.series import Series
from absorption.figures.thin_lines import thin_lines
from absorption.figures.whiskers import whiskers

SERIES = Series("tied", "child", np.array([0.2, 0.4]), np.array([0.1, 0.3]), np.array([0.3, 0.6]))


@pytest.fixture
def axes():
    return theme.figure()[1]


def test_each_dot_has_a_stroke_as_long_as_its_interval(axes):
    whiskers(axes, np.array([1.0, 2.0]), SERIES)
    strokes = axes.collections[0].get_segments()
    assert [stroke[:, 1].tolist() for stroke in strokes] == [[0.1, 0.3], [0.3, 0.6]]
    assert axes.lines[0].get_ydata().tolist() == [0.2, 0.4]


def test_hollow_dots_are_white_and_a_line_may_be_left_out_of_the_legend(axes):
    whiskers(axes, ["a", "b"], SERIES, ":", hollow=True, label=False)
    assert to_hex(axes.lines[0].get_markerfacecolor()) == "#ffffff"
    assert axes.lines[0].get_linestyle() == ":"
    assert axes.get_legend_handles_labels()[1] == []


def test_exact_numbers_have_no_strokes(axes):
    whiskers(axes, np.array([1.0, 2.0]), Series("tied", "child", SERIES.center))
    assert not axes.collections


def test_a_cloud_has_every_point_of_its_group(axes):
    predicted = np.array([[0.1, 0.2], [0.3, 0.4]])
    clouds(axes, {"a": (predicted, predicted + 0.1), "b": (predicted[0], predicted[0])}, ["parent", "child"])
    assert axes.lines[0].get_xdata().tolist() == [0.1, 0.2, 0.3, 0.4]
    assert axes.get_legend_handles_labels()[1] == ["a", "b"]
    with pytest.raises(ValueError, match="zip"):
        clouds(axes, {"a": (predicted, predicted)}, [])


def test_every_run_has_its_line_and_the_group_one_name(axes):
    thin_lines(axes, np.arange(3), np.zeros((3, 5)), "without", "reference")
    assert len(axes.lines) == 6
    assert axes.get_legend_handles_labels()[1] == ["without"]


def test_the_least_point_of_each_curve_is_marked(axes):
    x = np.linspace(0, 1, 5)
    least_marked(axes, x, {"down": ("child", -x), "valley": ("accent", (x - 0.5) ** 2)})
    assert [line.get_xydata().tolist() for line in axes.lines[1::2]] == [[[1.0, -1.0]], [[0.5, 0.0]]]


def test_only_what_was_tried_has_a_tick(axes):
    log_ticks(axes, (0.0125, 0.4))
    axes.set_xlim(0.01, 1)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.0125", "0.4"]
    assert len(axes.get_xticks(minor=True)) == 0
