"""Intervals that mean something: over blocks, over words within letters, and over a family of comparisons."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

RESAMPLES = 10_000
POWER = 0.8


def checked(name: str, samples: Iterable[float | int], possible: tuple[float, float]) -> Any:
    """The samples as an array `[block]`.

    >>> checked("recall", [0.5, 1], possible=(0.0, 1.0))
    array([0.5, 1. ])

    Raises:
        ValueError: fewer than two, one that is not finite, or one that is impossible.
    """
    import numpy as np

    values = np.array([float(sample) for sample in samples])
    if len(values) < 2:
        raise ValueError(f"evidence {name}: an interval needs at least two blocks, got {len(values)}.")
    lost = int(np.sum(~np.isfinite(values)))
    if lost:
        raise ValueError(
            f"evidence {name}: {lost} of {len(values)} samples are not finite; drop them openly."
        )
    slack = 1e-6 * (1 + np.abs(values).max())
    if values.min() < possible[0] - slack or values.max() > possible[1] + slack:
        raise ValueError(f"evidence {name}: a sample lies outside the possible range {possible}.")
    return values


def differences(name: str, first: Any, second: Any) -> list[float]:
    """`first − second`, block by block.

    >>> differences("gap", {"seed 0": 3, "seed 1": 5}, {"seed 1": 1, "seed 0": 1})
    [2.0, 4.0]

    Raises:
        ValueError: the blocks differ.
    """
    if isinstance(first, Mapping) != isinstance(second, Mapping) or len(first) != len(second):
        raise ValueError(f"evidence {name}: both sides of a pair need the same blocks.")
    if isinstance(first, Mapping):
        if set(first) != set(second):
            raise ValueError(f"evidence {name}: both sides of a pair need the same blocks.")
        return [float(first[block]) - float(second[block]) for block in first]
    return [float(a) - float(b) for a, b in zip(first, second, strict=True)]


def student(values: Any, level: float) -> tuple[float, float, float]:
    """Mean of `values [block]` and Student's t-interval.

    >>> import numpy as np
    >>> [round(number, 2) for number in student(np.array([1.0, 2.0, 3.0]), level=0.95)]
    [2.0, -0.48, 4.48]
    """
    from scipy.stats import t

    mean, n = float(values.mean()), len(values)
    half = float(t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return mean, mean - half, mean + half


def detectable(values: Any, level: float) -> float:
    """The true distance from a bound that a t-interval of this many blocks, with this spread, clears in 80% of cases.

    Source: the usual normal-theory approximation, (t_{1−α/2} + t_{power}) s/√n with n − 1 degrees of freedom.

    >>> import numpy as np
    >>> round(detectable(np.array([1.0, 2.0, 3.0]), level=0.95), 1)
    3.1
    """
    from scipy.stats import t

    n = len(values)
    quantiles = t.ppf((1 + level) / 2, n - 1) + t.ppf(POWER, n - 1)
    return float(quantiles * values.std(ddof=1) / math.sqrt(n))


def median(values: Any, level: float) -> tuple[float, float, float]:
    """Median of `values [block]` and its percentile bootstrap interval; the generator is fixed.

    >>> import numpy as np
    >>> median(np.array([1.0, 2.0, 9.0]), level=0.95)
    (2.0, 1.0, 9.0)
    """
    import numpy as np
    from scipy.stats import bootstrap

    interval = bootstrap(
        (values,), np.median, n_resamples=RESAMPLES, confidence_level=level, method="percentile",
        rng=np.random.default_rng(0), vectorized=True,
    ).confidence_interval  # fmt: skip
    return float(np.median(values)), float(interval.low), float(interval.high)


def within_groups(
    name: str, values: Sequence[float], groups: Sequence[int], level: float
) -> tuple[float, float, float]:
    """Mean over groups of the mean within each, and the percentile interval of resampling within groups.

    >>> within_groups("recall", values=[1.0, 1.0, 0.0, 1.0], groups=[0, 0, 1, 1], level=0.95)
    (0.75, 0.5, 1.0)

    Raises:
        ValueError: lengths differ, fewer than two values, or one that is not finite.
    """
    import numpy as np

    numbers, labels = np.asarray(values, dtype=float), np.asarray(groups)
    if numbers.shape != labels.shape or len(numbers) < 2:
        raise ValueError(f"evidence {name}: give one letter for each of at least two words.")
    if not np.isfinite(numbers).all():
        raise ValueError(f"evidence {name}: a word's number is not finite; drop it openly.")
    rng = np.random.default_rng(0)
    means, resampled = [], np.zeros(RESAMPLES)
    for label in np.unique(labels):
        own = numbers[labels == label]
        means.append(own.mean())
        drawn = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=RESAMPLES)
        resampled += drawn @ own / len(own)
    low, high = np.quantile(resampled / len(means), [(1 - level) / 2, (1 + level) / 2])
    return float(np.mean(means)), float(low), float(high)


def holm_levels(values: Mapping[str, Any], against: float, level: float) -> dict[str, float]:
    """The level of each t-interval so that it leaves out `against` exactly where Holm's procedure rejects.

    The smallest of m p-values is held against (1 − level)/m, the next against (1 − level)/(m − 1), and so on; once
    one is not rejected, those after it share its level, at which they are not rejected either.

    >>> import numpy as np
    >>> clear, unclear = np.array([0.9, 1.0, 1.1]), np.array([-0.1, 0.1, 0.2])
    >>> levels = holm_levels({"clear": clear, "unclear": unclear}, against=0.0, level=0.95)
    >>> {name: round(level, 3) for name, level in levels.items()}
    {'clear': 0.975, 'unclear': 0.95}
    """
    p_values = {name: _p_value(numbers, against) for name, numbers in values.items()}
    levels: dict[str, float] = {}
    share, stopped = 0.0, False
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        if not stopped:
            share = (1 - level) / (len(p_values) - rank)
            stopped = p_values[name] >= share
        levels[name] = 1 - share
    return levels


def _p_value(values: Any, against: float) -> float:
    """Two-sided, by Student's t; 0 or 1 where all blocks agree."""
    from scipy.stats import ttest_1samp

    if values.std(ddof=1) == 0:
        return 1.0 if values.mean() == against else 0.0
    tested: Any = ttest_1samp(values, against)  # its stub names no p-value
    return float(tested.pvalue)
