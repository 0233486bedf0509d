"""How a page shows SAEs of every recipe beside both nulls: evidence, a figure, and a sentence a rate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from absorption.claims import Evidence
from absorption.claims.crossed import narrow_and_wide
from absorption.figures.side_by_side import Panel, side_by_side
from absorption.publish.averages import averages
from absorption.publish.fixes import OF

TITLES = {"full": "In full", "fraction": "Fraction", "silent": "Silent"}
UNITS = {"full": "share of words", "fraction": "share of the letter", "silent": "share of words"}
"""What the rates are called, and their units."""
LOOKS = {"letters": ("parent", "o"), "free": ("light", "D"), "matched": ("child", "s")}
Side = Literal["above", "below", "not told"]
Of = tuple[str | int, ...]
"""A model (and after how many of its blocks), a recipe and a rate."""


def name_of(of: Of) -> str:
    """What the evidence is called that says how much more letters have.

    >>> name_of(("Gemma", "nested and orthogonal", "full"))
    'gemma_nested_and_orthogonal_full_above'
    """
    return "_".join(map(str, of)).lower().replace(" ", "_") + "_above"


def of_excesses(
    cells: Mapping[Of, Float[np.ndarray, "block split letter"]], factors: Sequence[str]
) -> dict[Of, Evidence]:
    """How much more letters have of each rate than matched half-spaces: the wider of two intervals (`narrow_and_wide`).

    >>> few = np.array([0.1, 0.2, 0.3])[:, None, None] - np.array([[0.0, 0.2, 0.4, 0.0]])
    >>> found = of_excesses({("SmolLM2", "plain", "full"): few, ("SmolLM2", "tied", "full"): few * np.nan}, ("SAEs", "splits", "letters"))
    >>> [side(one) for one in found.values()], str(found["SmolLM2", "tied", "full"])
    (['not told', 'not told'], 'not available: hardly a letter has a half-space')

    Args:
        cells: By model, recipe and rate; nan where a letter or its half-space is not rated.
        factors: What blocks, splits and letters are, in the plural.
    """
    found = {}
    for of, each in cells.items():
        enough = np.isfinite(each).sum() > 1
        found[of] = (
            narrow_and_wide(name_of(of), each, factors, of=OF, possible=(-1, 1))[1]
            if enough
            else Evidence.not_available(name_of(of), "hardly a letter has a half-space")
        )
    return found


def side(of: Evidence) -> Side:
    """Where the whole interval lies, seen from zero.

    >>> [side(Evidence("more", 0.1, low, 0.2)) for low in (0.05, -0.05)]
    ['above', 'not told']
    """
    if of.low is not None and of.low > 0:
        return "above"
    return "below" if of.high is not None and of.high < 0 else "not told"


def in_words(of: Evidence) -> str:
    """The number with its interval, signed.

    >>> in_words(Evidence("more", 0.01, -0.005, 0.025))
    '+0.010 (−0.005 to +0.025)'
    """
    if of.value is None:
        return "–"
    low, high = of.interval
    return f"{of.value:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")


def told(found: Mapping[Of, Evidence], rate: str, failing: Iterable[tuple[str, str]] = ()) -> str:
    """One sentence on a rate: in which recipes of which model letters have more of it than matched half-spaces, or less.

    >>> more, open_ = Evidence("more", 0.1, 0.05, 0.2), Evidence("open", 0.0, -0.1, 0.1)
    >>> told({("SmolLM2", "plain", "full"): more, ("SmolLM2", "tied", "full"): open_, ("Gemma", "tied", "full"): open_}, "full")
    'In SmolLM2 letters have more in plain SAEs; in tied ones it is not told. In Gemma it is not told in tied ones.'

    Args:
        found: By model, recipe and rate.
        rate: Which.
        failing: Models and recipes whose SAEs have not learned; they are left out.
    """
    left_out = set(failing)
    of_model: dict[str, dict[Side, list[str]]] = {}
    for of, evidence in found.items():
        model, recipe, own = map(str, of)
        if own == rate and (model, recipe) not in left_out:
            of_model.setdefault(model, {}).setdefault(side(evidence), []).append(recipe)
    return " ".join(f"In {model} {_sides(sides)}." for model, sides in of_model.items())


def counted(found: Mapping[Of, Evidence], rate: str) -> str:
    """In how many rows letters have more of a rate than matched half-spaces, and in how many less.

    >>> print(counted({("SmolLM2", "plain", "full"): Evidence("more", 0.1, 0.05, 0.2)}, "full"))
    more in 1 of 1,
    less in 0
    """
    sides = [side(evidence) for of, evidence in found.items() if of[-1] == rate]
    return f"more in {sides.count('above')} of {len(sides)},\nless in {sides.count('below')}"


def _sides(sides: Mapping[Side, Sequence[str]]) -> str:
    """What is said of one model."""
    words = {"above": "letters have more in {} SAEs", "below": "letters have less in {} SAEs"}
    said = [words[one].format(_listed(sides[one])) for one in ("above", "below") if one in sides]
    if "not told" in sides:
        names = _listed(sides["not told"])
        said.append(f"in {names} ones it is not told" if said else f"it is not told in {names} ones")
    return "; ".join(said)


def _listed(names: Sequence[str]) -> str:
    """Recipes, quoted where their name holds an *and*.

    >>> _listed(["plain", "nested", "nested and orthogonal"])
    'plain, nested and “nested and orthogonal”'
    """
    quoted = [f"“{name}”" if " and " in name else name for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def rates_beside_nulls(
    rows: Mapping[str, Mapping[tuple[str, str], Float[np.ndarray, " block"]]], titles: Mapping[str, str]
) -> Figure:
    """Each rate in a panel, of letters, free and matched half-spaces: means with 95% intervals over SAEs, row by row.

    >>> one = {(rate, kind): np.array([0.1, 0.2]) for rate in TITLES for kind in LOOKS}
    >>> figure = rates_beside_nulls({"SmolLM2, plain": one, "SmolLM2, tied": one}, {"full": "1 of 2"})
    >>> panel = figure.axes[0]
    >>> print(panel.get_title() or panel.get_title("left"))
    In full:
    1 of 2

    Args:
        rows: Of each, by its name, the numbers of its SAEs by rate and by what is judged.
        titles: What each rate's panel says.
    """
    panels = [
        Panel(
            f"{what}:\n{titles[rate]}" if rate in titles else what,
            UNITS[rate],
            [
                averages("letters" if kind == "letters" else f"{kind} half-spaces", role, [of[rate, kind] for of in rows.values()], marker, possible=(0, 1))
                for kind, (role, marker) in LOOKS.items()
            ],
        )
        for rate, what in TITLES.items()
    ]  # fmt: skip
    return side_by_side([*rows], panels, height=0.9 + 0.42 * len(rows), ncols=3)
