"""Toy worlds with finite support: every state, its probability, its activation.

A state is a combination of features, each with a magnitude; its activation is the weighted sum of the
features' directions. With finitely many states an expectation is a finite sum, so an SAE can be trained
on the exact expected loss. Continuous magnitudes enter by quadrature nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

MAX_STATES = 2**20
"""More states than this would not fit the memory of a small machine; sample instead (`worlds.sampled`)."""


@dataclass(frozen=True)
class Population:
    """A world, whole.

    Raises:
        ValueError: misshapen tensors, probabilities that are negative or do not sum to 1, magnitudes that
            are negative, too many states, or two features of the same name.
    """

    features: Float[Tensor, "feature d_in"]
    """Direction of each feature; constructors make unit vectors."""
    magnitudes: Float[Tensor, "state feature"]
    """How strongly each feature is present in each state; 0 where it is absent."""
    probabilities: Float[Tensor, " state"]
    """Of each state."""
    names: tuple[str, ...] = ()
    """Of each feature."""

    def __post_init__(self) -> None:
        """Check that this is a world."""
        n_states, n_features = self.magnitudes.shape
        _check(
            n_states <= MAX_STATES,
            f"magnitudes has {n_states} states; at most 2^20 = {MAX_STATES} are handled exactly.",
        )
        _check(
            len(self.features) == n_features,
            f"magnitudes names {n_features} features, features holds {len(self.features)}.",
        )
        _check(
            len(self.probabilities) == n_states,
            f"probabilities has {len(self.probabilities)} entries for {n_states} states.",
        )
        _check(
            not self.names or len(set(self.names)) == n_features,
            f"names must be {n_features} different names.",
        )
        _check_probabilities(self.probabilities, "probabilities")
        _check(
            bool((self.magnitudes >= 0).all()),
            "magnitudes must not be negative: an absent feature has magnitude 0.",
        )

    @property
    def activations(self) -> Float[Tensor, "state d_in"]:
        """The activation of each state."""
        return self.magnitudes @ self.features

    @property
    def present(self) -> Float[Tensor, "state feature"]:
        """1 where a feature is present, else 0."""
        return (self.magnitudes > 0).to(self.magnitudes)

    @property
    def feature_probabilities(self) -> Float[Tensor, " feature"]:
        """How often each feature is present."""
        return self.probabilities @ self.present

    @property
    def true_l0(self) -> float:
        """Mean number of features present."""
        return float(self.feature_probabilities.sum())

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "batch d_in"]:
        """n activations drawn with replacement."""
        return self.activations[self.sample_states(n, generator)]

    def sample_states(self, n: int, generator: torch.Generator) -> Tensor:
        """n indices of states `[batch]`, drawn with replacement."""
        return torch.multinomial(self.probabilities, n, replacement=True, generator=generator)

    def merged(self) -> "Population":
        """The same world with states of probability zero left out."""
        kept = self.probabilities > 0
        return replace(self, magnitudes=self.magnitudes[kept], probabilities=self.probabilities[kept])


def directions(
    n_features: int, d_in: int | None = None, cosine: float = 0.0
) -> Float[Tensor, "feature d_in"]:
    """Unit vectors with the same cosine between every two; d_in defaults to the number of features.

    Raises:
        ValueError: no such vectors exist, or d_in is too small for them.
    """
    d_in = n_features if d_in is None else d_in
    _check(d_in >= n_features, f"d_in = {d_in} cannot hold {n_features} independent directions.")
    _check(
        cosine * (n_features - 1) > -1 and cosine < 1,
        f"cosine must lie in ({-1 / max(1, n_features - 1):.3g}, 1) for {n_features} directions, got {cosine}.",
    )
    gram = torch.full((n_features, n_features), float(cosine)).fill_diagonal_(1.0)
    rows = torch.zeros(n_features, d_in)
    rows[:, :n_features] = torch.linalg.cholesky(gram)
    return rows


def random_directions(
    n_features: int, d_in: int, generator: torch.Generator
) -> Float[Tensor, "feature d_in"]:
    """Unit vectors, uniform on the sphere: in superposition when there are more of them than dimensions."""
    return torch.nn.functional.normalize(torch.randn(n_features, d_in, generator=generator), dim=-1)


def parent_child(
    p11: float,
    p10: float,
    p01: float = 0.0,
    d_in: int = 2,
    cosine: float = 0.0,
    child_magnitude: float = 1.0,
) -> Population:
    """The smallest world with a hierarchy: a parent and a child of magnitude 1 (the child's can be set).

    Args:
        p11: Probability of both. p10: of the parent alone. p01: of the child alone (0: the child implies
            the parent). Neither has what is left.
        d_in: Dimensions, at least 2.
        cosine: Between the two directions.
        child_magnitude: Of the child, when present.

    States, in this order: neither, parent alone, both, child alone.

    Raises:
        ValueError: a probability is negative, or they sum to more than 1; the message names it.
    """
    for name, p in (("p11", p11), ("p10", p10), ("p01", p01)):
        _check(p >= 0, f"{name} must not be negative, got {p}.")
    _check(p11 + p10 + p01 <= 1 + 1e-9, f"p11 + p10 + p01 must not exceed 1, got {p11 + p10 + p01:.6g}.")
    states = torch.tensor(
        [[0.0, 0.0], [1.0, 0.0], [1.0, child_magnitude], [0.0, child_magnitude]], dtype=torch.float32
    )
    probabilities = torch.tensor([max(0.0, 1 - p11 - p10 - p01), p10, p11, p01], dtype=torch.float32)
    return Population(directions(2, d_in, cosine), states, probabilities, ("parent", "child"))


def independent(
    probabilities: Sequence[float], features: Float[Tensor, "feature d_in"] | None = None
) -> Population:
    """Features that are present independently of each other, each with magnitude 1.

    Raises:
        ValueError: a probability outside [0, 1], or more features than 2^20 states allow.
    """
    return tree({f"f{i}": (None, p) for i, p in enumerate(probabilities)}, features=features)


def tree(
    nodes: Mapping[str, tuple[str | None, float]],
    *,
    exclusive: bool = False,
    features: Float[Tensor, "feature d_in"] | None = None,
) -> Population:
    """Any hierarchy: a child is present only where its parent is.

    Args:
        nodes: name → (parent's name or None, probability given that the parent is present), parents first.
        exclusive: Whether the children of one parent exclude each other (at most one is present); the roots
            are always independent of each other.
        features: Their directions, in the order of `nodes`; orthogonal unit vectors by default.

    Raises:
        ValueError: a child without its parent (not named, or named later), a probability outside [0, 1],
            exclusive children whose probabilities sum to more than 1, or more than 2^20 states.
    """
    names = tuple(nodes)
    children: dict[str | None, list[str]] = {None: [], **{name: [] for name in names}}
    for position, (name, (parent, p)) in enumerate(nodes.items()):
        _check(
            parent is None or parent in names[:position],
            f"nodes[{name!r}] is a child without its parent: {parent!r} must come before it.",
        )
        _check(0 <= p <= 1, f"nodes[{name!r}] has probability {p}, which is not in [0, 1].")
        children[parent].append(name)
    if exclusive:
        for parent in names:
            total = sum(nodes[child][1] for child in children[parent])
            _check(
                total <= 1 + 1e-9,
                f"nodes: the exclusive children of {parent!r} have probabilities that sum to {total:.6g} > 1.",
            )
    count = prod(_count(root, children, exclusive) for root in children[None])
    _check(
        count <= MAX_STATES, f"nodes make {count} states; at most 2^20 = {MAX_STATES} are handled exactly."
    )

    states = [(frozenset[str](), 1.0)]
    for root in children[None]:
        states = _combine(states, _subtree(root, nodes, children, exclusive))
    magnitudes = torch.tensor([[float(name in present) for name in names] for present, _ in states])
    # Summed in double precision: thousands of products of probabilities must still sum to 1.
    weights = torch.tensor([p for _, p in states], dtype=torch.float64)
    return Population(
        directions(len(names)) if features is None else features, magnitudes, weights.float(), names
    )


def with_magnitudes(
    population: Population,
    feature: str,
    nodes: Float[Tensor, " node"],
    weights: Float[Tensor, " node"],
    given: str | None = None,
) -> Population:
    """Let a feature's magnitude be random: each state that has it becomes one state a quadrature node.

    Args:
        population: The world so far.
        feature: Whose magnitude varies.
        nodes: Magnitudes. weights: their probabilities; sum to 1. `scipy` and `numpy.polynomial` give Gauss rules.
        given: Vary it only where this other feature is present too (say, the parent's magnitude given the child).

    Raises:
        ValueError: an unknown feature, weights that are no probabilities, or more than 2^20 states.
    """
    for name in (feature, *([given] if given else [])):
        _check(name in population.names, f"feature {name!r} is not one of {population.names}.")
    _check(
        nodes.shape == weights.shape,
        f"nodes and weights must match, got {tuple(nodes.shape)} and {tuple(weights.shape)}.",
    )
    _check_probabilities(weights, "weights")
    column = population.names.index(feature)
    varies = population.magnitudes[:, column] > 0
    if given is not None:
        varies &= population.magnitudes[:, population.names.index(given)] > 0
    count = int((~varies).sum() + varies.sum() * len(nodes))
    _check(
        count <= MAX_STATES, f"nodes make {count} states; at most 2^20 = {MAX_STATES} are handled exactly."
    )
    repeated = population.magnitudes[varies].repeat_interleave(len(nodes), 0)
    repeated[:, column] *= nodes.repeat(int(varies.sum()))
    split = (population.probabilities[varies, None] * weights).flatten()
    return replace(
        population,
        magnitudes=torch.cat([population.magnitudes[~varies], repeated]),
        probabilities=torch.cat([population.probabilities[~varies], split]),
    )


_States = list[tuple[frozenset[str], float]]


def _combine(left: _States, right: _States) -> _States:
    return [(a | b, p * q) for (a, p), (b, q) in product(left, right)]


def _subtree(
    name: str,
    nodes: Mapping[str, tuple[str | None, float]],
    children: Mapping[str | None, list[str]],
    exclusive: bool,
) -> _States:
    """The states of a feature and its descendants, given that its parent is present."""
    p = nodes[name][1]
    below: _States = [(frozenset(), 1.0)]
    if exclusive and children[name]:
        none = 1 - sum(nodes[child][1] for child in children[name])
        below = [(frozenset(), max(0.0, none))]
        for child in children[name]:
            below += [state for state in _subtree(child, nodes, children, exclusive) if child in state[0]]
    else:
        for child in children[name]:
            below = _combine(below, _subtree(child, nodes, children, exclusive))
    return [(frozenset(), 1 - p), *((present | {name}, p * q) for present, q in below)]


def _count(name: str, children: Mapping[str | None, list[str]], exclusive: bool) -> int:
    """How many states a subtree has, the empty one included."""
    counts = [_count(child, children, exclusive) for child in children[name]]
    return 1 + (1 + sum(n - 1 for n in counts) if exclusive else prod(counts))


def _check_probabilities(p: Tensor, name: str) -> None:
    _check(bool((p >= 0).all()), f"{name} must not be negative, got {float(p.min()):.6g}.")
    total = float(p.double().sum())
    _check(abs(total - 1) < 1e-5, f"{name} must sum to 1, got {total:.6g}.")


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
