"""Rows with many exceptions surveyed: toy worlds of several sizes, with more and more exceptions a dimension, beside what is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.capacity import Held, built, crowds, trained
from absorption.runtime.parallel import in_parallel
from absorption.theory.capacity import least_squares, summed

Of = tuple[int, int, str]
"""Dimensions, exceptions, and what is done: one of `KINDS`."""
KINDS = {
    "trained": {},
    "tied": {"tied": True},
    "long": {"length": 2},
    "meeting": {"kind": "meeting"},
    "untrained": {"length": 0},
}
"""How each differs from trained rows: tied weights, times the length of training, exceptions that meet."""


@dataclass(frozen=True)
class Survey:
    """What `survey` found: `held` of each size, number of exceptions and kind of `KINDS`, and of rows that are `built` as sums `[world]`.

    In the largest space there are also tied SAEs, longer training at every eighth and every quarter dimension, and at every eighth exceptions that
    meet, and SAEs before training.
    """

    sizes: tuple[int, ...]
    densities: tuple[float, ...]
    held: dict[Of, Held]
    built: dict[tuple[int, int], Float[ndarray, " world"]]

    @property
    def largest(self) -> int:
        """Dimensions of the largest space."""
        return max(self.sizes)

    def told(self, d: int, at: float, kind: str = "trained") -> Float[ndarray, " world"]:
        """Share of the parent's words that are read rightly, with so many exceptions a dimension."""
        return self.held[d, round(d * at), kind].told

    @property
    def longer(self) -> float:
        """The largest change of a mean by twice the training."""
        longer = {(d, m): each for (d, m, kind), each in self.held.items() if kind == "long"}
        return max(
            abs(each.told.mean() - self.held[*of, "trained"].told.mean()) for of, each in longer.items()
        )

    @property
    def error(self) -> float:
        """The largest error of the formula for rows that are built."""
        return max(abs(told.mean() - 1 + np.mean(summed(m, d)[:2])) for (d, m), told in self.built.items())

    @property
    def explained(self) -> dict[str, Float[ndarray, " world"]]:
        """Of each size the share of the variance, with an exception for every eighth dimension."""
        return {str(d): self.held[d, d // 8, "trained"].explained for d in self.sizes}

    @property
    def shares(self) -> dict[str, Float[ndarray, " world"]]:
        """In the largest space, with an exception for every eighth dimension: words read rightly by rows that are trained (`held`) and
        `untrained`, and the exceptions held where they meet (`meeting`)."""
        d, m = self.largest, self.largest // 8
        of = (
            self.held[d, m, "trained"].told,
            self.held[d, m, "untrained"].told,
            self.held[d, m, "meeting"].held,
        )
        return dict(zip(("held", "untrained", "meeting"), of, strict=True))

    @property
    def others(self) -> dict[str, Float[ndarray, " world"]]:
        """There, how much better words are read than as many in the smallest space (`larger`), than with tied weights (`untied`), than by the row that
        is built (`above_sum`, and `above_sum_dense` at every second dimension); `delta` and `threshold` of the trained rows."""
        d, m, half = self.largest, self.largest // 8, self.largest // 2
        of = self.held[d, m, "trained"]
        built, dense = (self.built[d, n][: len(of.told)] for n in (m, half))
        return {
            "larger": of.told - self.held[min(self.sizes), m, "trained"].told,
            "untied": of.told - self.held[d, m, "tied"].told, "above_sum": of.told - built,
            "above_sum_dense": self.held[d, half, "trained"].told - dense, "delta": of.delta, "threshold": of.threshold,
        }  # fmt: skip

    def table(self) -> dict[str, dict[str, float]]:
        """Means in the largest space, by exceptions a dimension."""
        d, rows = self.largest, {}
        for at in self.densities:
            m = round(d * at)
            of = self.held[d, m, "trained"]
            rows[f"1/{round(1 / at)}"] = {
                "trained": of.told.mean(), "trained, tied": self.told(d, at, "tied").mean(),
                "sum, built": self.built[d, m].mean(), "sum, predicted": 1 - np.mean(summed(m, d)[:2]),
                "least squares, predicted": 1 - np.mean(least_squares(m, d)[:2]),
                "trained: δ": of.delta.mean(), "threshold": of.threshold.mean(),
            }  # fmt: skip
        return rows


def survey(
    seeds: Sequence[int],
    sizes: Sequence[int],
    densities: Sequence[float],
    *,
    n_built: int,
    sparsity: float,
    noise: float,
    steps: int,
) -> Survey:
    """SAEs with an L1 penalty that start beside the truth, and rows that are built, in worlds with as many other words as dimensions.

    >>> found = survey([0], (8, 16), (0.125, 0.25), n_built=2, sparsity=0.1, noise=0.02, steps=5)
    >>> found.largest, sorted(found.table()), found.told(16, 0.125, "untrained").shape
    (16, ['1/4', '1/8'], (1,))

    Args:
        seeds: One a world of each size and density.
        sizes: Dimensions. densities: exceptions a dimension; an eighth and a quarter are among them.
        n_built: Worlds in which rows are built, the first of them those of the seeds.
        sparsity: λ. noise: of the start. steps: of Adam.
    """
    d = max(sizes)
    every = [(size, round(size * at), "trained") for size in sizes for at in densities]
    jobs: list[Of] = [*every, *((d, round(d * at), "tied") for at in densities)]
    jobs += [(d, d // 8, "long"), (d, d // 4, "long"), (d, d // 8, "meeting"), (d, d // 8, "untrained")]

    def run(of: Of) -> Held:
        size, m, kind = of
        how = KINDS[kind]
        crowd = crowds(seeds, size, m, size, how.get("kind", "exclusive"))
        length = steps * how.get("length", 1)
        return trained(crowd, sparsity, tied=how.get("tied", False), noise=noise, steps=length)

    held = dict(zip(jobs, in_parallel(run, jobs), strict=True))
    rows = range(seeds[0], seeds[0] + n_built)
    made = {(size, m): built(crowds(rows, size, m, size)).told for size, m, _ in every}
    return Survey(tuple(sizes), tuple(densities), held, made)
