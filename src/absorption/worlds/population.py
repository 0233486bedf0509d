"""Toy worlds with finite support: every state, its probability, its activation.

A state is a combination of features, each with a magnitude; its activation is the weighted sum of the
features' directions. With finitely many states an expectation is a finite sum, so an SAE can be trained
on the exact expected loss. Continuous magnitudes enter by quadrature nodes. `worlds.hierarchies` makes such worlds.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

MAX_STATES = 2**20
"""More states than this would not fit the memory of a small machine; sample instead (`worlds.sampled`)."""


@dataclass(frozen=True)
class Population:
    """A world, whole.

    >>> import torch
    >>> magnitudes, probabilities = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]]), torch.tensor([0.5, 0.25, 0.25])
    >>> world = Population(torch.eye(2), magnitudes, probabilities, names=("parent", "child"))
    >>> world.feature_probabilities.tolist(), world.true_l0
    ([0.5, 0.25], 0.75)

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
        require(
            n_states <= MAX_STATES,
            f"magnitudes has {n_states} states; at most 2^20 = {MAX_STATES} are handled exactly.",
        )
        require(
            len(self.features) == n_features,
            f"magnitudes names {n_features} features, features holds {len(self.features)}.",
        )
        require(
            len(self.probabilities) == n_states,
            f"probabilities has {len(self.probabilities)} entries for {n_states} states.",
        )
        require(
            not self.names or len(set(self.names)) == n_features,
            f"names must be {n_features} different names.",
        )
        _check_probabilities(self.probabilities, "probabilities")
        require(
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

    >>> rows = directions(2, d_in=3, cosine=0.5)
    >>> rows.shape, round(float(rows[0] @ rows[1]), 4)
    (torch.Size([2, 3]), 0.5)

    Raises:
        ValueError: no such vectors exist, or d_in is too small for them.
    """
    d_in = n_features if d_in is None else d_in
    require(d_in >= n_features, f"d_in = {d_in} cannot hold {n_features} independent directions.")
    require(
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
    """Unit vectors, uniform on the sphere: in superposition when there are more of them than dimensions.

    >>> import torch
    >>> rows = random_directions(3, 2, torch.Generator().manual_seed(0))
    >>> rows.norm(dim=-1).round(decimals=4).tolist()
    [1.0, 1.0, 1.0]
    """
    return torch.nn.functional.normalize(torch.randn(n_features, d_in, generator=generator), dim=-1)


def with_magnitudes(
    population: Population,
    feature: str,
    nodes: Float[Tensor, " node"],
    weights: Float[Tensor, " node"],
    given: str | None = None,
) -> Population:
    """Let a feature's magnitude be random: each state that has it becomes one state a quadrature node.

    >>> import torch
    >>> half = torch.tensor([0.5, 0.5])
    >>> world = Population(torch.ones(1, 1), torch.tensor([[0.0], [1.0]]), half, names=("f",))
    >>> varied = with_magnitudes(world, "f", nodes=torch.tensor([1.0, 3.0]), weights=half)
    >>> varied.magnitudes[:, 0].tolist(), varied.probabilities.tolist()
    ([0.0, 1.0, 3.0], [0.5, 0.25, 0.25])

    Args:
        population: The world so far.
        feature: Whose magnitude varies.
        nodes: Magnitudes. weights: their probabilities; sum to 1. `scipy` and `numpy.polynomial` give Gauss rules.
        given: Vary it only where this other feature is present too (say, the parent's magnitude given the child).

    Raises:
        ValueError: an unknown feature, weights that are no probabilities, or more than 2^20 states.
    """
    for name in (feature, *([given] if given else [])):
        require(name in population.names, f"feature {name!r} is not one of {population.names}.")
    require(
        nodes.shape == weights.shape,
        f"nodes and weights must match, got {tuple(nodes.shape)} and {tuple(weights.shape)}.",
    )
    _check_probabilities(weights, "weights")
    column = population.names.index(feature)
    varies = population.magnitudes[:, column] > 0
    if given is not None:
        varies &= population.magnitudes[:, population.names.index(given)] > 0
    count = int((~varies).sum() + varies.sum() * len(nodes))
    require(
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


def _check_probabilities(p: Tensor, name: str) -> None:
    require(bool((p >= 0).all()), f"{name} must not be negative, got {float(p.min()):.6g}.")
    total = float(p.double().sum())
    require(abs(total - 1) < 1e-5, f"{name} must sum to 1, got {total:.6g}.")


def require(condition: bool, message: str) -> None:
    """Refuse with the message where the condition does not hold.

    >>> require(1 + 1 == 3, "one and one must be three")
    Traceback (most recent call last):
    ValueError: one and one must be three

    Raises:
        ValueError: with that message.
    """
    if not condition:
        raise ValueError(message)
