"""What pages on ways to mend absorption show alike: the figure at the top, their evidence, and what they say of a second model."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from absorption.claims import Evidence, Finding
from absorption.claims.crossed import narrow_and_wide
from absorption.figures.series import Series
from absorption.figures.side_by_side import Panel, side_by_side
from absorption.publish.averages import averages

OF = "blocks of layer and seed"
SCORES = {"full": ("In full", "share of words"), "fraction": ("Fraction", "share of the letter")}
"""What they are called, and their units."""
Numbers = Mapping[str, Float[np.ndarray, " block"]]


def scores_and_price(rows: Mapping[str, Numbers], kinds: Sequence[str]) -> Figure:
    """Two scores of absorption, of letters and of matched half-spaces, and explained variance: means with 95% intervals, row by row.

    >>> one = {name: np.array([0.1, 0.2]) for name in ("full", "full, matched", "fraction", "fraction, matched", "explained")}
    >>> figure = scores_and_price({"SmolLM2, plain": one, "SmolLM2, nested": one}, ("plain", "nested"))
    >>> panel = figure.axes[2]
    >>> print(panel.get_title() or panel.get_title("left"))
    Explained: 0.150 plain,
    0.150 nested

    Args:
        rows: Of each, by its name, the scores and the explained variance of its SAEs.
        kinds: What the first rows are called in the titles, which give their means.
    """

    def series(label: str, role: str, number: str, marker: str = "o") -> Series:
        return averages(label, role, [of[number] for of in rows.values()], marker, possible=(-1, 1))

    def title(what: str, of: Series, form: str) -> str:
        means = [f"{mean:{form}} {kind}" for mean, kind in zip(of.center, kinds, strict=False)]
        return f"{what}: " + ",\n".join(means)

    panels = []
    for name, (what, unit) in SCORES.items():
        own = series("letters", "parent", name)
        null = series("matched half-spaces", "child", f"{name}, matched", "s")
        panels.append(Panel(title(what, own, ".1%"), unit, [own, null]))
    explains = series("", "reference", "explained")
    price = Panel(title("Explained", explains, ".3f"), "share of the variance", [explains], from_zero=False)
    return side_by_side([*rows], [*panels, price])


def of_cells(
    cells: Mapping[str, Float[np.ndarray, "block split letter"]], factors: Sequence[str]
) -> list[Evidence]:
    """What letters have beyond half-spaces, or profit beyond them: the wider of two intervals (`narrow_and_wide`) for each.

    >>> cells = np.array([0.1, 0.2, 0.3])[:, None, None] + np.array([[-0.2, 0.0, 0.2, 0.4]])
    >>> print(of_cells({"beyond": cells}, ("SAEs", "splits", "letters"))[0].note)
    3 SAEs × 1 splits × 4 letters

    Args:
        cells: By the evidence's name, nan where there is no number; each a difference of differences of shares, so within −2 and 2.
        factors: What blocks, splits and letters are, in the plural.
    """
    return [narrow_and_wide(name, of, factors, of=OF, possible=(-2, 2))[1] for name, of in cells.items()]


def of_controls(controls: Iterable[Mapping[str, float]]) -> list[Evidence]:
    """The worst of what each SAE's `oracle`, `planted` and `probe_f1` came to.

    >>> [one.value for one in of_controls([{"oracle": 0.0, "planted": 0.2, "probe_f1": 0.9}] * 2)]
    [0.0, 0.2, 0.9]
    """
    found = list(controls)
    told = (
        ("full_oracle", max(one["oracle"] for one in found), "largest rate of a letter, first seed of each layer"),
        ("full_planted", min(one["planted"] for one in found), "the least, first seed of each layer"),
        ("probe_f1", min(one["probe_f1"] for one in found), "the least, first split of each layer"),
    )  # fmt: skip
    return [Evidence.exactly(name, value, note=note) for name, value, note in told]


def of_other_saes(evidence: Iterable[Evidence], begins: str, way: str, kind: str) -> str:
    """What `way` (say, nesting) saves and costs where evidence begins with a name of its own; `kind` names the SAEs.

    >>> names = ("saved", "saved_beyond", "explained_lost", "f1_lost", "dead")
    >>> of_other_saes([Evidence(f"gemma_{name}", 0.1, 0.0, 0.2) for name in names], "gemma", "nesting", "nested")[:77]
    'On one split of the words nesting saves 0.100 (0.000 to 0.200) of full absorp'

    Raises:
        KeyError: one of the numbers is lacking.
    """
    theirs = {
        one.name: f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
        for one in evidence
        if one.name.startswith(begins)
    }
    saved, beyond, explained, f1, dead = (
        theirs[f"{begins}_{name}"] for name in ("saved", "saved_beyond", "explained_lost", "f1_lost", "dead")
    )
    return (
        f"On one split of the words {way} saves {saved} of full absorption, and {beyond} more for letters than for half-spaces (the wide interval). "
        f"It costs {explained} of the explained variance and {f1} of the best latents' F1; a share of {dead} of {kind} SAEs' latents fires on no word."
    )


def of_second_model(evidence: Iterable[Evidence], way: str, kind: str) -> str:
    """`of_other_saes` of a second model, whose evidence begins with *gemma*.

    >>> names = ("saved", "saved_beyond", "explained_lost", "f1_lost", "dead")
    >>> of_second_model([Evidence(f"gemma_{name}", 0.1, 0.0, 0.2) for name in names], "nesting", "nested")[-31:]
    "SAEs' latents fires on no word."
    """
    return of_other_saes(evidence, "gemma", way, kind)


def left_out(findings: Iterable[Finding], evidence: Iterable[Evidence], reason: str) -> list[Evidence]:
    """What there are findings about and nobody measured, as not available for this reason.

    >>> print(*left_out([Finding("Gemma: saved", "gemma_saved", "toy")], [], "its package is not installed"))
    not available: its package is not installed
    """
    lacking = {each.evidence for each in findings} - {each.name for each in evidence}
    return [Evidence.not_available(name, reason) for name in sorted(lacking)]
