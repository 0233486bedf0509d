"""Curves in panels of one scale, dots beside them, and a legend that names every mark."""

import numpy as np
import pytest

from absorption.figures.series import Series
from absorption.figures.side_by_side import curves_beside_dots


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
    assert [panel.get_ylim() for panel in figure.axes[:2]] == [pytest.approx((-0.02, 0.8))] * 2
    assert [len(panel.lines) for panel in figure.axes] == [3, 2, 2]
    assert [panel.get_title() for panel in figure.axes] == ["left", "middle", "right"]
