"""The closed forms in numbers: what the propositions predict for a curve or an optimum."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq


def child_state_cost(
    delta: Float[np.ndarray, " point"],
    exponent: float = 1.0,
    *,
    weighted: bool = False,
    aggregate: str = "sum",
    cosine: float = 0.0,
) -> Float[np.ndarray, " point"]:
    """Penalty where parent and child are present, at each δ in [0, 1], in units of λ p11.

    >>> import numpy as np
    >>> child_state_cost(np.array([0.0, 0.5, 1.0])).tolist()
    [2.0, 1.5, 1.0]

    Plain: (1 − δ)^p + 1. Weighted by decoder norms: (1 − δ)^p + (1 + 2cδ + δ²)^(p/2). `norm` takes the p-th root.
    """
    length = np.sqrt(1 + 2 * cosine * delta + delta**2) if weighted else np.ones_like(delta)
    cost = np.maximum(0, 1 - delta) ** exponent + length**exponent
    return cost ** (1 / exponent) if aggregate == "norm" else cost


def child_state_changes(
    delta: Float[np.ndarray, " point"], exponents: Sequence[float]
) -> dict[str, dict[float, Float[np.ndarray, " point"]]]:
    """The penalty less its value at the first δ, by how it is counted and by exponent, in units of λ p11.

    >>> import numpy as np
    >>> changes = child_state_changes(np.array([0.0, 1.0]), [1.0, 2.0])
    >>> {name: of[2.0].round(2).tolist() for name, of in changes.items()}
    {'norm of z': [0.0, -0.41], 'sum of z^p': [0.0, -1.0], 'sum of (z·length)^p': [0.0, 0.0]}
    """
    ways = {"norm of z": (False, "norm"), "sum of z^p": (False, "sum"), "sum of (z·length)^p": (True, "sum")}

    def change(p: float, weighted: bool, aggregate: str) -> Float[np.ndarray, " point"]:
        cost = child_state_cost(delta, p, weighted=weighted, aggregate=aggregate)
        return cost - cost[:1]

    return {name: {p: change(p, *how) for p in exponents} for name, how in ways.items()}


def exponent_optimum(exponent: float) -> float:
    """δ* of (1 − δ)^p + (1 + δ²)^(p/2): 1 for p ≤ 1, else the zero of its slope in (0, 1).

    >>> exponent_optimum(1.0), round(exponent_optimum(2.0), 3)
    (1.0, 0.5)
    """
    if exponent <= 1:
        return 1.0

    def slope(delta: float) -> float:
        return delta * (1 + delta**2) ** (exponent / 2 - 1) - (1 - delta) ** (exponent - 1)

    return _zero(slope, 0.0, 1.0)


def cosine_gain(cosine: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """2 − √(2 + 2c): what full absorption saves, in units of λ p11, decoder length counted.

    >>> import numpy as np
    >>> cosine_gain(np.array([-1.0, 0.0, 1.0])).round(3).tolist()
    [2.0, 0.586, 0.0]
    """
    return 2 - np.sqrt(2 + 2 * np.asarray(cosine))


def decay_optimum(sparsity: float, p11: float, decay: float) -> float:
    """δ* with unit decoders and encoder decay μ: the zero of 4μδ − λp11(1 − δ/√(1 + δ²)), at most 1.

    >>> decay_optimum(sparsity=0.1, p11=0.5, decay=0.0), round(decay_optimum(sparsity=0.1, p11=0.5, decay=1.0), 3)
    (1.0, 0.012)
    """

    def slope(delta: float) -> float:
        return 4 * decay * delta - sparsity * p11 * (1 - delta / np.sqrt(1 + delta**2))

    return 1.0 if slope(1.0) <= 0 else _zero(slope, 0.0, 1.0)


def tied_cost(p11: float, p10: float) -> tuple[float, float]:
    """Penalty of the two tied optima, in units of λ: the truth, and f1 + f2 beside f1 − f2.

    >>> truth, rotated = tied_cost(p11=0.5, p10=0.5)
    >>> truth, round(rotated, 3)
    (1.5, 1.414)
    """
    return p10 + 2 * p11, float(np.sqrt(2) * (p10 + p11))


def _zero(slope, low: float, high: float) -> float:
    """Where an increasing function crosses zero."""
    return float(brentq(slope, low, high, xtol=1e-14))  # pyright: ignore[reportArgumentType]
