"""What a form draws: numbers with their intervals, under one name and in one colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from numpy import array, ndarray

from absorption.figures.palette import COLORS


@runtime_checkable
class Estimate(Protocol):
    """A number with its interval, such as a piece of evidence."""

    @property
    def value(self) -> float | None:
        """The number."""
        ...

    @property
    def interval(self) -> tuple[float, float]:
        """Where it begins and ends."""
        ...


@dataclass(frozen=True)
class Series:
    """Numbers with intervals: one a row, or one a place along an axis.

    >>> import numpy as np
    >>> Series("tied", "parent", np.array([0.1, 0.3])).color
    '#0072B2'

    Args:
        label: Its name in the legend.
        role: Its colour, a key of `palette.COLORS`.
        center: The numbers; what is not available is nan, and not drawn.
        low: Where the intervals begin; none for exact numbers.
        high: Where they end.
        marker: The shape of a dot, as matplotlib names it.

    Raises:
        ValueError: there is no such role, or only one end of the intervals.
    """

    label: str
    role: str
    center: Float[ndarray, " row"]
    low: Float[ndarray, " row"] | None = None
    high: Float[ndarray, " row"] | None = None
    marker: str = "o"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.role not in COLORS:
            raise ValueError(f"series {self.label!r}: its role must be one of {', '.join(COLORS)}.")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"series {self.label!r}: give low= and high=, or neither.")

    @property
    def color(self) -> str:
        """The colour of its role."""
        return COLORS[self.role]

    @classmethod
    def of_runs(cls, label: str, role: str, runs: Float[ndarray, "row run"], marker: str = "o") -> "Series":
        """The mean of each row's runs, with their range.

        >>> import numpy as np
        >>> tied = Series.of_runs("tied", "parent", np.array([[0.1, 0.3], [0.5, 0.7]]))
        >>> tied.center, tied.low
        (array([0.2, 0.6]), array([0.1, 0.5]))
        """
        return cls(label, role, runs.mean(1), runs.min(1), runs.max(1), marker)

    @classmethod
    def of_estimates(
        cls, label: str, role: str, estimates: Sequence[Estimate], marker: str = "o"
    ) -> "Series":
        """Numbers with their own intervals, one a row; nan where there is none.

        >>> from types import SimpleNamespace
        >>> tied = Series.of_estimates("tied", "parent", [SimpleNamespace(value=0.2, interval=(0.1, 0.3))])
        >>> tied.center, tied.high
        (array([0.2]), array([0.3]))
        """
        known = [(nan,) * 3 if each.value is None else (each.value, *each.interval) for each in estimates]
        center, low, high = array(known, dtype=float).T
        return cls(label, role, center, low, high, marker)
