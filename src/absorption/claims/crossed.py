"""Evidence from numbers of which every block shares something with others: SAEs that are judged on the same words by the same letters."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from absorption.claims.evidence import EVERYWHERE, Evidence, Range
from absorption.claims.intervals import POWER


def of_crossed(
    name: str,
    cells: Float[np.ndarray, "..."],
    factors: Sequence[str],
    *,
    possible: Range = EVERYWHERE,
    level: float = 0.95,
    note: str = "",
) -> Evidence:
    """The mean of all cells, with an interval for factors each of whose levels might have been drawn otherwise.

    Its squared standard error is the sum, over the factors, of the variance of the means of a factor's levels by their number. What
    differs from cell to cell is counted once for every factor, which makes the interval rather wide. Student's t, with Satterthwaite's
    degrees of freedom (1946, "An approximate distribution of estimates of variance components"); where a factor of three levels has
    most of the variance they are too many, and nine intervals in ten hold the truth. The sum without its corrections: Cameron,
    Gelbach and Miller 2011, "Robust inference with multiway clustering", section 2.3.

    >>> of_saes, of_letters = np.array([0.1, 0.1, 0.1]), np.array([-0.2, 0.0, 0.2, 0.4])
    >>> one = of_crossed("saved", of_saes[:, None] + of_letters, ("SAEs", "letters"))
    >>> round(one.value, 2), round(one.low, 2), round(one.high, 2), one.n, one.note
    (0.2, -0.21, 0.61, 3, '3 SAEs × 4 letters')

    Args:
        name: Of the evidence.
        cells: One number for each combination of levels, an axis a factor; nan where there is none. What is left out of the mean are
            cells, then rows of the last axes that have none.
        factors: What the levels of each axis are, in the plural; an axis of one level adds nothing.
        possible: The range that the quantity cannot leave; the interval is clipped to it.
        level: Of the interval.
        note: What else should be known.

    Returns:
        Evidence whose `n` counts the levels of the factor that has fewest.

    Raises:
        ValueError: the factors are not as many as the axes, none has two levels with a number, or a number is impossible.
    """
    if len(factors) != cells.ndim:
        raise ValueError(f"evidence {name}: {cells.ndim} axes, but {len(factors)} factors.")
    known = cells[np.isfinite(cells)]
    if len(known) and (known.min() < possible[0] or known.max() > possible[1]):
        raise ValueError(f"evidence {name}: a number lies outside the possible range {possible}.")
    levels = [_levels(cells, axis) for axis in range(cells.ndim)]
    drawn = [means for means in levels if len(means) > 1]
    if not drawn:
        raise ValueError(f"evidence {name}: an interval needs a factor with at least two levels.")
    value = float(_mean(cells))
    error, freedom = _error([means.var(ddof=1) / len(means) for means in drawn], [len(m) - 1 for m in drawn])
    half, detectable = (error * quantile for quantile in _quantiles(level, freedom))
    counted = " × ".join(f"{len(means)} {factor}" for means, factor in zip(levels, factors, strict=True))
    fewest = min(range(len(drawn)), key=lambda at: len(drawn[at]))
    of = next(f for f, means in zip(factors, levels, strict=True) if means is drawn[fewest])
    return Evidence(
        name, value, max(min(possible[1], value - half), possible[0]), min(max(possible[0], value + half), possible[1]),
        len(drawn[fewest]), of, detectable=detectable, note=f"{note}; {counted}" if note else counted,
    )  # fmt: skip


def narrow_and_wide(
    name: str,
    cells: Float[np.ndarray, "..."],
    factors: Sequence[str],
    *,
    of: str,
    possible: Range = EVERYWHERE,
) -> tuple[Evidence, Evidence]:
    """The mean of all cells twice: as if only the first factor were drawn, and with the wider of that interval and `of_crossed`'s.

    >>> cells = np.array([0.1, 0.2, 0.3])[:, None] + np.array([-0.2, 0.0, 0.2, 0.4])
    >>> narrow, wide = narrow_and_wide("saved", cells, ("SAEs", "letters"), of="blocks of layer and seed")
    >>> print(narrow)
    0.3, 0.05159 to 0.5484, 3 blocks of layer and seed
    >>> wide.low < narrow.low, wide.value == narrow.value
    (True, True)

    Args:
        name: Of both.
        cells, factors, possible: As for `of_crossed`.
        of: What the levels of the first factor are, in the plural.

    Raises:
        ValueError: as `of_crossed` and `Evidence.of_samples`.
    """
    narrow = Evidence.of_samples(name, _levels(cells, 0), of=of, possible=possible)
    both = narrow, of_crossed(name, cells, factors, possible=possible)
    return narrow, max(both, key=lambda each: each.interval[1] - each.interval[0])


def _levels(cells: Float[np.ndarray, "..."], axis: int) -> Float[np.ndarray, " level"]:
    """The mean of every level of one factor that has a number."""
    means = _mean(np.moveaxis(cells, axis, 0), left=1)
    return means[np.isfinite(means)]


def _mean(cells: Float[np.ndarray, "..."], left: int = 0) -> Float[np.ndarray, "..."]:
    """Over the last axis, then over the one before, until so many are left; what is not there is left out."""
    while cells.ndim > left:
        there = np.isfinite(cells)
        n = there.sum(-1)
        cells = np.where(n > 0, np.where(there, cells, 0).sum(-1) / n.clip(1), np.nan)
    return cells


def _error(variances: Sequence[float], freedoms: Sequence[int]) -> tuple[float, float]:
    """The standard error of a sum of variances of means, and its degrees of freedom."""
    total = sum(variances)
    if total == 0:
        return 0.0, float(min(freedoms))
    shares = sum(each**2 / of for each, of in zip(variances, freedoms, strict=True))
    return math.sqrt(total), total**2 / shares


def _quantiles(level: float, freedom: float) -> tuple[float, float]:
    """Of Student's t: half an interval, and what is found four times out of five; in standard errors."""
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, freedom))
    return half, half + float(t.ppf(POWER, freedom))
