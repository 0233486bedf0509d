"""Where the δ argument meets its limits, in one world: other exponents, weight decay on the encoder, and TopK with k = 1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from absorption.experiments.one_pair import Worlds, on_worlds
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
