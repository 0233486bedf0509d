"""The forms show what they were given, in the theme's colours, labelled, with nothing on top of the data."""

from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from absorption.figures import theme
from absorption.figures.forms import curves, diagonal, dots, numbers
from absorption.figures.series import Series

mpl.use("Agg")


@pytest.fixture(autouse=True)
def look():
    with mpl.rc_context():
        theme.use()
        yield
    plt.close("all")


def runs(seed=0, rows=3):
    return np.random.default_rng(seed).random((rows, 5))


def two():
    return [Series.of_runs("on words", "parent", runs(0)), Series.of_runs("on text", "child", runs(1), "s")]


def segments(axes):
    return [collection.get_segments() for collection in axes.collections]


def test_dots_lie_in_their_rows_with_their_intervals():
    _, axes = theme.figure()
    series = two()
    dots(axes, ["tied", "nested", "both"], series, "points", reference=0.1)
    line, *drawn = axes.lines
    assert line.get_xdata() == [0.1, 0.1]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row is above
    for each, dot, lines in zip(series, drawn, segments(axes), strict=True):
        np.testing.assert_array_equal(dot.get_xdata(), each.center)
        np.testing.assert_array_equal(np.round(dot.get_ydata()), [0, 1, 2])
        np.testing.assert_array_equal([(a[0], b[0]) for a, b in lines], np.stack([each.low, each.high], 1))
        assert to_hex(dot.get_color()) == theme.COLORS[each.role].lower()
    apart = drawn[1].get_ydata() - drawn[0].get_ydata()
    assert (apart > 0.2).all() and axes.get_xlabel() == "points"


def test_runs_become_their_mean_and_their_range():
    each = Series.of_runs("on words", "parent", np.array([[0.1, 0.2, 0.6]]))
    assert (each.center, each.low, each.high) == (pytest.approx(0.3), 0.1, 0.6)


def test_many_series_stay_in_their_row():
    _, axes = theme.figure()
    series = [Series.of_runs(str(at), "parent", runs(at)) for at in range(6)]
    dots(axes, ["a", "b", "c"], series, "points", reference=None)
    for at, dot in enumerate(axes.lines):
        np.testing.assert_array_equal(np.round(dot.get_ydata()), [0, 1, 2], err_msg=str(at))


def test_curves_have_bands_from_low_to_high():
    _, axes = theme.figure()
    x = np.array([1.0, 10.0, 100.0])
    (each, _) = two()
    curves(axes, x, [each], "latents", "absorbed (%)", log="x")
    (line,), (band,) = axes.lines, axes.collections
    np.testing.assert_array_equal(line.get_ydata(), each.center)
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {*zip(x, each.low, strict=True), *zip(x, each.high, strict=True)} <= corners
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale(), axes.get_yscale()) == (
        "latents", "absorbed (%)", "log", "linear",
    )  # fmt: skip


def test_numbers_can_be_read_on_their_colours():
    _, axes = theme.figure()
    values = np.array([[0.0, 1.0], [np.nan, 0.456]])
    numbers(axes, ["a", "b"], ["c", "d"], values, starred=np.array([[True, False], [False, False]]))
    words = {text.get_position(): text for text in axes.texts}
    assert {at: text.get_text() for at, text in words.items()} == {
        (0, 0): "0.00*", (1, 0): "1.00", (0, 1): "–", (1, 1): "0.46",
    }  # fmt: skip
    assert (words[0, 0].get_color(), words[1, 0].get_color()) == ("white", "black")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


def test_the_diagonal_runs_through_all_points_with_its_zone():
    _, axes = theme.figure()
    predicted = np.array([0.1, 0.5, 1.4])
    measured = Series.of_runs("q = 1", "good", runs())
    diagonal(axes, predicted, [measured], "law", "measured", tolerance=0.03)
    line, dot = axes.lines
    np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())
    np.testing.assert_array_equal(dot.get_xdata(), predicted)
    low, high = axes.get_xlim()
    assert low < min(measured.center.min(), 0.1) and high > 1.4 and axes.get_ylim() == (low, high)
    zone = axes.collections[0].get_paths()[0].vertices
    off = zone[:, 1] - zone[:, 0]
    assert (off.min(), off.max()) == pytest.approx((-0.03, 0.03))


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="role must be one of"):
        Series("x", "pink", np.zeros(2))
    with pytest.raises(ValueError, match="low= and high="):
        Series("x", "parent", np.zeros(2), low=np.zeros(2))


def test_an_estimate_that_is_not_available_is_not_drawn():
    none = SimpleNamespace(value=None, interval=None)
    found = Series.of_estimates("x", "parent", [SimpleNamespace(value=0.2, interval=(0.1, 0.3)), none])
    np.testing.assert_equal(found.center, [0.2, np.nan])
    np.testing.assert_equal(found.low, [0.1, np.nan])
    np.testing.assert_equal(found.high, [0.3, np.nan])
