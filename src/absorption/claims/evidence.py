"""Evidence: a number, how sure it is, and what it rests on."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from absorption.claims import intervals

Statistic = Literal["mean", "median"]
Range = tuple[float, float]
EVERYWHERE: Range = (-math.inf, math.inf)


@dataclass(frozen=True)
class Evidence:
    """A measured number with its interval, or an exact one without; or the reason why there is none.

    Numbers are kept to six significant digits, so that the last bits of a sum move no record.

    >>> print(Evidence("gap", 0.01, 0.005, 0.015, n=5, unit="nats"))
    0.01, 0.005 to 0.015 nats, 5 seeds
    >>> print(Evidence.of_samples("recall", [0.7, 0.8, 0.9], possible=(0, 1)))
    0.8, 0.5516 to 1, 3 seeds

    Args:
        name: Identifier within its record; also the name under which the page glues it.
        value: The point estimate, in `unit`; nothing where it is not available.
        low: Lower end of the interval, in `unit`.
        high: Upper end of the interval, in `unit`.
        n: How many independent repetitions the interval rests on.
        of: What is counted by `n`: seeds, worlds, blocks of layer and seed, words.
        exact: Computed and not estimated: nothing was sampled, so there is no interval.
        detectable: The distance from the bound that this design would have found four times out of five, in `unit`.
        unavailable: Why there is no number, with the count that it lacks.
        unit: Unit of the numbers; empty for a pure number.
        note: What the reader should know about how it was measured.

    Raises:
        ValueError: a number is not finite, one end of the interval is missing, the value lies outside, there is
            neither an interval nor `exact`, or neither a value nor a reason for its lack.
    """

    name: str
    value: float | int | None = None
    low: float | int | None = None
    high: float | int | None = None
    n: int | None = None
    of: str = "seeds"
    exact: bool = False
    detectable: float | None = None
    unavailable: str = ""
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for field in ("value", "low", "high", "detectable"):
            number = getattr(self, field)
            if number is None:
                continue
            if not math.isfinite(number):
                raise ValueError(f"evidence {self.name}: {field} is {number}; say what became of those runs.")
            object.__setattr__(self, field, _six_digits(float(number)))
        if (self.value is None) != bool(self.unavailable.strip()):
            raise ValueError(f"evidence {self.name}: give a value, or say in unavailable= why there is none.")
        if self.value is None:
            return
        if (self.low is None) != (self.high is None):
            raise ValueError(f"evidence {self.name}: give both low and high, or neither.")
        if self.exact == (self.low is not None):
            raise ValueError(
                f"evidence {self.name}: give an interval, or say exact=True if nothing was sampled."
            )
        low, high = self.interval
        if not low <= self.value <= high:
            raise ValueError(f"evidence {self.name}: {self.value} lies outside its interval [{low}, {high}].")

    @property
    def interval(self) -> tuple[float, float]:
        """The interval's ends, in `unit`; the value twice where it is exact.

        Raises:
            ValueError: the evidence is not available.
        """
        if self.value is None:
            raise ValueError(f"evidence {self.name} is not available: {self.unavailable}.")
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high

    @classmethod
    def exactly(cls, name: str, value: float | int, unit: str = "", note: str = "") -> "Evidence":
        """A number that is computed and not estimated, such as the count of what a solver refuted."""
        return cls(name, value, exact=True, unit=unit, note=note)

    @classmethod
    def not_available(cls, name: str, why: str) -> "Evidence":
        """No number, and why, such as `no letter has 20 judged words`."""
        return cls(name, unavailable=why)

    @classmethod
    def of_samples(
        cls,
        name: str,
        samples: Iterable[float | int],
        *,
        of: str = "seeds",
        statistic: Statistic = "mean",
        possible: Range = EVERYWHERE,
        level: float = 0.95,
        unit: str = "",
        note: str = "",
    ) -> "Evidence":
        """The mean (Student's t) or median (bootstrap) of one number a block, with its interval at `level`.

        Args:
            name: The evidence's name.
            samples: One number for each independent block.
            of: What a block is, in the plural.
            statistic: `mean` or `median`; of a maximum no interval is known, so none is offered.
            possible: The range that the quantity cannot leave; the interval is clipped to it.
            level: Of the interval.
            unit, note: As kept.

        Raises:
            ValueError: fewer than two samples, one that is not finite or impossible, or an unknown statistic.
        """
        values = intervals.checked(name, samples, possible)
        if statistic == "mean":
            value, low, high = intervals.student(values, level)
            detectable = intervals.detectable(values, level)
        elif statistic == "median":
            value, low, high = intervals.median(values, level)
            detectable = None
        else:
            raise ValueError(f"evidence {name}: statistic must be mean or median, not {statistic!r}.")
        low, high = _within(low, high, value, possible)
        return cls(name, value, low, high, len(values), of, detectable=detectable, unit=unit, note=note)

    @classmethod
    def paired(
        cls,
        name: str,
        first: Mapping[object, float] | Sequence[float],
        second: Mapping[object, float] | Sequence[float],
        *,
        of: str = "seeds",
        possible: Range = EVERYWHERE,
        level: float = 0.95,
        unit: str = "",
        note: str = "",
    ) -> "Evidence":
        """The mean of `first − second` over blocks that both have, by Student's t.

        Args:
            name: The evidence's name.
            first, second: One number a block; mappings are paired by their keys, sequences by position.
            of, possible, level, unit, note: As for `of_samples`; `possible` is the difference's range.

        Raises:
            ValueError: the blocks are not the same, or are fewer than two.
        """
        differences = intervals.differences(name, first, second)
        return cls.of_samples(name, differences, of=of, possible=possible, level=level, unit=unit, note=note)

    @classmethod
    def of_words(
        cls,
        name: str,
        values: Sequence[float],
        letters: Sequence[int],
        *,
        possible: Range = EVERYWHERE,
        level: float = 0.95,
        unit: str = "",
        note: str = "",
    ) -> "Evidence":
        """The mean over letters of the mean over their words, words resampled within letters (the letters are fixed).

        Args:
            name: The evidence's name.
            values: One number a word (for a paired comparison: a difference).
            letters: Each word's letter, or any other group.
            possible, level, unit, note: As for `of_samples`.

        Raises:
            ValueError: lengths differ, or fewer than two words.
        """
        value, low, high = intervals.within_groups(name, values, letters, level)
        low, high = _within(low, high, value, possible)
        return cls(name, value, low, high, len(values), "words", unit=unit, note=note)

    @classmethod
    def family(
        cls,
        samples: Mapping[str, Iterable[float | int]],
        *,
        against: float = 0.0,
        of: str = "seeds",
        possible: Range = EVERYWHERE,
        level: float = 0.95,
        unit: str = "",
        note: str = "",
    ) -> list["Evidence"]:
        """Several comparisons judged together: t-intervals that leave out `against` exactly where Holm's test rejects.

        Source: Holm 1979, "A simple sequentially rejective multiple test procedure". All intervals together hold
        the errors of the family to 1 − `level`.

        Raises:
            ValueError: as `of_samples`.
        """
        values = {name: intervals.checked(name, numbers, possible) for name, numbers in samples.items()}
        levels = intervals.holm_levels(values, against, level)
        words = f"Holm over {len(values)} comparisons"
        return [
            cls.of_samples(
                name, numbers, of=of, possible=possible, level=levels[name], unit=unit,
                note=f"{note}; {words}" if note else words,
            )
            for name, numbers in values.items()
        ]  # fmt: skip

    def __str__(self) -> str:
        """Fixed digits: value, interval or `exact`, unit, what it rests on."""
        if self.value is None:
            return f"not available: {self.unavailable}"
        text = f"{self.value:.4g}"
        text += ", exact" if self.exact else f", {self.low:.4g} to {self.high:.4g}"
        text += f" {self.unit}" if self.unit else ""
        return text + (f", {self.n} {self.of}" if self.n else "")


def _within(low: float, high: float, value: float, possible: Range) -> tuple[float, float]:
    """The interval clipped to what is possible, the estimate always inside."""
    return min(max(low, possible[0]), value), max(min(high, possible[1]), value)


def _six_digits(number: float) -> float:
    return float(f"{number:.6g}")
