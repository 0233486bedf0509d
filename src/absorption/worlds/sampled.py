"""Large worlds that can only be sampled: forests of parents with exclusive children, on `sae_lens.synthetic`.

SAELens draws which features fire and how strongly and enforces the hierarchy; this module fixes the
probabilities, so that a child's share is known exactly, and passes the randomness in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from sae_lens.synthetic import ActivationGenerator


@dataclass(frozen=True)
class Forest:
    """Trees of one parent and its children; feature t·(1 + children) is the parent of tree t, its children follow.

    >>> import torch
    >>> world = forest(n_trees=2, d_in=8, children=2, roots=(0.5, 0.5))
    >>> world.sample_magnitudes(5, torch.Generator().manual_seed(0)).shape, round(world.true_l0, 4)
    (torch.Size([5, 6]), 1.5)
    """

    features: Float[Tensor, "feature d_in"]
    """Unit vectors, uniform on the sphere: in superposition when there are more of them than dimensions."""
    probabilities: Float[Tensor, " feature"]
    """How often each feature is present."""
    alone: Float[Tensor, " tree"]
    """Share of a parent's appearances in which it has no child beside it."""
    pairs: tuple[tuple[int, int], ...]
    """(parent, child), as numbers of features."""
    firing: "ActivationGenerator"
    """SAELens' generator of magnitudes."""

    @property
    def true_l0(self) -> float:
        """Mean number of features present."""
        return float(self.probabilities.sum())

    def sample_magnitudes(self, n: int, generator: torch.Generator) -> Float[Tensor, "batch feature"]:
        """How strongly each feature is present in n draws; 0 where it is absent."""
        # SAELens draws from the global generator: it is lent a seed, and gets its own state back.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
            return self.firing.sample(n)

    def batches(
        self, size: int, steps: int, generator: torch.Generator
    ) -> Iterator[Float[Tensor, "batch d_in"]]:
        """`steps` batches of activations, drawn some thousand at a time."""
        at_once = max(1, 8192 // size)
        for start in range(0, steps, at_once):
            drawn = self.sample_magnitudes(size * min(at_once, steps - start), generator) @ self.features
            yield from drawn.split(size)


def forest(
    n_trees: int,
    d_in: int,
    *,
    children: int = 3,
    roots: tuple[float, float] = (0.02, 0.02),
    alone: tuple[float, float] = (0.5, 0.5),
    magnitude_spread: float = 0.0,
    seed: int = 0,
) -> Forest:
    """A forest whose trees differ in how frequent their parent is and how often it comes alone.

    >>> forest(n_trees=2, d_in=8, children=2).pairs
    ((0, 1), (0, 2), (3, 4), (3, 5))

    Args:
        n_trees: Number of trees; there are n_trees · (1 + children) features.
        d_in: Dimensions.
        children: Of each parent, at least 2; at most one is present, all of one tree equally often.
        roots: Probability of the parents: from the first tree to the last, geometrically.
        alone: Share of a parent's appearances without a child, spread evenly over the trees in shuffled order.
        magnitude_spread: Standard deviation of each feature's magnitude around 1, drawn anew at each appearance.
        seed: Decides the directions and which tree gets which share.

    Raises:
        ValueError: a probability or a share outside (0, 1), too few trees or children.
    """
    if n_trees < 1 or children < 2:
        raise ValueError(
            f"a forest needs a tree and two children a parent at least, got {n_trees} and {children}."
        )
    for name, range_ in (("roots", roots), ("alone", alone)):
        if not all(0 < p < 1 for p in range_):
            raise ValueError(f"{name} must lie in (0, 1), got {range_}.")
    generator = torch.Generator().manual_seed(seed)
    of_root = torch.linspace(log(roots[0]), log(roots[1]), n_trees).exp()
    share_alone = torch.linspace(*alone, n_trees)[torch.randperm(n_trees, generator=generator)]
    # SAELens lets each child fire on its own and keeps one at random: some child is present with
    # probability 1 − (1 − p)^children given the parent, which is to be 1 − alone.
    of_child = 1 - share_alone ** (1 / children)

    def per_feature(root: Tensor, child: Tensor) -> Float[Tensor, " feature"]:
        return torch.cat([root[:, None], child[:, None].expand(-1, children)], dim=1).flatten().float()

    directions, firing = _in_saelens(children, d_in, per_feature(of_root, of_child), magnitude_spread, seed)
    starts = range(0, n_trees * (1 + children), 1 + children)
    return Forest(
        features=directions,
        probabilities=per_feature(of_root, of_root * (1 - share_alone) / children),
        alone=share_alone,
        pairs=tuple((start, start + 1 + i) for start in starts for i in range(children)),
        firing=firing,
    )


def _in_saelens(
    children: int,
    d_in: int,
    firing: Float[Tensor, " feature"],
    magnitude_spread: float,
    seed: int,
) -> "tuple[Float[Tensor, 'feature d_in'], ActivationGenerator]":
    """Directions, and SAELens' generator of magnitudes in which the children of a tree exclude each other."""
    with catch_warnings():
        filterwarnings("ignore", message="IProgress not found")  # SAELens' progress bars ask for widgets
        from sae_lens.synthetic import (
            ActivationGenerator,
            FeatureDictionary,
            HierarchyNode,
            hierarchy_modifier,
        )
    n_features = len(firing)
    trees = [
        HierarchyNode(
            start,
            [HierarchyNode(child) for child in range(start + 1, start + 1 + children)],
            mutually_exclusive_children=True,
        )
        for start in range(0, n_features, 1 + children)
    ]
    drawn = FeatureDictionary(n_features, d_in, initializer=None, seed=seed)
    generator = ActivationGenerator(
        n_features,
        firing,
        std_firing_magnitudes=magnitude_spread,
        modify_activations=hierarchy_modifier(trees),
    )
    return drawn.feature_vectors.detach(), generator
