"""SAEs of several recipes, trained for longer and longer: what the length makes of each of them, and of all together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

AT = {"severe": 0, "short": 1, "middle": -2, "longest": -1}
"""Lengths that have a name: the shortest, the next, the last but one and the longest."""
Pair = tuple[Float[ndarray, " seed"], Float[ndarray, " seed"], str]
"""What is divided by what, seed by seed, and a note."""


@dataclass(frozen=True)
class OverLengths:
    """`by[recipe][measure] [length seed]`; lengths rise, and the first recipe is the one that others are held against.

    >>> plain, nested = ({"full": np.array([[0.1, 0.2], [0.4, 0.4]]) / n} for n in (1, 2))
    >>> found = OverLengths({"plain": plain, "nested": nested})
    >>> found.saved(["full"])["full_saved_longest"].tolist(), found.of("full", np.max).tolist()
    ([0.2, 0.2], [0.4, 0.4])
    """

    by: Mapping[str, Mapping[str, Float[ndarray, "length seed"]]]

    @classmethod
    def stacked(cls, looks: Mapping[str, Sequence[Mapping[str, Float[ndarray, " seed"]]]]) -> "OverLengths":
        """From the measures of each recipe, length by length.

        >>> found = OverLengths.stacked({"plain": [{"full": np.array([0.1])}, {"full": np.array([0.2])}]})
        >>> found.by["plain"]["full"].tolist()
        [[0.1], [0.2]]
        """
        return cls(
            {
                name: {measure: np.stack([look[measure] for look in each]) for measure in each[0]}
                for name, each in looks.items()
            }
        )

    def of(self, measure: str, pick: Callable[..., Any], at: int = -1) -> Float[ndarray, " seed"]:
        """Of all recipes at one length the least, the largest or the sum (`np.min`, `np.max`, `np.sum`), seed by seed."""
        return pick([own[measure][at] for own in self.by.values()], axis=0)

    def named(self, measures: Sequence[str]) -> dict[str, Float[ndarray, " seed"]]:
        """`measure_recipe_length`, at the lengths that have a name."""
        return {
            f"{measure}_{name}_{at}": own[measure][i]
            for measure in measures
            for name, own in self.by.items()
            for at, i in AT.items()
        }

    def ratios(self, measures: Sequence[str]) -> dict[str, Pair]:
        """`measure_length_ratio` of the first recipe, `measure_recipe_length_ratio` of the others: short trainings over the longest.

        >>> found = OverLengths({"plain": {"full": np.array([[0.1], [0.2], [0.4]])}})
        >>> first, last, note = found.ratios(["full"])["full_severe_ratio"]
        >>> (first / last).tolist(), note
        ([0.25], 'plain; over the longest, seed by seed')
        """
        first = next(iter(self.by))
        return {
            f"{measure}{'' if name == first else '_' + name}_{at}_ratio": (
                own[measure][AT[at]],
                own[measure][-1],
                f"{name}; over the longest, seed by seed",
            )
            for measure in measures
            for name, own in self.by.items()
            for at in ("severe", "short")
        }

    def settled(self, measures: Sequence[str]) -> dict[str, Pair]:
        """`measure_settled`: all recipes together, the last length but one over the longest."""
        note = "last but one over longest"
        return {
            f"{measure}_settled": (self.of(measure, np.sum, -2), self.of(measure, np.sum, -1), note)
            for measure in measures
        }

    def saved(self, measures: Sequence[str]) -> dict[str, Float[ndarray, " seed"]]:
        """`measure_saved_length`: the first recipe less the second."""
        first, second = list(self.by.values())[:2]
        return {
            f"{measure}_saved_{at}": first[measure][i] - second[measure][i]
            for measure in measures
            for at, i in AT.items()
        }

    def gain(self, measure: str) -> Float[ndarray, " seed"]:
        """By how much the last step raises it in the recipe where it raises it most, seed by seed."""
        return np.max([own[measure][-1] - own[measure][-2] for own in self.by.values()], axis=0)

    def off(self, measure: str) -> Float[ndarray, " seed"]:
        """The largest share by which any recipe at any length is off the first recipe at the longest, seed by seed.

        >>> found = OverLengths({"plain": {"l0": np.array([[15.0], [16.0]])}, "nested": {"l0": np.array([[16.0], [20.0]])}})
        >>> found.off("l0").tolist()
        [0.25]
        """
        every = np.stack([own[measure] for own in self.by.values()])
        return abs(every / every[:1, -1:] - 1).max((0, 1))
