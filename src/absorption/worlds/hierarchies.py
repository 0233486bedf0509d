"""Populations with a hierarchy: parent and child, trees of any depth, and independent features as their simplest case."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.worlds.population import MAX_STATES, Population, directions, require


def parent_child(
    p11: float,
    p10: float,
    p01: float = 0.0,
    d_in: int = 2,
    cosine: float = 0.0,
    child_magnitude: float = 1.0,
) -> Population:
    """The smallest world with a hierarchy: a parent and a child of magnitude 1 (the child's can be set).

    >>> world = parent_child(p11=0.25, p10=0.25)
    >>> world.activations.tolist(), world.probabilities.tolist()
    ([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], [0.5, 0.25, 0.25, 0.0])

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
        require(p >= 0, f"{name} must not be negative, got {p}.")
    require(p11 + p10 + p01 <= 1 + 1e-9, f"p11 + p10 + p01 must not exceed 1, got {p11 + p10 + p01:.6g}.")
    states = torch.tensor(
        [[0.0, 0.0], [1.0, 0.0], [1.0, child_magnitude], [0.0, child_magnitude]], dtype=torch.float32
    )
    probabilities = torch.tensor([max(0.0, 1 - p11 - p10 - p01), p10, p11, p01], dtype=torch.float32)
    return Population(directions(2, d_in, cosine), states, probabilities, ("parent", "child"))


def independent(
    probabilities: Sequence[float], features: Float[Tensor, "feature d_in"] | None = None
) -> Population:
    """Features that are present independently of each other, each with magnitude 1.

    >>> world = independent([0.5, 0.25])
    >>> len(world.probabilities), world.feature_probabilities.tolist()
    (4, [0.5, 0.25])

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

    >>> world = tree({"animal": (None, 0.5), "dog": ("animal", 0.5), "poodle": ("dog", 0.5)})
    >>> len(world.probabilities), world.feature_probabilities.tolist()
    (4, [0.5, 0.25, 0.125])

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
        require(
            parent is None or parent in names[:position],
            f"nodes[{name!r}] is a child without its parent: {parent!r} must come before it.",
        )
        require(0 <= p <= 1, f"nodes[{name!r}] has probability {p}, which is not in [0, 1].")
        children[parent].append(name)
    if exclusive:
        for parent in names:
            total = sum(nodes[child][1] for child in children[parent])
            require(
                total <= 1 + 1e-9,
                f"nodes: the exclusive children of {parent!r} have probabilities that sum to {total:.6g} > 1.",
            )
    count = prod(_count(root, children, exclusive) for root in children[None])
    require(
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
