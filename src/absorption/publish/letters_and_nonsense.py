"""What is absorbed of letters, beside labels that mean nothing, in several architectures of several models: evidence and figures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from absorption.claims import Evidence
from absorption.claims.crossed import narrow_and_wide
from absorption.claims.intervals import POWER
from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel, side_by_side
from absorption.publish.averages import averages

Of = tuple[str, str]
"""A model and an architecture."""
Rates = Mapping[Of, Float[np.ndarray, " sae"]]
"""A rate of every SAE, by model and architecture."""
HEIGHT = 5.2
"""Inches that ten rows of dots and a legend take."""
MANY = 1e6
"""Degrees of freedom at which Student's t is the normal distribution for all that six digits show."""


def of_excess(
    name: str, cells: Float[np.ndarray, "sae split letter"], factors: Sequence[str], of: str
) -> Evidence:
    """What letters have more than half-spaces: the wider of the intervals over SAEs, and over SAEs, splits and letters.

    >>> cells = np.array([0.1, 0.2, 0.3])[:, None, None] + np.array([[-0.2, 0.0, 0.2, 0.4]])
    >>> of_excess("full_above", cells, ("SAEs", "splits", "letters"), "SAEs").note
    '3 SAEs × 1 splits × 4 letters'

    Args:
        name: Of the evidence.
        cells: Differences of shares; nan where a letter has no half-space. Not available where fewer than two are there.
        factors: What SAEs, splits and letters are, in the plural.
        of: What is counted where the interval over SAEs is the wider one.
    """
    if np.isfinite(cells).sum() < 2:
        return Evidence.not_available(name, "hardly a letter has a half-space")
    return narrow_and_wide(name, cells, factors, of=of, possible=(-1, 1))[1]


def p_value(evidence: Evidence, against: float = 0.0, level: float = 0.95) -> float:
    """Two-sided p of an estimate, by Student's t with the standard error and the degrees of freedom that it was recorded with.

    Both follow from what is recorded: in standard errors, half the interval is one quantile of t, and the effect that would
    be found four times out of five is that quantile and another, so that their ratio tells the degrees of freedom.

    >>> from scipy.stats import ttest_1samp
    >>> numbers = np.array([0.1, 0.3, 0.2, 0.5])
    >>> round(p_value(Evidence.of_samples("gap", numbers)), 4), round(float(ttest_1samp(numbers, 0.0).pvalue), 4)
    (0.0486, 0.0486)

    Args:
        evidence: An estimate with a t-interval, at most one of whose ends is clipped to what is possible.
        against: The value that is tested.
        level: Of its interval.

    Returns:
        0 or 1 where all that was drawn agrees.

    Raises:
        ValueError: the evidence is no such estimate.
    """
    from scipy.stats import t

    if evidence.value is None or evidence.detectable is None:
        raise ValueError(f"evidence {evidence.name} has no standard error.")
    off = abs(evidence.value - against)
    half = max(end * (at - evidence.value) for end, at in zip((-1, 1), evidence.interval, strict=True))
    if half == 0:  # the longer half, since the other may be clipped
        return float(off == 0)
    freedom = _freedom(evidence.detectable / half, level)
    return float(2 * t.sf(off * t.ppf((1 + level) / 2, freedom) / half, freedom))


class Counts(NamedTuple):
    """In how many comparisons letters have more and less than nonsense, each by itself and if one allows for all of them.

    >>> clear = Evidence.of_samples("more", np.array([0.1, 0.11, 0.12]))
    >>> hardly = Evidence.of_samples("more", np.array([-0.1, -0.13, -0.2]))
    >>> excess = {("SmolLM2", "TopK"): clear, ("Gemma", "TopK"): hardly, ("Gemma", "L1"): hardly}
    >>> Counts.of(excess)
    Counts(asked=3, above=1, below=2, holm_above=1, holm_below=0)
    >>> Counts.of(excess, "Gemma")
    Counts(asked=2, above=0, below=2, holm_above=0, holm_below=0)
    """

    asked: int
    above: int
    below: int
    holm_above: int
    holm_below: int

    @classmethod
    def of(cls, excess: Mapping[Of, Evidence], model: str = "", level: float = 0.95) -> "Counts":
        """Count the intervals that leave zero out, and those that Holm's procedure keeps.

        Source: Holm 1979, "A simple sequentially rejective multiple test procedure".

        Args:
            excess: What letters have more; what is not available is not counted.
            model: Count only its comparisons (Holm's procedure allows for the others all the same); "": all.
            level: Of the intervals, and what all comparisons together are held to.
        """
        known = {of: one for of, one in excess.items() if one.value is not None}
        kept = _kept({of: p_value(one, level=level) for of, one in known.items()}, level)
        wanted = {of: one.interval for of, one in known.items() if model in ("", of[0])}
        above = [of for of, (low, _) in wanted.items() if low > 0]
        below = [of for of, (_, high) in wanted.items() if high < 0]
        return cls(len(wanted), len(above), len(below), len(kept & {*above}), len(kept & {*below}))

    def __str__(self) -> str:
        """As a title says them.

        >>> print(Counts(5, 3, 0, 1, 0))
        in 3 of 5, below in 0 (Holm: 1, 0)
        """
        return f"in {self.above} of {self.asked}, below in {self.below} (Holm: {self.holm_above}, {self.holm_below})"


def in_full(letters: Rates, null: Rates, excess: Mapping[Of, Evidence]) -> Figure:
    """A panel a model: full absorption of letters and of half-spaces, a row an architecture, means with 95% intervals over SAEs.

    Titles say in how many architectures letters have more and less, by the intervals of `excess`, and by Holm's procedure over all.

    >>> ours, theirs = {("SmolLM2", "TopK"): np.array([0.1, 0.2])}, {("SmolLM2", "TopK"): np.array([0.0, 0.1])}
    >>> more = {("SmolLM2", "TopK"): Evidence.of_samples("more", np.array([0.1, 0.11, 0.12]))}
    >>> panel = in_full(ours, theirs, more).axes[0]
    >>> print(panel.get_title() or panel.get_title("left"))
    SmolLM2: letters above nonsense
    in 1 of 1, below in 0 (Holm: 1, 0)

    Args:
        letters: Shares of words, of every SAE.
        null: The same of half-spaces, in the same order.
        excess: What letters have more.
    """
    models = list(dict.fromkeys(model for model, _ in letters))
    drawn = {model: _beside(_only(letters, model), _only(null, model)) for model in models}
    highs = np.array([one.high for two in drawn.values() for one in two])
    top = 1.05 * float(np.max(highs, where=np.isfinite(highs), initial=0.01))
    panels = [
        Panel(
            f"{model}: letters above nonsense\n{Counts.of(excess, model)}",
            "share of words",
            two,
            limits=(0, top),
        )
        for model, two in drawn.items()
    ]
    rows = list(dict.fromkeys(name for _, name in letters))
    figure = side_by_side(rows, panels, height=3.4)
    for axes in figure.axes:
        axes.xaxis.set_major_formatter("{x:g}")  # 0, not 0.00: shorter beside the neighbour's last number
    return figure


def fraction_and_excess(
    letters: Rates, null: Rates, full: Mapping[Of, Evidence], fraction: Mapping[Of, Evidence]
) -> Figure:
    """The absorption fraction of letters and of half-spaces, and what letters have more of both scores, a row a model and architecture.

    >>> ours, theirs = {("SmolLM2", "TopK"): np.array([0.1, 0.2])}, {("SmolLM2", "TopK"): np.array([0.3, 0.4])}
    >>> more = {("SmolLM2", "TopK"): Evidence.of_samples("more", np.array([0.1, -0.05, 0.15]))}
    >>> panels = fraction_and_excess(ours, theirs, more, more).axes
    >>> print(*(panel.get_title() or panel.get_title("left") for panel in panels), sep="; ")
    Fraction: letters 15% to 15%,
    nonsense 35% to 35%; In full: above zero in 0 of 1,
    below in 0 (Holm: 0, 0)

    Args:
        letters: Shares of a word's letter, of every SAE.
        null: The same of half-spaces, in the same order.
        full: What letters have more of full absorption.
        fraction: What they have more of the fraction.
    """
    two = _beside(letters, null)
    ranges = [ends(one.center, ".0%") for one in two]
    more = [_estimates("in full", "accent", full, "o"), _estimates("fraction", "light", fraction, "D")]
    title = f"In full: above zero {Counts.of(full)}".replace(", below", ",\nbelow")
    panels = [
        Panel(f"Fraction: letters {ranges[0]},\nnonsense {ranges[1]}", "share of the letter", two),
        Panel(title, "letters less half-spaces", more, from_zero=False),
    ]
    figure = side_by_side([", ".join(of) for of in letters], panels, height=HEIGHT, legends=True)
    figure.axes[1].axvline(0, color="black", lw=0.8, ls=":")
    return figure


def in_brackets(evidence: Evidence, form: str = ".3f") -> str:
    """A number with its interval, as a table shows it.

    >>> in_brackets(Evidence("gap", 0.3, 0.25, 0.35), "+.2f"), in_brackets(Evidence.not_available("gap", "not asked"))
    ('+0.30 (+0.25 to +0.35)', '–')
    """
    if evidence.value is None:
        return "–"
    low, high = evidence.interval
    return f"{evidence.value:{form}} ({low:{form}} to {high:{form}})"


def ends(means: Iterable[float], form: str = ".2f") -> str:
    """The smallest and the largest, without those that are nan, as a title says them.

    >>> ends([0.3, float("nan"), 0.25])
    '0.25 to 0.30'
    """
    known = [mean for mean in means if math.isfinite(mean)]
    return f"{min(known):{form}} to {max(known):{form}}" if known else "–"


def _beside(letters: Rates, null: Rates) -> list[Series]:
    """Letters and half-spaces, row by row."""
    return [
        averages("letters", "parent", letters.values(), possible=(-1, 1)),
        averages("matched half-spaces", "child", null.values(), "s", (-1, 1)),
    ]


def _estimates(label: str, role: str, excess: Mapping[Of, Evidence], marker: str) -> Series:
    """Evidence row by row; nan, which is not drawn, where it is not available (its interval cannot be asked for)."""
    known = [(math.nan,) * 3 if one.value is None else (one.value, *one.interval) for one in excess.values()]
    center, low, high = np.array(known, dtype=float).T
    return Series(label, role, center, low, high, marker)


def _only(rates: Rates, model: str) -> Rates:
    return {of: each for of, each in rates.items() if of[0] == model}


def _kept(p_values: Mapping[Of, float], level: float) -> set[Of]:
    """What Holm's procedure rejects: the smallest p below (1 − level)/m, the next below (1 − level)/(m − 1), until one is not."""
    kept: set[Of] = set()
    for of in sorted(p_values, key=lambda each: p_values[each]):
        if p_values[of] >= (1 - level) / (len(p_values) - len(kept)):
            break
        kept.add(of)
    return kept


def _freedom(ratio: float, level: float) -> float:
    """The degrees of freedom at which the effect that would be found is so many times half the interval."""
    from scipy.optimize import brentq
    from scipy.stats import t

    def of(log: float) -> float:
        freedom = math.exp(log)
        return 1 + float(t.ppf(POWER, freedom) / t.ppf((1 + level) / 2, freedom))

    low, high = 0.0, math.log(MANY)
    if not of(low) < ratio < of(high):
        return 1.0 if ratio <= of(low) else MANY
    root: Any = brentq(lambda log: of(log) - ratio, low, high)  # its stub says that it may be a pair
    return math.exp(root)
