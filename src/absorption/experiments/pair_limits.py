"""Where the δ argument meets its limits, in one world: other exponents, weight decay on the encoder, and TopK with k = 1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from absorption.experiments.members import of_best
from absorption.experiments.one_pair import Runs, Worlds, on_worlds
from absorption.saes.recipe import Recipe, TopK
from absorption.theory import closed

LEARNED = 0.99
"""Explained variance from which an SAE under TopK counts as reconstructing."""


@dataclass(frozen=True)
class Limits:
    """δ of trained SAEs and what theory says; each row of an array is an exponent or a decay, each column a start."""

    exponents: Float[np.ndarray, " exponent"]
    by_exponent: Float[np.ndarray, "exponent start"]
    decays: Float[np.ndarray, " decay"]
    by_decay: Float[np.ndarray, "decay start"]
    k1: Float[np.ndarray, " more_starts"]
    k1_exact: Bool[np.ndarray, " more_starts"]
    p11: float
    sparsity: float

    @property
    def exponent_law(self) -> Float[np.ndarray, " exponent"]:
        """Optimum of the family."""
        return np.array([closed.exponent_optimum(p) for p in self.exponents.tolist()])

    @property
    def decay_law(self) -> Float[np.ndarray, " decay"]:
        """Optimum with rows of length 1."""
        return np.array([closed.decay_optimum(self.sparsity, self.p11, mu) for mu in self.decays.tolist()])

    @property
    def decay_notes(self) -> Float[np.ndarray, " decay"]:
        """λp11/4μ, which mixes two conventions."""
        return np.minimum(1, self.sparsity * self.p11 / (4 * self.decays))

    def exponent_error(self, up_to_one: bool) -> float:
        """Largest distance from the family's optimum, over exponents up to 1 or above."""
        errors = np.abs(self.by_exponent - self.exponent_law[:, None])
        return float(errors[(self.exponents <= 1) == up_to_one].max())

    def decay_error(self, law: Float[np.ndarray, " decay"]) -> float:
        """Largest distance from a law of the decay."""
        return float(np.abs(self.by_decay - law[:, None]).max())

    def errors(self) -> dict[str, tuple[float, str]]:
        """The largest errors by name, each with what it is the largest of."""
        starts = f"{self.by_exponent.shape[1]} starts at each"
        return {
            "small_exponent_error": (self.exponent_error(up_to_one=True), f"{starts} exponent"),
            "large_exponent_error": (self.exponent_error(up_to_one=False), f"{starts} exponent"),
            "decay_error": (self.decay_error(self.decay_law), f"{starts} μ"),
        }

    def rows(self) -> dict[str, tuple[float, float]]:
        """(predicted, trained) by what was changed, trained being the mean over starts; NaN if no SAE under TopK reconstructs."""
        laws = (self.exponent_law, self.decay_law)
        means = (self.by_exponent.mean(1), self.by_decay.mean(1))
        names = (
            [f"exponent p = {p:g}" for p in self.exponents],
            [f"encoder decay μ = {mu:.1g}" for mu in self.decays],
        )
        found = {
            name: (float(law), float(mean))
            for of in zip(names, laws, means, strict=True)
            for name, law, mean in zip(*of, strict=True)
        }
        exact = self.k1[self.k1_exact]
        return found | {
            "TopK, k = 1, those that reconstruct": (1.0, float(exact.mean()) if len(exact) else np.nan)
        }


def limits(
    recipe: Recipe,
    world: Sequence[float],
    exponents: Sequence[float] = (0.5, 1.0, 1.5, 2.0, 3.0),
    decays: Sequence[float] = (8e-5, 2e-4, 4e-4, 8e-4, 1.6e-3),
    *,
    n: int,
    **training: Any,
) -> Limits:
    """Train SAEs beside the truth under each of the changes.

    >>> plain = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
    >>> found = limits(plain, (0.2, 0.3, 0.05), (1.0, 2.0), (1e-3,), n=2, seed=0, steps=200, lr=0.03)
    >>> [round(float(delta), 1) for delta in found.by_exponent.mean(1)]
    [1.0, 0.6]

    Args:
        recipe: What is changed.
        world: p11, p10 and λ.
        exponents: Of the penalty.
        decays: μ of the encoder's weight decay.
        n: Starts at each; four times as many under TopK, where some fail.
        training: `seed`, `steps`, `lr` and `device` of `on_worlds`.
    """
    one = Worlds(*(np.array([float(value)]) for value in world))

    def deltas(changed: Recipe) -> np.ndarray:
        return on_worlds(one, changed, n_starts=n, **training).delta[0]

    k1 = replace(recipe, activation=TopK(1), sparsity=0.0)
    limited = on_worlds(one, k1, n_starts=4 * n, pressure=0.0, **training)
    return Limits(
        np.array(exponents, dtype=float),
        np.stack([deltas(replace(recipe, exponent=p)) for p in exponents]),
        np.array(decays, dtype=float),
        np.stack([deltas(replace(recipe, encoder_decay=mu)) for mu in decays]),
        limited.delta[0],
        limited.explained[0] > LEARNED,
        float(world[0]),
        float(world[2]),
    )


@dataclass(frozen=True)
class Tied:
    """The best tied SAE of each world, and where theory puts it: δ is 0 at the truth and 1 at the rotation of both rows by 45°."""

    delta: Float[np.ndarray, " world"]
    absorbed: Float[np.ndarray, " world"]
    recall: Float[np.ndarray, " world"]
    law: Float[np.ndarray, " world"]

    def rows(self) -> dict[str, tuple[float, float]]:
        """(predicted, trained) by which of the two is cheaper, trained being the median over such worlds; NaN where there are none."""
        found = {}
        for value, words in ((0.0, "the truth"), (1.0, "the rotation")):
            chosen = self.law == value
            median = float(np.median(self.delta[chosen])) if chosen.any() else np.nan
            found[f"tied, {words} is cheaper ({chosen.sum()} worlds; median)"] = (value, median)
        return found


def of_tied(runs: Runs, worlds: Worlds) -> Tied:
    """The SAE of least loss in each world, beside the cheaper of the two tied optima.

    >>> worlds = Worlds(np.array([0.4]), np.array([0.1]), np.array([0.1]))
    >>> tied = Recipe(sparsity=1.0, tied=True, encoder_bias=False, decoder_bias=False)
    >>> of_tied(on_worlds(worlds, tied, delta=None, n_starts=2, seed=0, steps=2, lr=0.01), worlds).law.tolist()
    [1.0]
    """
    delta, absorbed, recall = (
        of_best(of, runs.loss, axis=1) for of in (runs.delta, runs.absorbed, runs.recall)
    )
    costs = np.array([closed.tied_cost(*of) for of in zip(worlds.p11, worlds.p10, strict=True)])
    return Tied(delta, absorbed, recall, (costs[:, 1] < costs[:, 0]).astype(float))
