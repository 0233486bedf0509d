"""What SAEs of words and of running text do, as a page tells it."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.seen_and_judged import ALONE, MET, SAME, TEXT, Found

SHORT = {ALONE: "alone", SAME: "same", MET: "met", TEXT: TEXT}


def table(found: Found) -> dict[tuple[str, str], dict[str, str]]:
    """Means over seeds of what is judged by letters, as a table shows them; *null*: matched half-spaces.

    >>> looks = {name: np.array([0.25, 0.35]) for name in ("explained", "dead", "f1", "silent", "full", "full_null", "fraction", "fraction_null")}
    >>> table({(TEXT, MET): looks, (TEXT, TEXT): {}})["text", MET]["full (null)"]
    '0.300 (0.300)'
    """
    return {
        pair: {name: f"{looks[name].mean():.2f}" for name in ("explained", "dead", "f1", "silent")}
        | {
            f"{name} (null)": f"{looks[name].mean():.3f} ({looks[f'{name}_null'].mean():.3f})"
            for name in ("full", "fraction")
        }
        for pair, looks in found.items()
        if pair[1] != TEXT
    }


def by_range(found: Found) -> dict[tuple[float, float], dict[str, Float[ndarray, " seed"]]]:
    """The same by the range that each number cannot leave, and by name: `seen_judged_measure`; what is not known everywhere is left out.

    >>> from absorption.experiments.seen_and_judged import WORDS
    >>> by_range({(TEXT, MET): {"full": np.array([0.25]), "f1_above": np.array([np.nan])}, (WORDS, TEXT): {"l0": np.array([16.0])}})
    {(0, 1): {'text_met_full': array([0.25])}, (0, inf): {'words_text_l0': array([16.])}}
    """
    ranges: dict[tuple[float, float], dict[str, Float[ndarray, " seed"]]] = {}
    for (seen, judged), looks in found.items():
        for name, values in looks.items():
            if np.isfinite(values).all():
                ranges.setdefault(_range(name), {})[f"{seen}_{SHORT[judged]}_{name}"] = values
    return ranges


def _range(name: str) -> tuple[float, float]:
    if name in ("l0", "letters"):
        return 0, np.inf
    return (-np.inf, 1) if name == "explained" else (-1, 1) if name.endswith("_above") else (0, 1)
