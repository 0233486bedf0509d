"""The two-level tree on which matching pursuit was proposed for hierarchies: parents exclude each other, and so do siblings.

Costa et al. 2025 (arXiv:2506.03093, §4.1 and appendix B.1; tree and mixing as in github.com/mpsae/MP-SAE). Every input has
exactly one of eleven concepts of the first level; three of these have three children, of which at most one is there. A
child is orthogonal to the first level, concepts of one level may correlate, and magnitudes are normal and independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

OF_FIRST = torch.tensor([0.2] * 3 + [0.05] * 8)
"""How often each concept of the first level is there; the first three are parents."""
OF_CHILD = 0.2
"""How often a child is there, given its parent; 0.4 of the parent's appearances have none."""
N_PARENTS, N_CHILDREN, N_FIRST = 3, 3, 11
PAIRS = tuple((p, N_FIRST + N_CHILDREN * p + c) for p in range(N_PARENTS) for c in range(N_CHILDREN))
"""(parent, child), as numbers of features: the first level, then the children."""
N_FEATURES = N_FIRST + N_PARENTS * N_CHILDREN
MEAN = 1.5
"""Of every magnitude."""
TRUE_L0 = 1.36
"""Concepts present on average."""


@dataclass(frozen=True)
class Tree:
    """One world: directions, and how strongly concepts are present.

    >>> import torch
    >>> world = two_levels(seed=0, correlation=0.3)
    >>> cosines = world.features @ world.features.T
    >>> round(float(cosines[0, 5]), 3), round(float(cosines[11, 12]), 3), round(abs(float(cosines[0, 11])), 3)
    (0.3, 0.3, 0.0)
    >>> z = world.draw(2000, torch.Generator().manual_seed(0))
    >>> round(float((z > 0).sum(1).float().mean()), 1)
    1.4
    """

    features: Float[Tensor, "feature d_in"]
    """Unit vectors."""
    spread: float
    """Standard deviation of every magnitude around `MEAN`; negative draws are mirrored."""
    hierarchy: bool
    """Whether a child comes with its parent; else as often, with any concept of the first level."""

    def draw(self, n: int, generator: torch.Generator) -> Float[Tensor, "batch feature"]:
        """Magnitudes of n inputs, 0 where a concept is absent."""
        first = _like_first(n, generator)
        child = self._children(first, n, generator)
        strength = (MEAN + self.spread * torch.randn(n, 2, generator=generator)).abs()
        magnitudes = torch.zeros(n, N_FEATURES + 1)  # the last one is no concept's: a child that is not there
        return magnitudes.scatter_(1, torch.stack([first, child], 1), strength)[:, :N_FEATURES]

    def _children(
        self, first: Int64[Tensor, " batch"], n: int, generator: torch.Generator
    ) -> Int64[Tensor, " batch"]:
        """Number of the child that is there, or of no feature."""
        of_parent = (first if self.hierarchy else _like_first(n, generator)).clamp(max=N_PARENTS)
        which = (torch.rand(n, generator=generator) / OF_CHILD).long()
        child = N_FIRST + N_CHILDREN * of_parent + which
        return torch.where((of_parent < N_PARENTS) & (which < N_CHILDREN), child, N_FEATURES)


def _like_first(n: int, generator: torch.Generator) -> Int64[Tensor, " batch"]:
    """By the rates of the first level; bisection is several times as fast as `torch.multinomial`."""
    return torch.bucketize(torch.rand(n, generator=generator), OF_FIRST.cumsum(0)[:-1], right=True)


def two_levels(
    seed: int,
    correlation: float = 0.0,
    spread: float = 0.25,
    hierarchy: bool = True,
    tilts: Sequence[float] = (0.0, 0.0, 0.0),
    d_in: int = N_FEATURES,
) -> Tree:
    """A world with directions of its own.

    >>> tilted = two_levels(seed=0, tilts=(-0.5, 0.0, 0.5))
    >>> [round(float(tilted.features[0] @ tilted.features[child]), 2) + 0.0 for child in (11, 12, 13)]
    [-0.5, 0.0, 0.5]
    >>> crowded = two_levels(seed=0, d_in=12).features
    >>> crowded.shape, round(abs(float(crowded[0] @ crowded[11])), 3)
    (torch.Size([20, 12]), 0.0)

    Args:
        seed: Of the directions.
        correlation: Cosine within a level: of any two concepts of the first, and of siblings; at least 0, below 1.
        spread: Of the magnitudes. hierarchy: whether a child implies its parent.
        tilts: Cosine of each parent's first, second and third child with it; 0 is the orthogonality of a child's own
            part to its parent (Park et al. 2024, arXiv:2406.01506).
        d_in: Dimensions. With fewer than concepts these are in superposition: random directions, of which only a
            parent and its own child have the cosine that is asked for.

    Raises:
        ValueError: a cosine out of range, more dimensions than concepts, or a correlation in superposition.
    """
    if not 0 <= correlation < 1 or not all(-1 < tilt < 1 for tilt in tilts):
        raise ValueError(
            f"correlation must lie in [0, 1) and tilts in (-1, 1), got {correlation} and {tilts}."
        )
    if not 2 <= d_in <= N_FEATURES or (d_in < N_FEATURES and correlation):
        raise ValueError(
            f"d_in must lie in [2, {N_FEATURES}], and below that no correlation is set; got {d_in}."
        )
    drawn = torch.randn(N_FEATURES, d_in, generator=torch.Generator().manual_seed(seed))
    features = _in_superposition(drawn) if d_in < N_FEATURES else _correlated(drawn, correlation)
    for parent, child in PAIRS:
        tilt = tilts[(child - N_FIRST) % N_CHILDREN]
        features[child] = tilt * features[parent] + (1 - tilt**2) ** 0.5 * features[child]
    return Tree(features, spread, hierarchy)


def _in_superposition(drawn: Float[Tensor, "feature d_in"]) -> Float[Tensor, "feature d_in"]:
    """Unit vectors, each child at a right angle to its own parent."""
    features = torch.nn.functional.normalize(drawn, dim=1)
    for parent, child in PAIRS:
        own = features[child] - (features[child] @ features[parent]) * features[parent]
        features[child] = own / own.norm()
    return features


def _correlated(drawn: Float[Tensor, "feature d_in"], correlation: float) -> Float[Tensor, "feature d_in"]:
    """Orthogonal levels, with one cosine within the first level and one among siblings."""
    axes = torch.linalg.qr(drawn).Q
    features = axes.clone()
    groups = [range(N_FIRST)]
    groups += [range(N_FIRST + N_CHILDREN * p, N_FIRST + N_CHILDREN * (p + 1)) for p in range(N_PARENTS)]
    for group in map(list, groups):
        gram = torch.full((len(group), len(group)), float(correlation)).fill_diagonal_(1.0)
        values, vectors = torch.linalg.eigh(gram)
        features[group] = (vectors * values.sqrt()) @ vectors.T @ axes[group]
    return features
