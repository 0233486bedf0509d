"""Siblings' shares over rates and ratios."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from absorption.figures import theme
from absorption.figures.sharing import Shared, over_rates, over_ratios, shared_over_rates

RATES, FINE = np.array([0.1, 0.3]), np.linspace(0.1, 0.3, 5)


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_absorption_is_on_the_left_and_silence_on_the_right():
    _, (left, right) = theme.figure(ncols=2)
    with_law = Shared("together", "child", "o", np.array([0.7, 0.5]), np.array([0.1, 0.3]), FINE + 0.4, FINE)
    always = Shared("exclusive", "reference", "D", np.ones(2), np.ones(2))
    over_rates(left, right, RATES, FINE, [with_law, always])
    dotted, law, dots, hollow = left.lines
    assert dotted.get_linestyle() == ":" and law.get_linestyle() == "-"
    assert dots.get_ydata().tolist() == [0.7, 0.5] and hollow.get_markerfacecolor() == "none"
    assert right.lines[0].get_ydata().tolist() == [0.1, 0.3]
    assert list(right.lines[-1].get_ydata()) == [0, 0.5]  # silent as often as the sibling is there
    assert left.get_legend_handles_labels()[1] == ["together", "exclusive"]


def test_each_child_has_its_line_and_the_winner_a_mark():
    _, axes = theme.figure()
    predicted = np.stack([FINE, 1 - FINE], 1)
    over_ratios(axes, RATES, np.array([[0.6, 0.4], [0.9, 0.1]]), FINE, predicted, winner=3.4)
    first_law, first, second_law, second, mark = axes.lines
    assert first.get_ydata().tolist() == [0.6, 0.9] and second.get_ydata().tolist() == [0.4, 0.1]
    assert first_law.get_ydata().tolist() == FINE.tolist() and (second_law.get_ydata() == 1 - FINE).all()
    assert mark.get_xdata()[0] == 3.4


def test_both_panels_have_their_title_and_one_legend():
    always = Shared("exclusive", "reference", "D", np.ones(2), np.zeros(2))
    figure = shared_over_rates(RATES, FINE, [always], ("taken", "silent"))
    left, right = figure.axes
    assert [at.get_title() or at.get_title("left") for at in (left, right)] == ["taken", "silent"]
    assert left.lines[0].get_ydata().tolist() == [1, 1] and right.lines[0].get_ydata().tolist() == [0, 0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["exclusive"]
