"""What a curve of SAEs, one at each pressure, says at one L0: absorption of those parents that have a latent to judge."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.pressed import read_at

Curve = Mapping[str, Float[ndarray, "pressure world"]]
"""Each of `overlooked.MEASURES`."""
AMONG = {"absorbed": "stands", "strange": "stands", "overlooked": "tells"}
"""What share of the parents a measure is a mean over, where it is not all of them."""


def at_l0(curve: Curve, measure: str, l0: float = 1.0) -> Float[ndarray, " world"]:
    """A measure where the curve passes an L0; absorption over the parents that have a latent, nan where none has.

    >>> curve = {"l0": np.array([[1.2, 1.2], [0.8, 0.8]]), "absorbed": np.array([[0.1, 0.0], [0.2, 0.0]])}
    >>> at_l0(curve | {"stands": np.array([[0.5, 0.0], [0.5, 0.0]])}, "absorbed").round(2).tolist()
    [0.3, nan]

    Args:
        curve: Of one architecture from one start; with a single pressure it is that SAE's own number, whatever its L0.
        measure: Its name.
        l0: Over the world's own.
    """
    values = read_at(curve["l0"], curve[measure], l0)
    if measure not in AMONG:
        return values
    share = read_at(curve["l0"], curve[AMONG[measure]], l0)
    return np.where(share > 0, values / np.maximum(share, 1e-9), np.nan)


def known(values: Float[ndarray, " world"]) -> Float[ndarray, " some"]:
    """Those of the worlds in which there is a number.

    >>> known(np.array([0.5, np.nan])).tolist()
    [0.5]
    """
    return values[~np.isnan(values)]


def mean_of_known(values: Float[ndarray, " world"]) -> float:
    """Their mean; nan where there is no number at all.

    >>> mean_of_known(np.array([0.5, np.nan])), mean_of_known(np.array([np.nan]))
    (0.5, nan)
    """
    some = known(values)
    return float(some.mean()) if len(some) else float("nan")
