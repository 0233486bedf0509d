"""How many exceptions one encoder row can hold in d dimensions.

World: words of a parent are x = p + c, with a unit vector p and for each word a direction c of its own, uniform on the unit
sphere at right angles to p (d dimensions; cosines have variance 1/d). Words without the parent, *strangers*, are x = c. A
row e with threshold θ > 0 fires where e·x > θ. It should be silent on m of the parent's words, the *exceptions*, fire on the
*others*, and be silent on strangers.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, logsumexp
from scipy.stats import norm


class Misfires(NamedTuple):
    """Shares of words read wrongly: `exceptions` on which it fires, `others` on which it does not, `strangers` on which it does."""

    exceptions: float
    others: float
    strangers: float


def summed(m: int, d: int, delta: float = 1.0, threshold: float | None = None) -> Misfires:
    """The row p − δ Σ c of m exceptions: each is held, and each disturbs every other word.

    >>> [round(rate, 4) for rate in summed(m=4, d=64)], round(summed(m=4, d=64, delta=0.5).strangers, 4)
    ([0.0105, 0.0228, 0.0228], 0.0)
    >>> round(summed(m=4, d=64, delta=2.0, threshold=0.0).strangers, 4)  # without a bias
    0.5

    On an exception e·x is 1 − δ − δ·N(0, (m − 1)/d), on another word of the parent 1 − δ·N(0, m/d), on a stranger
    −δ·N(0, m/d). Half-way between the first two, at θ = 1 − δ/2 (the default), others are misread at Φ(−½√(d/m)) whatever
    δ is, and strangers at Φ(−(1/δ − ½)√(d/m)). So a threshold buys nothing for the parent's own words: δ = 2 does without
    it, as well; it buys silence on strangers, and a higher one with a smaller δ buys more of it. Normal approximation to
    a sum of m cosines: within .01 of simulations at d ≥ 16, for m from 2 to d.

    Args:
        m: Exceptions, at least 1. d: dimensions. delta: δ in (0, 2], how far each is held back. threshold: θ, from 0 up to 1.

    Raises:
        ValueError: m, d, δ or θ out of range.
    """
    _check(m, d)
    theta = 1 - delta / 2 if threshold is None else threshold
    if not (0 < delta <= 2 and 0 <= theta < 1):
        raise ValueError(f"delta must lie in (0, 2] and threshold in [0, 1), got {delta} and {theta}.")
    spread, among = delta * np.sqrt(m / d), delta * np.sqrt((m - 1) / d)
    room = theta - (1 - delta)
    held = norm.sf(room / among) if among > 0 else float(room < 0)
    return Misfires(float(held), float(norm.sf((1 - theta) / spread)), float(norm.sf(theta / spread)))


def least_squares(m: int, d: int, threshold: float = 0.5) -> Misfires:
    """The shortest row that reads 1 on p and 0 on each of m exceptions: p − Σ a c with Ga = 1, G the exceptions' cosines.

    >>> [round(rate, 4) for rate in least_squares(m=16, d=64)]
    [0.0, 0.1957, 0.1957]

    Σ a c has squared length 1ᵀG⁻¹1, whose mean over random directions is m d / (d − m − 1) / d (inverse Wishart, taken for
    directions of length 1), so another word reads 1 − N(0, m/(d − m − 1)). Good for m up to about d/2.

    Raises:
        ValueError: m or d out of range, or m ≥ d − 1, where there is no such row or none of finite length.
    """
    _check(m, d)
    if m >= d - 1:
        raise ValueError(f"m must be below d − 1 = {d - 1}, got {m}.")
    spread = np.sqrt(m / (d - m - 1))
    return Misfires(0.0, float(norm.sf((1 - threshold) / spread)), float(norm.sf(threshold / spread)))


def most_exceptions(d: int, rate: float) -> float:
    """How many exceptions `summed` holds while it misreads this share of other words: d / 4z², z = Φ⁻¹(1 − rate).

    >>> round(most_exceptions(d=576, rate=0.01), 1)
    26.6

    Raises:
        ValueError: d below 2, or a rate outside (0, ½).
    """
    _check(1, d)
    if not 0 < rate < 0.5:
        raise ValueError(f"rate must lie between 0 and ½, got {rate}.")
    return float(d / (4 * norm.isf(rate) ** 2))


def separable(n: int, d: int) -> float:
    """Share of all ways to call n words in general position exceptions or not that some row through 0 tells: Cover's count.

    >>> round(separable(n=20, d=10), 6), round(separable(n=10, d=10), 6)
    (0.5, 1.0)

    2^(1−n) Σ_{k<d} C(n − 1, k): Cover 1965, *Geometrical and statistical properties of systems of linear inequalities*.

    Raises:
        ValueError: n or d below 1.
    """
    if n < 1 or d < 1:
        raise ValueError(f"n and d must be at least 1, got {n} and {d}.")
    k = np.arange(min(d, n))
    logs = gammaln(n) - gammaln(k + 1) - gammaln(n - k) - (n - 1) * np.log(2)
    return float(min(1.0, np.exp(logsumexp(logs))))


def most_words(share: float) -> float:
    """How many words of the parent a dimension, at most, some row can tell if this share of them are exceptions.

    >>> round(most_words(0.5), 3), round(most_words(0.05), 2)
    (2.0, 6.08)

    The best row there is, for words that are known and many dimensions: the parent's direction serves as its bias. 1/α is
    the least over t of f∫_{−t}^∞(z + t)²φ(z)dz + (1 − f)∫_t^∞(z − t)²φ(z)dz with f the share: Gardner 1988, *The space of
    interactions in neural network models* (J. Phys. A 21:257), zero margin. At f = ½ Cover's 2.

    Raises:
        ValueError: a share outside (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}.")

    def cost(t: float) -> float:
        tail = t * norm.pdf(t)
        above, below = (1 + t**2) * norm.cdf(t) + tail, (1 + t**2) * norm.sf(t) - tail
        return float(share * above + (1 - share) * below)

    return 1 / float(minimize_scalar(cost, bounds=(-8, 8), method="bounded", options={"xatol": 1e-9}).fun)  # pyright: ignore[reportAttributeAccessIssue]


def _check(m: int, d: int) -> None:
    if m < 1 or d < 2:
        raise ValueError(f"m must be at least 1 and d at least 2, got {m} and {d}.")
