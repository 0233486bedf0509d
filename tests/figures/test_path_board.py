"""The board of the δ family: what the slider shows is the family, and every exponent has its curves."""

import numpy as np
import pytest

from absorption.figures.path_board import path_board

DELTAS = np.linspace(0, 1, 5)
CURVES = {p: -(DELTAS**p) for p in (0.5, 1.0, 2.0)}
BOARD = path_board(
    DELTAS, {"one": ("parent", CURVES), "other": ("child", {p: 2 * c for p, c in CURVES.items()})}
)


@pytest.mark.parametrize("at", range(21))
def test_the_slider_moves_the_vectors_of_the_family(at):
    step = BOARD.layout.sliders[0].steps[at]
    change, moved = step.args
    delta = float(step.label)
    d1, d2, e1, e2 = ((xs[1], ys[1]) for xs, ys in zip(change["x"][1:], change["y"][1:], strict=True))
    assert (d1, d2, e1, e2) == ((1, 0), (delta, 1), (1, -delta), (0, 1))
    names = [BOARD.data[i].text[1] for i in moved[1:]]
    assert names == ["d1", "d2", "e1", "e2"]
    assert BOARD.data[moved[0]].line.dash == "dot"


def test_the_menu_changes_every_curve():
    menu = BOARD.layout.updatemenus[0]
    assert [button.label for button in menu.buttons] == ["p = 0.5", "p = 1", "p = 2"]
    assert menu.buttons[menu.active].label == "p = 1"
    change, lines = menu.buttons[2].args
    assert tuple(lines) == (0, 1)
    assert np.array(change["y"]) == pytest.approx(np.array([CURVES[2.0], 2 * CURVES[2.0]]), abs=1e-4)
