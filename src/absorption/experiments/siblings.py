"""Many small worlds with one parent and its children: present together, exclusive, or unrelated to the parent.

Rates and magnitudes are drawn for each world, and the same worlds come in every kind. States are finite, so the expected
loss is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.worlds.hierarchies import tree
from absorption.worlds.population import Population

Kind = Literal["together", "exclusive", "unrelated"]
"""Children given their parent: independent of each other; at most one; or present as often, with or without the parent."""


@dataclass(frozen=True)
class Families:
    """Worlds of one kind, with the same states but rates and magnitudes of their own.

    >>> families = fixed("together", p_parent=[0.5], rates=[[0.25, 0.5]])
    >>> families.n_children, families.x.shape, families.rates.tolist()
    (2, torch.Size([1, 5, 3]), [[0.25, 0.5]])
    """

    worlds: tuple[Population, ...]
    """Feature 0 is the parent, the others are its children."""
    rates: Float[np.ndarray, "world child"]
    """Of each child, given its parent."""
    parents: tuple[int, ...]
    """Number of the feature whose child each one is: 0, but for a grandchild."""

    @property
    def n_children(self) -> int:
        """How many children there are, a grandchild included."""
        return self.rates.shape[1]

    @property
    def x(self) -> Float[Tensor, "world state d_in"]:
        """The activations of each world."""
        return torch.stack([world.activations for world in self.worlds])

    @property
    def p(self) -> Float[Tensor, "world state"]:
        """Their probabilities."""
        return torch.stack([world.probabilities for world in self.worlds])

    @property
    def strengths(self) -> Float[Tensor, "world feature"]:
        """The magnitude of each feature."""
        return torch.stack([world.magnitudes.amax(0) for world in self.worlds])

    @property
    def with_parent(self) -> Float[Tensor, "state child"]:
        """1 where a child and its parent are present."""
        present = self.worlds[0].present
        return present[:, 1:] * present[:, list(self.parents)]

    @property
    def single(self) -> Float[Tensor, "state child"]:
        """1 where, besides, none of its siblings is."""
        siblings = torch.tensor([[float(a == b) for b in self.parents] for a in self.parents])
        return self.with_parent * (self.worlds[0].present[:, 1:] @ siblings == 1)

    @property
    def least_l0(self) -> np.ndarray:
        """`[world]`: active latents where children do without their parent's: one for a lone parent, one for each child."""
        present = self.worlds[0].present
        n = torch.where(present[:, 1:].sum(1) > 0, present[:, 1:].sum(1), present[:, 0])
        return (self.p @ n).numpy()

    @property
    def true_l0(self) -> np.ndarray:
        """`[world]`: features present, on average."""
        return np.array([world.true_l0 for world in self.worlds])


def fixed(
    kind: Kind,
    p_parent: Sequence[float] | np.ndarray,
    rates: Sequence[Sequence[float]] | np.ndarray,
    magnitudes: np.ndarray | None = None,
    *,
    grandchild: bool = False,
) -> Families:
    """Worlds at given values, one a row.

    >>> [round(float(f.worlds[0].true_l0), 2) for f in (fixed(kind, [0.5], [[0.2, 0.4]]) for kind in KINDS)]
    [0.8, 0.8, 0.8]

    Args:
        kind: How children relate to their parent and to each other.
        p_parent: `[world]`. rates: `[world child]`, given the parent.
        magnitudes: `[world feature]`, the parent first; 1 by default. A feature is always equally strong.
        grandchild: Make the last one the first one's child.

    Raises:
        ValueError: exclusive children whose rates sum to more than 1.
    """
    rates = np.asarray(rates, dtype=float)
    parents = tuple(int(grandchild and i > 0 and i == rates.shape[1] - 1) for i in range(rates.shape[1]))
    worlds = []
    for at, (p, of_children) in enumerate(zip(np.asarray(p_parent).tolist(), rates.tolist(), strict=True)):
        nodes: dict[str, tuple[str | None, float]] = {"0": (None, p)}
        for i, q in enumerate(of_children):
            nodes[str(i + 1)] = (None, p * q) if kind == "unrelated" else (str(parents[i]), q)
        world = tree(nodes, exclusive=kind == "exclusive")
        strength = 1.0 if magnitudes is None else torch.as_tensor(magnitudes[at], dtype=torch.float32)
        worlds.append(replace(world, magnitudes=world.present * strength))
    return Families(tuple(worlds), rates, parents)


KINDS: tuple[Kind, ...] = ("together", "exclusive", "unrelated")


def drawn(
    kind: Kind,
    n_worlds: int,
    n_children: int,
    seed: int,
    *,
    parent: tuple[float, float],
    rate: tuple[float, float],
    magnitude: tuple[float, float],
) -> Families:
    """Worlds at random values, the same ones for every kind: rates uniform in the logarithm, the rest uniform.

    >>> one, other = (drawn(kind, 2, 3, seed=0, parent=(0.2, 0.5), rate=(0.1, 0.3), magnitude=(0.8, 1.2)) for kind in KINDS[:2])
    >>> bool((one.rates == other.rates).all()), one.x.shape[1], other.x.shape[1]  # states
    (True, 9, 5)

    Args:
        kind: How children relate.
        n_worlds, n_children, seed: How many, and of which draw.
        parent, rate, magnitude: Ranges: of the parent's probability, of a child's given the parent, of all magnitudes.
    """
    rng = np.random.default_rng([seed, n_children])
    p = rng.uniform(parent[0], parent[1], n_worlds)
    rates = np.exp(rng.uniform(np.log(rate[0]), np.log(rate[1]), (n_worlds, n_children)))
    return fixed(kind, p, rates, rng.uniform(magnitude[0], magnitude[1], (n_worlds, n_children + 1)))
