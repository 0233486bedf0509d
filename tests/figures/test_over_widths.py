"""A panel for each width: what is hollow, what is written, and what a title counts."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from absorption.figures.over_widths import over_widths
from absorption.figures.series import Series

SETTINGS = [(64, 8), (64, 16), (256, 8), (256, 16)]
LETTERS = Series("letters", "parent", np.array([4.0, 0.3, 9.0, 5.0]))
ALIKE = Series(
    "alike", "light", np.array([1.0, 2.0, 3.0, 1.0]), np.zeros(4), np.array([2.0, 6.0, 4.0, 2.0]), "s"
)


@pytest.fixture
def panels():
    full = np.array([True, False, True, True])
    figure = over_widths(
        SETTINGS, [LETTERS, ALIKE], full, lambda width, rates: f"{width}: {rates.min():g}", "%"
    )
    yield figure.axes
    plt.close(figure)


def hollow(panel):
    return [line.get_xdata().tolist() for line in panel.lines if line.get_markerfacecolor() == "white"]


def test_what_may_not_be_chosen_is_hollow_and_not_counted(panels):
    assert hollow(panels[0]) == [[1], [1]] and hollow(panels[1]) == [[], []]
    assert [panel.get_title("left") or panel.get_title() for panel in panels] == ["64: 4", "256: 5"]


def test_numbers_stand_above_whatever_is_drawn_there_and_below_where_others_lie_above(panels):
    written = panels[0].texts
    assert [text.get_text() for text in written] == ["4.0", "0.3"]
    assert [text.xy[1] for text in written] == [4.0, 0.0]
    assert [text.get_va() for text in written] == ["baseline", "top"]


def test_panels_share_a_scale_from_zero_on(panels):
    assert panels[0].get_ylim() == panels[1].get_ylim() and panels[0].get_ylim()[0] <= 0
    assert [label.get_text() for label in panels[1].get_xticklabels()] == ["8", "16"]


def test_where_none_may_be_chosen_all_are_counted():
    figure = over_widths(
        SETTINGS, [LETTERS], np.zeros(4, dtype=bool), lambda width, rates: f"{rates.min():g}", "%"
    )
    assert [panel.get_title("left") or panel.get_title() for panel in figure.axes] == ["0.3", "5"]
    plt.close(figure)
