"""Evidence: a number, how sure it is, and how many seeds it rests on."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Statistic = Literal["mean", "median", "min", "max"]


@dataclass(frozen=True)
class Evidence:
    """A measured number with its interval; a number without one counts as exact.

    Numbers are kept to six significant digits, so that the last bits of a sum move no record.

    Args:
        name: Identifier within its record; also the name under which the page glues it.
        value: The point estimate, in `unit`.
        low: Lower end of the interval, in `unit`.
        high: Upper end of the interval, in `unit`.
        n_seeds: Independent repetitions behind the interval.
        unit: Unit of the three numbers; empty for a pure number.
        note: What the reader should know about how it was measured.

    Raises:
        ValueError: a number is not finite, one end of the interval is missing, or the value lies outside.
    """

    name: str
    value: float | int
    low: float | int | None = None
    high: float | int | None = None
    n_seeds: int | None = None
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for field in ("value", "low", "high"):
            number = getattr(self, field)
            if number is None:
                continue
            if not math.isfinite(number):
                raise ValueError(f"evidence {self.name}: {field} is {number}; say what became of those runs.")
            object.__setattr__(self, field, _six_digits(float(number)))
        if (self.low is None) != (self.high is None):
            raise ValueError(f"evidence {self.name}: give both low and high, or neither.")
        low, high = self.interval
        if not low <= self.value <= high:
            raise ValueError(f"evidence {self.name}: {self.value} lies outside its interval [{low}, {high}].")

    @property
    def interval(self) -> tuple[float, float]:
        """The interval's ends, in `unit`; the value twice where there is no interval."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high

    @classmethod
    def of(
        cls,
        name: str,
        samples: Iterable[float | int],
        unit: str = "",
        statistic: Statistic = "mean",
        level: float = 0.95,
        note: str = "",
    ) -> "Evidence":
        """The statistic of one number per seed, with its confidence interval at `level`.

        The mean gets Student's t-interval; the other statistics get a percentile bootstrap (10,000
        resamples drawn by a fixed generator), widened where needed to hold the statistic itself.

        Raises:
            ValueError: fewer than two samples, one that is not finite, or an unknown statistic.
        """
        import numpy as np

        values = np.array([float(sample) for sample in samples])
        if len(values) < 2:
            raise ValueError(f"evidence {name}: an interval needs at least two seeds, got {len(values)}.")
        lost = int(np.sum(~np.isfinite(values)))
        if lost:
            raise ValueError(
                f"evidence {name}: {lost} of {len(values)} samples are not finite; drop them openly."
            )
        statistics: dict[str, Callable[..., np.ndarray]] = {
            "mean": np.mean, "median": np.median, "min": np.min, "max": np.max,
        }  # fmt: skip
        if statistic not in statistics:
            raise ValueError(f"evidence {name}: statistic must be one of {', '.join(statistics)}.")
        value = float(statistics[statistic](values))
        if statistic == "mean":
            low, high = _t_interval(values, level)
        else:
            low, high = _bootstrap_interval(values, statistics[statistic], level)
        return cls(name, value, min(low, value), max(high, value), n_seeds=len(values), unit=unit, note=note)


def _t_interval(values, level: float) -> tuple[float, float]:
    """Student's t-interval of the mean of `values [seed]`."""
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half


def _bootstrap_interval(values, statistic: Callable[..., object], level: float) -> tuple[float, float]:
    """Percentile bootstrap of `statistic` over `values [seed]`; the generator is fixed."""
    import numpy as np
    from scipy.stats import bootstrap

    interval = bootstrap(
        (values,), statistic, n_resamples=10_000, confidence_level=level, method="percentile",
        rng=np.random.default_rng(0), vectorized=True,
    ).confidence_interval  # fmt: skip
    return float(interval.low), float(interval.high)


def _six_digits(number: float) -> float:
    return float(f"{number:.6g}")
