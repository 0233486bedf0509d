"""Intervals for differences that are paired over letters and repeated over seeds."""

import numpy as np
from jaxtyping import Float


def crossed_interval(
    samples: Float[np.ndarray, "seed letter"], level: float = 0.95, resamples: int = 10_000
) -> tuple[float, float]:
    """Percentile interval of the mean when both the seeds and the letters could have been others.

    >>> import numpy as np
    >>> crossed_interval(np.array([[1.0, 2.0], [1.0, 2.0]]))
    (1.0, 2.0)

    Rows and columns are drawn with replacement, independently of each other (the pigeonhole bootstrap, Owen
    2007, doi:10.1214/07-AOAS122, which errs on the wide side). The generator is fixed.

    Raises:
        ValueError: fewer than two seeds or two letters, or a sample that is not finite.
    """
    n_seeds, n_letters = samples.shape
    if min(n_seeds, n_letters) < 2:
        raise ValueError(f"samples needs two seeds and two letters at least, got {samples.shape}.")
    if not np.isfinite(samples).all():
        raise ValueError("samples must be finite.")
    rng = np.random.default_rng(0)
    seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=resamples) / n_seeds
    letters = rng.multinomial(n_letters, np.full(n_letters, 1 / n_letters), size=resamples) / n_letters
    means = np.einsum("rs,sl,rl->r", seeds, samples, letters, optimize=True)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def rank_correlation_interval(
    a: Float[np.ndarray, " item"], b: Float[np.ndarray, " item"], level: float = 0.95, resamples: int = 5000
) -> tuple[float, float, float]:
    """Spearman's rank correlation of two columns, and its percentile interval when the items could have been others.

    >>> import numpy as np
    >>> a = np.arange(6.0)
    >>> [round(number, 3) for number in rank_correlation_interval(a, -(a**3))]
    [-1.0, -1.0, -1.0]

    Resamples in which a column is constant are left out. The generator is fixed.

    Raises:
        ValueError: fewer than four items, a number that is not finite, or a column that is constant.
    """
    from scipy.stats import rankdata

    if len(a) < 4 or not np.isfinite([a, b]).all() or min(np.ptp(a), np.ptp(b)) == 0:
        raise ValueError("a rank correlation needs four items, finite numbers, and columns that vary.")
    rng = np.random.default_rng(0)
    rows = np.concatenate([np.arange(len(a))[None], rng.integers(len(a), size=(resamples, len(a)))])
    ranks = [rankdata(column[rows], axis=1) - (len(a) + 1) / 2 for column in (a, b)]
    sizes = np.sqrt((ranks[0] ** 2).sum(1) * (ranks[1] ** 2).sum(1))
    found = (ranks[0] * ranks[1]).sum(1)[sizes > 0] / sizes[sizes > 0]
    low, high = np.quantile(found[1:], [(1 - level) / 2, (1 + level) / 2])
    return float(found[0]), float(min(low, found[0])), float(max(high, found[0]))
