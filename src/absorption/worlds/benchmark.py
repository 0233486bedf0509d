"""Large worlds of trees under a Zipf law, correlated, in superposition and with noise, on SAELens' `synthetic` module.

SAELens draws which features fire and how strongly, and enforces the hierarchy, as in SynthSAEBench (arXiv:2602.14687).
The rates are chosen here: how often a parent comes without a child has to be known, and it has to happen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from sae_lens.synthetic import ActivationGenerator, HierarchyNode

CHILDREN = 4
"""Of each parent, as in SynthSAEBench."""
RATES = (0.25, 0.17, 0.11, 0.07)
"""How often each child is present, given its parent: three fifths of the appearances where children exclude each other."""

AT_ONCE = 4096
"""Inputs drawn at once."""

_LENT = Lock()
"""SAELens draws from the global generator, which only one thread at a time may be lent."""


@dataclass(frozen=True)
class Benchmark:
    """A world: roots first (from the most frequent to the rarest), then their children, grandchildren, and free features.

    >>> world = benchmark(n_features=50, d_in=8, roots=2, seed=0)
    >>> world.features.shape, world.parents[:4], len(world.pairs), world.parents[42:44]
    (torch.Size([50, 8]), (-1, -1, 0, 0), 40, (-1, -1))
    """

    features: Float[Tensor, "feature d_in"]
    """Unit vectors, uniform on the sphere."""
    parents: tuple[int, ...]
    """Each feature's parent, −1 where it has none."""
    rates: Float[np.ndarray, " feature"]
    """How often each is present, given its parent where it has one; correlations left out."""
    noise: float
    """Standard deviation of what is added to each coordinate of an activation."""
    drawing: "ActivationGenerator" = field(repr=False)
    """SAELens' generator of magnitudes."""

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(parent, child), in the order of the children."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    @property
    def probabilities(self) -> Float[np.ndarray, " feature"]:
        """How often each feature is present in all."""
        found = self.rates.copy()
        for child, parent in enumerate(self.parents):  # parents come before their children
            found[child] *= found[parent] if parent >= 0 else 1.0
        return found

    @property
    def true_l0(self) -> float:
        """Mean number of features present."""
        return float(self.probabilities.sum())

    def draw(self, n: int, seed: int) -> tuple[Float[Tensor, "input d_in"], Float[Tensor, "input feature"]]:
        """n inputs: the activations that an SAE sees, and how strongly each feature is present (0 where it is absent)."""
        parts = list(self._parts(n, seed))
        return torch.cat([x for x, _ in parts]), torch.cat([magnitudes for _, magnitudes in parts])

    def inputs(self, n: int, seed: int) -> Float[Tensor, "input d_in"]:
        """The same activations, without ever holding the magnitudes of all."""
        return torch.cat([x for x, _ in self._parts(n, seed)])

    def _parts(
        self, n: int, seed: int
    ) -> Iterator[tuple[Float[Tensor, "input d_in"], Float[Tensor, "input feature"]]]:
        for i, start in enumerate(range(0, n, AT_ONCE)):
            generator = torch.Generator().manual_seed(1_000_003 * seed + i)
            with lent():
                torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
                magnitudes = self.drawing.sample(min(AT_ONCE, n - start))
            x = magnitudes @ self.features
            yield x + self.noise * torch.randn(x.shape, generator=generator), magnitudes


def benchmark(
    n_features: int,
    d_in: int,
    *,
    roots: int,
    exclusive: bool = True,
    most: float = 0.2,
    most_free: float = 0.05,
    noise: float = 0.03,
    seed: int = 0,
) -> Benchmark:
    """Trees of three generations, four children a parent, and free features for a third or so of the world.

    Root number r is present with probability `most`/√r, free feature number r with `most_free`/√r (SynthSAEBench's Zipf law); a
    parent's children at `RATES`, in an order of their own. As there: correlations of rank 25 and scale 0.1 in a
    Gaussian copula, a spread of magnitudes that is a tenth of the mean, give or take a tenth (no less than none), children scaled by their parent.

    >>> for exclusive in (True, False):
    ...     world = benchmark(50, 8, roots=2, exclusive=exclusive, seed=0)
    ...     x, magnitudes = world.draw(20_000, seed=1)
    ...     found = (magnitudes > 0).float().mean(0).numpy()
    ...     assert abs(found - world.probabilities).max() < 0.015

    Args:
        n_features, d_in: How many, in how many dimensions.
        roots: Trees; each has 21 features.
        exclusive: Whether at most one child of a parent is present.
        most, most_free: Probability of the most frequent root, and of the most frequent free feature.
        noise: Standard deviation added to each coordinate.
        seed: Decides directions, correlations, spreads, and which child has which rate.

    Raises:
        ValueError: more trees than there are features for.
    """
    if roots < 1 or roots * 21 > n_features:
        raise ValueError(f"{roots} trees need {21 * roots} features, and there are {n_features}.")
    s = synthetic()

    rng = np.random.default_rng(seed)
    parents = _parents(n_features, roots)
    rates = _rates(parents, roots, most, most_free, rng)
    asked = np.where(np.array(parents) >= 0, _before_choice(rates) if exclusive else rates, rates)
    spreads = np.abs(rng.normal(0.1, 0.1, n_features))
    with _LENT:
        directions = s.FeatureDictionary(
            n_features, d_in, initializer=None, seed=seed
        ).feature_vectors.detach()
        drawing = s.ActivationGenerator(
            n_features,
            torch.tensor(asked, dtype=torch.float32),
            std_firing_magnitudes=torch.tensor(spreads, dtype=torch.float32),
            modify_activations=s.hierarchy_modifier(_trees(parents, exclusive)),
            correlation_matrix=s.generate_random_low_rank_correlation_matrix(n_features, 25, 0.1, seed=seed),
        )
    return Benchmark(directions, parents, rates, noise, drawing)


@contextmanager
def lent() -> Iterator[None]:
    """Inside, this thread alone draws from the global generator, as SAELens does; afterwards it is as it was.

    >>> with lent():
    ...     torch.manual_seed(0).initial_seed()
    0
    """
    with _LENT, torch.random.fork_rng(devices=[]):
        yield


def synthetic() -> ModuleType:
    """SAELens' module, whose progress bars ask for widgets that nobody needs.

    >>> synthetic().__name__
    'sae_lens.synthetic'
    """
    with catch_warnings():
        filterwarnings("ignore", message="IProgress not found")
        from sae_lens import synthetic
    return synthetic


def _parents(n_features: int, roots: int) -> tuple[int, ...]:
    """Each feature's parent: roots, children, grandchildren, free features."""
    children = [root for root in range(roots) for _ in range(CHILDREN)]
    grandchildren = [roots + child for child in range(len(children)) for _ in range(CHILDREN)]
    tree = [-1] * roots + children + grandchildren
    return tuple(tree + [-1] * (n_features - len(tree)))


def _rates(
    parents: tuple[int, ...], roots: int, most: float, most_free: float, rng: np.random.Generator
) -> Float[np.ndarray, " feature"]:
    """Zipf for roots and free features, `RATES` in any order for the children of each parent."""
    n_free = len(parents) - 21 * roots
    families = rng.permuted(np.tile(RATES, (5 * roots, 1)), axis=1).ravel()
    return np.concatenate(
        [most / np.sqrt(np.arange(1, roots + 1)), families, most_free / np.sqrt(np.arange(1, n_free + 1))]
    )


def _before_choice(rates: Float[np.ndarray, " feature"]) -> Float[np.ndarray, " feature"]:
    """What each child must be drawn with, so that it is present at its rate once SAELens has kept one of those drawn.

    The kept one is chosen evenly; for these four rates the answer is found once, by iteration.
    """
    wanted = np.array(RATES)
    drawn = wanted.copy()
    for _ in range(100):
        drawn *= wanted / _kept(drawn)
    found = dict(zip(RATES, drawn, strict=True))
    return np.array([found.get(rate, rate) for rate in rates])


def _kept(drawn: Float[np.ndarray, " child"]) -> Float[np.ndarray, " child"]:
    """How often each child is the one that is kept, if each is drawn independently and one of those drawn is kept."""
    kept = np.zeros_like(drawn)
    for present in product((False, True), repeat=len(drawn)):
        if any(present):
            kept += np.where(present, np.prod(np.where(present, drawn, 1 - drawn)) / sum(present), 0.0)
    return kept


def _trees(parents: tuple[int, ...], exclusive: bool) -> "list[HierarchyNode]":
    """SAELens' nodes of every tree."""
    from sae_lens.synthetic import HierarchyNode

    children: dict[int, list[HierarchyNode]] = {}
    for feature in reversed(range(len(parents))):  # children come after their parents
        own = children.get(feature, [])
        node = HierarchyNode(feature, own, exclusive and bool(own), scale_children_by_parent=bool(own))
        children.setdefault(parents[feature], []).insert(0, node)
    return [node for node in children[-1] if node.children]
