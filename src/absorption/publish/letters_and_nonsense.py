"""What is absorbed of letters, beside labels that mean nothing, in several architectures of several models: evidence and figures."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from absorption.claims import Evidence
from absorption.claims.crossed import narrow_and_wide
from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel, side_by_side
from absorption.publish.averages import averages

Of = tuple[str, str]
"""A model and an architecture."""
Rates = Mapping[Of, Float[np.ndarray, " sae"]]
"""A rate of every SAE, by model and architecture."""
HEIGHT = 5.2
"""Inches that ten rows of dots and a legend take."""


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


def in_full(letters: Rates, null: Rates, excess: Mapping[Of, Evidence]) -> Figure:
    """A panel a model: full absorption of letters and of half-spaces, a row an architecture, means with 95% intervals over SAEs.

    Titles say in how many architectures letters have more and less, by the intervals of `excess`.

    >>> ours, theirs = {("SmolLM2", "TopK"): np.array([0.1, 0.2])}, {("SmolLM2", "TopK"): np.array([0.0, 0.1])}
    >>> panel = in_full(ours, theirs, {("SmolLM2", "TopK"): Evidence("more", 0.1, 0.05, 0.15)}).axes[0]
    >>> print(panel.get_title() or panel.get_title("left"))
    SmolLM2: letters above nonsense
    in 1 of 1, below in 0

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
        Panel(_counted(model, excess), "share of words", two, limits=(0, top)) for model, two in drawn.items()
    ]
    rows = list(dict.fromkeys(name for _, name in letters))
    return side_by_side(rows, panels, height=3.4)


def fraction_and_excess(
    letters: Rates, null: Rates, full: Mapping[Of, Evidence], fraction: Mapping[Of, Evidence]
) -> Figure:
    """The absorption fraction of letters and of half-spaces, and what letters have more of both scores, a row a model and architecture.

    >>> ours, theirs = {("SmolLM2", "TopK"): np.array([0.1, 0.2])}, {("SmolLM2", "TopK"): np.array([0.3, 0.4])}
    >>> more = {("SmolLM2", "TopK"): Evidence("more", 0.1, -0.05, 0.15)}
    >>> panels = fraction_and_excess(ours, theirs, more, more).axes
    >>> print(*(panel.get_title() or panel.get_title("left") for panel in panels), sep="; ")
    Fraction: letters 15% to 15%,
    nonsense 35% to 35%; Letters less half-spaces:
    in full above zero in 0 of 1

    Args:
        letters: Shares of a word's letter, of every SAE.
        null: The same of half-spaces, in the same order.
        full: What letters have more of full absorption.
        fraction: What they have more of the fraction.
    """
    two = _beside(letters, null)
    ranges = [ends(one.center, ".0%") for one in two]
    above = sum(one.interval[0] > 0 for one in full.values() if one.value is not None)
    more = [_estimates("in full", "accent", full, "o"), _estimates("fraction", "light", fraction, "D")]
    title = f"Letters less half-spaces:\nin full above zero in {above} of {len(full)}"
    panels = [
        Panel(f"Fraction: letters {ranges[0]},\nnonsense {ranges[1]}", "share of the letter", two),
        Panel(title, "difference", more, from_zero=False),
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


def _counted(model: str, excess: Mapping[Of, Evidence]) -> str:
    """In how many architectures of a model the interval lies above zero, and in how many below."""
    ends = [one.interval for of, one in excess.items() if of[0] == model and one.value is not None]
    above, below = sum(low > 0 for low, _ in ends), sum(high < 0 for _, high in ends)
    return f"{model}: letters above nonsense\nin {above} of {len(ends)}, below in {below}"
