"""Bars that are cut into shares."""

import numpy as np
import pytest

from absorption.figures import theme
from absorption.figures.stacked import stacked


def test_pieces_lie_on_one_another_and_absent_ones_are_not_named() -> None:
    _, axes = theme.figure()
    shares = {"a": np.array([0.25, 0.5]), "none": np.zeros(2), "b": np.array([0.75, 0.5])}
    stacked(axes, ["x", "y"], shares, ("parent", "light", "child"), "share")
    assert axes.get_legend_handles_labels()[1] == ["a", "b"]
    bottoms = [bar.get_y() for bar in axes.patches]
    assert bottoms == pytest.approx([0, 0, 0.25, 0.5])


def test_every_group_needs_a_colour() -> None:
    _, axes = theme.figure()
    with pytest.raises(ValueError, match="zip"):
        stacked(axes, ["x"], {"a": np.ones(1)}, (), "share")
