"""Points that were measured on the lines that were predicted for them."""

from collections.abc import Sequence

from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import array, ndarray

from absorption.figures.series import Series


def on_lines(
    axes: Axes,
    x: Float[ndarray, " point"],
    measured: Series,
    fine: Float[ndarray, " place"],
    predicted: Float[ndarray, " place"] | None = None,
    simpler: Float[ndarray, " place"] | None = None,
    filled: bool = True,
) -> None:
    """Dots without a line, the prediction as a line through them, and a simpler one dotted, all in one colour.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> law = np.array([0.5, 0.7, 0.9])
    >>> on_lines(axes, np.array([0.1, 0.3]), Series("λ = 0.1", "child", np.array([0.5, 0.9])), np.array([0.1, 0.2, 0.3]), law)
    >>> len(axes.lines)
    2

    Args:
        axes: Where to draw.
        x: Where was measured.
        measured: One number a point; its label is the legend's.
        fine: Where was predicted.
        predicted, simpler: What was; NaN where the prediction does not hold.
        filled: Whether dots are full.
    """
    for line, style, width in ((simpler, ":", 1.2), (predicted, "-", 1.6)):
        if line is not None:
            axes.plot(fine, line, style, color=measured.color, lw=width)
    face = measured.color if filled else "none"
    axes.plot(x, measured.center, measured.marker, ms=5, mfc=face, color=measured.color, label=measured.label)


def over_sizes(
    axes: Axes, sizes: Sequence[int], rules: Sequence[Series], predicted: Float[ndarray, "rule size"]
) -> None:
    """Absorption among more and more latents, on a logarithmic axis that names the sizes: one line and its dots a rule.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> over_sizes(axes, [2, 32], [Series("mean", "bad", np.array([0.0, 0.9]))], np.array([[0.0, 1.0]]))
    >>> [label.get_text() for label in axes.get_xticklabels()], len(axes.lines)
    (['2', '32'], 2)

    Args:
        axes: Where to draw.
        sizes: Numbers of latents.
        rules: δ that was measured, one a size.
        predicted: δ that was predicted.
    """
    places = array(sizes, dtype=float)
    for rule, law in zip(rules, predicted, strict=True):
        on_lines(axes, places, rule, places, law)
    axes.set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="latents", ylabel="absorption δ")
    axes.minorticks_off()
