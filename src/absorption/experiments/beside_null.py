"""Judged SAEs as rows of a table: each measure of letters, and of the half-spaces that mean nothing and are known as well."""

from collections.abc import Mapping, Sequence

import numpy as np

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import LETTERS, MATCHED

LEARNED = {"explained": "explained", "dead": "dead", "L0": "l0"}
RATES = {"F1": "f1", "silent": "silent", "full": "full", "fraction": "fraction"}


def learned(saes: Sequence[Judgement], titles: Mapping[str, str] = LEARNED) -> dict[str, str]:
    """Means over SAEs, two digits after the point, by title.

    >>> learned([Judgement({}, explained=0.7, l0=16.0, dead=0.0)])
    {'explained': '0.70', 'dead': '0.00', 'L0': '16.00'}
    """
    return {title: f"{np.mean([getattr(one, name) for one in saes]):.2f}" for title, name in titles.items()}


def beside_null(
    saes: Sequence[Judgement], titles: Mapping[str, str] = RATES, digits: int = 3
) -> dict[str, str]:
    """Means over SAEs of letters and, in brackets, of matched half-spaces where all were judged by them, by title.

    >>> rates = {"letters": {"full": np.array([[0.2]])}, "matched": {"full": np.array([[0.1]])}}
    >>> beside_null([Judgement(rates, 0.7, 16.0, 0.0)], {"full": "full"})
    {'full': '0.200 (0.100)'}
    """

    def mean(name: str, kind: str) -> str:
        return f"{np.mean([one.mean(name, kind) for one in saes]):.{digits}f}"

    matched = all(MATCHED in one.by for one in saes)
    return {
        title: mean(name, LETTERS) + (f" ({mean(name, MATCHED)})" if matched else "")
        for title, name in titles.items()
    }
