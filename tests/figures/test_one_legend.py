"""One legend for all panels, and numbers as cells of a table."""

from absorption.figures import theme
from absorption.figures.one_legend import one_legend
from absorption.figures.written import written


def test_a_label_of_two_panels_is_said_once_in_the_order_of_the_panels():
    figure, (left, right) = theme.figure(ncols=2)
    left.plot([0, 1], label="letters")
    left.plot([1, 0], label="half-spaces")
    right.plot([0, 1], label="words")
    right.plot([0, 1], label="letters")
    one_legend(figure, ncols=3)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["letters", "half-spaces", "words"]
    assert {text.get_fontsize() for text in legend.get_texts()} == {8}


def test_what_is_not_finite_is_a_dash():
    assert written({"a": 0.12345, "b": float("nan"), "c": float("inf"), "d": -1}) == {
        "a": "0.123", "b": "–", "c": "–", "d": "-1.000",
    }  # fmt: skip
