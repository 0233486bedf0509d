"""How much is absorbed when the children of one parent can be present together: closed forms.

World: orthonormal parent f0 and children f1 … fn; given the parent, child i is present with rate q_i, independently
of its siblings; magnitudes are 1, and no child is without its parent. Latents: d0 = f0 and d_i ∝ f_i + δ_i f0. With
children S the parent's latent adds 1 − Σ_S δ, so nothing is lost while Σ_S δ ≤ 1; beyond that it is silent, and
Σ_S δ − 1 of the parent is written too much. Children that exclude each other never add up, and each takes δ = 1.

Magnitudes other than 1: with a parent of magnitude m0 and children of m_i, read δ_i m_i / m0 for δ_i (the share of
the parent that child i brings), λ / m0 for λ, and m_i / m0 for a child's own length of 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import sympy as sp
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.stats import binom

WINNER = 2 + np.sqrt(2)
"""With unit decoders and a small λ, a child that comes this many times as often as its one sibling takes all of the parent."""


def plain_siblings(sparsity: float, rate: float, n: int = 2) -> float:
    """δ* of n equally frequent children, decoder length and shrinkage left out; for two ½ + λ(1 − q)/4q, at most 1.

    >>> round(plain_siblings(0.1, rate=0.1), 3), plain_siblings(0.1, rate=0.01), round(plain_siblings(0.1, rate=0.5, n=3), 3)
    (0.725, 1.0, 0.383)

    Minimises E[(Kδ − 1)₊² + λ(1 − Kδ)₊] over a common δ, where K children are present. With k = 1 + Binomial(n − 1, q),
    the number present where one of them is, the slope is E[2(kδ − 1)₊ − λ 1(kδ < 1)], which rises.
    For two children the penalty depends on δ1 + δ2 alone, so that this is the middle of a ridge of optima; what chooses
    on it is decoder length (`shares`) or, at unequal rates, the rates (`plain_pair`).

    Args:
        sparsity: λ ≥ 0.
        rate: q, in (0, 1).
        n: Children, at least 1.

    Raises:
        ValueError: λ, q or n out of range.
    """
    _check(sparsity, [rate])
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}.")
    k = np.arange(1, n + 1)
    weights = np.asarray(binom.pmf(k - 1, n - 1, rate))
    # Between the kinks at 1/k the slope is linear: with those above m present too many, its zero is this.
    for m in range(n - 1, 0, -1):
        over, under = k > m, k <= m
        crossing = (2 * weights[over].sum() + sparsity * weights[under].sum()) / (2 * weights[over] @ k[over])
        if crossing <= 1 / m:
            return float(max(crossing, 1 / (m + 1)))
    return 1.0


def plain_pair(sparsity: float, first: float, second: float) -> tuple[float, float]:
    """(δ1, δ2) of two children at rates q1 and q2, likewise: the more frequent takes all, the other λ(1 − q1)/2q1.

    >>> plain_pair(0.1, 0.4, 0.1), plain_pair(0.1, 0.25, 0.25)
    ((1.0, 0.075), (0.575, 0.575))

    Here q1 is the larger rate; what the rarer child takes does not depend on its own rate. At equal rates only
    δ1 + δ2 is determined, and the middle is given. For δ1 + δ2 ≥ 1 and δ ≤ 1 the loss, given the parent, is
    q1(1 − q2)λ(1 − δ1) + q2(1 − q1)λ(1 − δ2) + q1q2(δ1 + δ2 − 1)²; its slope along δ1 − δ2 has the sign of q2 − q1.

    Args:
        sparsity: λ ≥ 0.
        first, second: q1 and q2, each in (0, 1).

    Raises:
        ValueError: λ or a rate out of range.
    """
    _check(sparsity, [first, second])
    if first == second:
        middle = plain_siblings(sparsity, first)
        return middle, middle
    most = max(first, second)
    rest = min(1.0, sparsity * (1 - most) / (2 * most))
    return (1.0, rest) if first > second else (rest, 1.0)


def shares(rates: Sequence[float]) -> Float[np.ndarray, " child"]:
    """δ of each child as λ → 0, with unit decoders: q_i(1 − δ_i/√(1 + δ_i²)) is equal for all that take part; Σδ = 1.

    >>> shares([0.2, 0.2]).round(3).tolist(), shares([0.3, 0.2]).round(3).tolist(), shares([0.4, 0.1]).round(3).tolist()
    ([0.5, 0.5], [0.657, 0.343], [1.0, 0.0])

    At vanishing λ nothing may be written too much, so the shares of children that can all be present together sum to 1;
    among these, λ Σ q_i(√(1 + δ_i²) − δ_i) is least. A child whose q_i is below the common value takes nothing. Of two,
    this happens to the rarer one where the other comes `WINNER` = 2 + √2 times as often.

    Args:
        rates: q of each child, in (0, 1); at least one.

    Raises:
        ValueError: a rate out of range, or none.
    """
    _check(0.0, rates)
    if not rates:
        raise ValueError("rates is empty: give one for each child.")
    q = np.asarray(rates, dtype=float)

    def at(value: float) -> Float[np.ndarray, " child"]:
        """Where each child's gain from one more bit of the parent has fallen to the value."""
        along = np.maximum(0.0, 1 - value / q)
        return along / np.sqrt(1 - along**2)

    common = brentq(lambda value: at(value).sum() - 1, q.max() * 1e-3, q.max())
    return at(float(common))  # pyright: ignore[reportArgumentType]


class Slopes(NamedTuple):
    """What grows in proportion to λ in the best SAE of two equally frequent children: each divided by λ."""

    delta: float
    """Of δ, above ½."""
    sibling: float
    """Of what a child's latent writes of its sibling, over what it writes of its own child."""
    parent: float
    """Of what the parent's latent writes of each child, over what it writes of the parent (hedging where positive)."""


def unit_slopes(rate: float) -> Slopes:
    """Unit decoders (or a norm-weighted penalty), free codes, all of the dictionary free: to first order in λ.

    >>> slopes = unit_slopes(0.25)
    >>> round(0.5 + 0.02 * slopes.delta, 4), round(slopes.sibling, 2), round(slopes.parent, 2)
    (0.5175, 0.29, 0.0)

    δ* = ½ + λ · `delta`. Source: `derivation`, whose linear conditions reduce to what is written here. That an
    encoder can bring about the codes is assumed; a ReLU encoder with three latents and four states can.

    Args:
        rate: q, in (0, 1).

    Raises:
        ValueError: q out of range.
    """
    _check(0.0, [rate])
    q, root = rate, np.sqrt(5)
    apart = 3 / (4 * q) * ((1 - q) * (1 - 1 / root) + 2 * q / (3 * root))  # overshoot less `sibling`
    spill = q * (apart + root / 2) / (3 * (1 - q))  # of the sibling, where it is absent
    parent = q * ((root - 1) / 4 - spill) / (2 * (1 - q))
    sibling = spill - parent / 2
    return Slopes(float((apart + sibling) / 2), float(sibling), float(parent))


def derivation() -> tuple[dict[str, sp.Expr], sp.Symbol]:
    """The same slopes from the whole objective, by sympy: expressions in q, and q.

    >>> slopes, q = derivation()
    >>> {name: round(float(value.subs(q, 0.25)), 2) for name, value in slopes.items()}
    {'delta': 0.88, 'sibling': 0.29, 'parent': 0.0}

    Rows of the dictionary are (1, t, t), (δ, 1, s) and (δ, s, 1), weighted by their lengths in the penalty. Codes: a for the
    parent alone; b of the parent's and c of the child's latent beside one child; g of each child's beside both, where the
    parent's is silent. All seven are their values at δ = ½ plus λ times an unknown; the unknowns make the slope of
    the objective vanish to first order in λ.
    """
    q, lam = sp.symbols("q lam", positive=True)
    names = "delta sibling parent a b c g"
    first = dict(zip(names.split(), sp.symbols(names), strict=True))
    delta, s, t, a, b, c, g = free = sp.symbols("free:7")
    at = [sp.Rational(1, 2), 0, 0, 1, sp.Rational(1, 2), 1, 1]
    of_parent, of_child = sp.sqrt(1 + 2 * t**2), sp.sqrt(1 + s**2 + delta**2)
    alone = (1 - a) ** 2 + 2 * (a * t) ** 2 + lam * a * of_parent
    one = (1 - b - c * delta) ** 2 + (1 - c - b * t) ** 2 + (c * s + b * t) ** 2
    one += lam * (b * of_parent + c * of_child)
    both = (1 - 2 * g * delta) ** 2 + 2 * (1 - g - g * s) ** 2 + 2 * lam * g * of_child
    loss = (1 - q) ** 2 * alone + 2 * q * (1 - q) * one + q**2 * both
    place = {v: start + lam * slope for v, start, slope in zip(free, at, first.values(), strict=True)}
    conditions = [sp.diff(sp.diff(loss, v).subs(place), lam).subs(lam, 0) for v in free]
    solved = sp.solve(conditions, list(first.values()), dict=True)[0]
    return {name: sp.simplify(solved[first[name]]) for name in ("delta", "sibling", "parent")}, q


def _check(sparsity: float, rates: Sequence[float]) -> None:
    if sparsity < 0:
        raise ValueError(f"sparsity must not be negative, got {sparsity}.")
    if bad := [rate for rate in rates if not 0 < rate < 1]:
        raise ValueError(f"rates must lie between 0 and 1, got {bad[0]}.")
