"""What a penalty brings and what it costs, in three panels."""

import numpy as np
import pytest

from absorption.figures.gains_and_price import OverL0, gains_and_price
from absorption.figures.palette import COLORS
from absorption.figures.series import Series
from absorption.figures.signed import plus_minus, signed


def test_each_panel_shows_its_own_numbers_under_its_title():
    lines = [OverL0("plain, partners", "child", np.array([0.9, 1.1]), np.array([0.2, 0.4]))]
    lines += [OverL0("plain, strangers", "child", np.array([0.9, 1.1]), np.array([0.1, 0.3]), dotted=True)]
    share, rise = Series("plain", "child", np.array([0.3])), Series("γ = 0.1", "light", np.array([0.0, 0.2]))
    figure = gains_and_price(lines, ["apart"], [share], np.array([-0.1, 0.1]), [rise], ("a", "b", "c"))
    left, middle, right = figure.axes
    full, dotted = left.lines[:2]
    assert (full.get_linestyle(), dotted.get_linestyle()) == ("-", ":") and full.get_color() == COLORS[
        "child"
    ]
    assert full.get_ydata().tolist() == [0.2, 0.4] and middle.lines[0].get_xdata().tolist() == [0.3]
    assert right.lines[0].get_ydata().tolist() == [0.0, 0.2]
    assert [panel.get_title() or panel.get_title("left") for panel in figure.axes] == ["a", "b", "c"]
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["plain, partners", "plain, strangers"]


def test_numbers_have_a_true_minus_and_half_of_their_interval():
    center = np.array([-0.25, 0.3])
    assert plus_minus(Series("", "child", center, center - 0.1, center + 0.1), 1) == [
        "−0.2 ± 0.1",
        "0.3 ± 0.1",
    ]
    assert signed(-0.25, 2) == "−0.25"
    with pytest.raises(ValueError, match="has no intervals"):
        plus_minus(Series("exact", "child", center))
