"""Worlds at random values: independent factors, or families.

A world is a seed, which says how often and how strongly every feature comes. States are finite, so expectations are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.families import Kind, families
from absorption.worlds.hierarchies import independent
from absorption.worlds.population import Population, directions, with_magnitudes

STRENGTH = (0.75, 1.25)
"""Range from which the mean strength of every factor is drawn."""


@dataclass(frozen=True)
class Worlds:
    """Populations with the same states of presence, and the seed of each.

    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=3, rate=(0.2, 0.5))
    >>> worlds.x.shape, worlds.true_l0.shape, worlds.p.sum(1)
    (torch.Size([2, 4, 3]), torch.Size([2]), tensor([1., 1.]))
    """

    seeds: tuple[int, ...]
    populations: tuple[Population, ...]
    p: Float[Tensor, "world state"]
    """Of each state; not the populations' own where states were held out."""

    @property
    def x(self) -> Float[Tensor, "world state d_in"]:
        """Activations."""
        return torch.stack([one.activations for one in self.populations])

    @property
    def present(self) -> Float[Tensor, "state feature"]:
        """Which features a state has, the same in every world."""
        return self.populations[0].present

    @property
    def features(self) -> Float[Tensor, "feature d_in"]:
        """Orthogonal unit vectors."""
        return self.populations[0].features

    @property
    def true_l0(self) -> Float[Tensor, " world"]:
        """Features present on average."""
        return self.p @ self.present.sum(1)

    @property
    def effective(self) -> Float[Tensor, "world state"]:
        """(Σa)² / Σa² of each state: its number of factors if all are equally strong; 0 for the empty one."""
        amounts = torch.stack([one.magnitudes for one in self.populations])
        return (amounts.sum(-1) / amounts.norm(dim=-1).clamp_min(1e-9)).square()

    def again(self, times: int = 1) -> "Worlds":
        """The same worlds for SAEs with other random weights, as many times removed."""
        return Worlds(tuple(seed + 1_000_000 * times for seed in self.seeds), self.populations, self.p)

    def first(self, n: int) -> "Worlds":
        """The first n of them."""
        return Worlds(self.seeds[:n], self.populations[:n], self.p[:n])

    def split(self, first: int, second: int) -> tuple["Worlds", Float[Tensor, "world state"]]:
        """The same worlds without the states that have both features, and how these are distributed.

        >>> seen, new = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5)).split(0, 1)
        >>> int((seen.p > 0).sum()), new.tolist()
        (3, [[0.0, 0.0, 0.0, 1.0]])
        """
        both = self.present[:, first] * self.present[:, second]
        seen, new = self.p * (1 - both), self.p * both
        seen, new = (q / q.sum(1, keepdim=True) for q in (seen, new))
        return Worlds(self.seeds, self.populations, seen), new


def factor_worlds(
    seeds: Sequence[int], n_factors: int, d_in: int, rate: tuple[float, float], spread: float = 0.0
) -> Worlds:
    """Independent orthogonal factors; rates uniform within `rate`, mean strengths within `STRENGTH`.

    >>> len(factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5), spread=0.3).populations[0].probabilities)
    9

    Args:
        seeds: Of the worlds; the same seed gives the same rates and strengths with any spread.
        n_factors, d_in: How many, in how many dimensions.
        rate: Least and largest probability that a factor is present.
        spread: Where it is present it is 1 − spread or 1 + spread times as strong as it is on average.
    """
    populations = [_factors(seed, n_factors, d_in, rate, spread) for seed in seeds]
    return Worlds(tuple(seeds), tuple(populations), torch.stack([one.probabilities for one in populations]))


def _factors(seed: int, n_factors: int, d_in: int, rate: tuple[float, float], spread: float) -> Population:
    generator = torch.Generator().manual_seed(seed)
    low, high = rate
    rates = low + (high - low) * torch.rand(n_factors, generator=generator)
    strength = STRENGTH[0] + (STRENGTH[1] - STRENGTH[0]) * torch.rand(n_factors, generator=generator)
    world = independent(rates.tolist(), features=directions(n_factors, d_in))
    levels = torch.tensor([1 - spread, 1 + spread] if spread else [1.0])
    for name, mean in zip(world.names, strength, strict=True):
        world = with_magnitudes(world, name, mean * levels, torch.full_like(levels, 1 / len(levels)))
    return world


def family_worlds(
    seeds: Sequence[int], kind: Kind, n_children: int = 2
) -> tuple[Worlds, tuple[tuple[int, int], ...]]:
    """The worlds of `experiments.families`, and their pairs of parent and child.

    >>> worlds, pairs = family_worlds([0], "apart")
    >>> worlds.x.shape, len(pairs)
    (torch.Size([1, 16, 6]), 4)
    """
    found = families(seeds, kind, n_children)
    return Worlds(found.seeds, found.worlds, found.probabilities), found.pairs


def together(groups: Sequence[Worlds]) -> Worlds:
    """Several groups of worlds with the same states as one, so that their SAEs train as one stack.

    >>> one = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> together([one, one]).seeds
    (0, 0)
    """
    seeds = tuple(seed for group in groups for seed in group.seeds)
    populations = tuple(one for group in groups for one in group.populations)
    return Worlds(seeds, populations, torch.cat([group.p for group in groups]))
