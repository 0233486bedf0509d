"""How siblings share their parent: over how often they come, and over how much more often one comes than the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.palette import COLORS
from absorption.figures.predicted import on_lines
from absorption.figures.series import Series


@dataclass(frozen=True)
class Shared:
    """SAEs of one setting: what was measured at each rate, and what is predicted at finer ones.

    Args:
        label, role, marker: As of a `Series`.
        delta: Absorption δ, the mean of the siblings.
        silent: How often the parent's latent is silent beside a child.
        law, simpler: δ that two formulas predict; NaN where one does not hold. None for none.
    """

    label: str
    role: str
    marker: str
    delta: Float[ndarray, " rate"]
    silent: Float[ndarray, " rate"]
    law: Float[ndarray, " place"] | None = None
    simpler: Float[ndarray, " place"] | None = None


def shared_over_rates(
    rates: Float[ndarray, " rate"],
    fine: Float[ndarray, " place"],
    settings: Sequence[Shared],
    titles: tuple[str, str],
) -> Figure:
    """Both panels of `over_rates`, with one legend below.

    >>> import numpy as np
    >>> one = Shared("exclusive", "reference", "D", np.ones(2), np.ones(2))
    >>> figure = shared_over_rates(np.array([0.2, 0.3]), np.array([0.2, 0.3]), [one], ("Taken", "Silent"))
    >>> len(figure.axes), [text.get_text() for text in figure.legends[0].get_texts()]
    (2, ['exclusive'])

    Args:
        rates: Where was measured.
        fine: Where was predicted.
        settings: As for `over_rates`.
        titles: Of both panels.
    """
    figure, (left, right) = theme.figure(height=3.4, ncols=2)
    over_rates(left, right, rates, fine, settings)
    for panel, title in zip((left, right), titles, strict=True):
        panel.set_title(title)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def over_rates(
    left: Axes,
    right: Axes,
    rates: Float[ndarray, " rate"],
    fine: Float[ndarray, " place"],
    settings: Sequence[Shared],
) -> None:
    """Absorption (left) and the parent's silence (right) over how often each child comes; settings without a law have hollow dots.

    On the diagonal of the right panel the parent is silent as often as the one sibling is there.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, (left, right) = theme.figure(ncols=2)
    >>> one = Shared("λ = 0.1", "child", "o", np.array([0.7, 0.6]), np.array([0.2, 0.3]), np.array([0.7, 0.6]))
    >>> over_rates(left, right, np.array([0.2, 0.3]), np.array([0.2, 0.3]), [one])
    >>> left.get_ylabel(), len(right.lines)
    ('absorption δ', 2)
    """
    for one in settings:
        filled = one.law is not None
        delta = Series(one.label, one.role, one.delta, marker=one.marker)
        on_lines(left, rates, delta, fine, one.law, one.simpler, filled=filled)
        silent = Series(one.label, one.role, one.silent, marker=one.marker)
        on_lines(right, rates, silent, fine, filled=filled)
    right.plot([0, 0.5], [0, 0.5], ":", color=COLORS["reference"], lw=1)
    for axes, words in ((left, "absorption δ"), (right, "parent silent beside a child")):
        axes.set(xlabel="how often each child comes (q)", xlim=(0, 0.5), ylim=(-0.04, 1.08), ylabel=words)


def over_ratios(
    axes: Axes,
    ratios: Float[ndarray, " ratio"],
    taken: Float[ndarray, "ratio child"],
    fine: Float[ndarray, " place"],
    predicted: Float[ndarray, "place child"],
    winner: float,
) -> None:
    """What the more frequent of two children and its sibling take, over the ratio of their rates.

    >>> import numpy as np
    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> law = np.array([[0.5, 0.5], [0.8, 0.2]])
    >>> over_ratios(axes, np.array([1.0, 2.0]), law, np.array([1.0, 2.0]), law, winner=3.4)
    >>> axes.get_legend_handles_labels()[1]
    ['the more frequent', 'its sibling']

    Args:
        axes: Where to draw.
        ratios: How many times as often the first child comes.
        taken: δ of both.
        fine, predicted: Ratios, and what is predicted at them.
        winner: From this ratio on the first takes all: a dotted line.
    """
    looks = (("the more frequent", "parent", "o"), ("its sibling", "child", "s"))
    for child, (label, role, marker) in enumerate(looks):
        on_lines(axes, ratios, Series(label, role, taken[:, child], marker=marker), fine, predicted[:, child])
    axes.axvline(winner, ls=":", color=COLORS["reference"], lw=1)
    axes.set(
        xlabel="how many times as often the first child comes", ylabel="absorption δ", ylim=(-0.04, 1.08)
    )
    axes.legend(loc="center right")
