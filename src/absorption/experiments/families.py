"""Families: parents whose children exclude each other, or meet as chance has it, or are nobody's; flat SAEs and nested ones.

All kinds have the same features with the same frequencies. Children that exclude each other leave a family with as many
states as features, so that a latent a state is a dictionary of the same size; children that meet do not. All expectations
are exact, and every seed has a world of its own, with its own frequencies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.fits import fit
from absorption.experiments.members import Members, of_best
from absorption.experiments.starts import start_towards
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.saes.recipe import BatchTopK, Recipe, ReLU
from absorption.saes.stack import SAEStack
from absorption.worlds.hierarchies import tree
from absorption.worlds.population import Population

Kind = Literal["apart", "meeting", "strangers", "oblique"]
"""`apart`: at most one child of a parent is there. `meeting`: children of one parent are independent. `strangers`: all
features are independent, and a "parent" is nobody's; the null. `oblique`: strangers, of which each "child" points in part
along its "parent", as the row of a latent that has absorbed one does."""
PARENTS = 2
OF_PARENT, OF_CHILDREN = (0.25, 0.5), (0.3, 0.8)
"""Ranges from which probabilities are drawn: of a parent, and of its children given the parent, summed if all are equal."""
INNER = {"flat": 0.0, "nested": 1.0, "quarter": 0.25}
"""Weight of the inner level; the inner level has room for the parents alone."""
DRAWN = "drawn"
"""The nesting whose two inner widths are drawn anew at each step."""
ACTIVATIONS = {"BatchTopK": Recipe(BatchTopK(1.0)), "L1": Recipe(ReLU(), sparsity=1.0)}
MEASURES = ("holes", "absorbed", "alarms", "alone", "hedging", "unexplained", "l0")


@dataclass(frozen=True)
class Families:
    """One world a seed; they share features and states and differ in how often these are met.

    >>> worlds = families(seeds=[0, 1], kind="apart")
    >>> worlds.states.shape, worlds.probabilities.shape, worlds.pairs
    (torch.Size([16, 6]), torch.Size([2, 16]), ((0, 2), (0, 3), (1, 4), (1, 5)))
    """

    seeds: tuple[int, ...]
    worlds: tuple[Population, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def features(self) -> Float[Tensor, "feature d_in"]:
        """Unit vectors, orthogonal but for the oblique kind: the parents, then their children."""
        return self.worlds[0].features

    @property
    def states(self) -> Float[Tensor, "state d_in"]:
        """The activation of every state."""
        return self.worlds[0].activations

    @property
    def present(self) -> Float[Tensor, "state feature"]:
        """Which features a state has."""
        return self.worlds[0].present

    @property
    def probabilities(self) -> Float[Tensor, "world state"]:
        """Of the states."""
        return torch.stack([world.probabilities for world in self.worlds])

    @property
    def true_l0(self) -> Float[Tensor, " world"]:
        """Features present on average."""
        return torch.tensor([world.true_l0 for world in self.worlds])


def families(
    seeds: Sequence[int], kind: Kind, n_children: int = 2, n_parents: int = PARENTS, tilt: float = 1.0
) -> Families:
    """A world for each seed; with the same seed all kinds have the same features with the same frequencies.

    >>> apart, meeting = (families(seeds=[3], kind=kind) for kind in ("apart", "meeting"))
    >>> bool(torch.isclose(apart.true_l0, meeting.true_l0).all()), len(apart.states), len(meeting.states)
    (True, 16, 25)

    Args:
        seeds: Of the worlds. kind: whether children of one parent meet.
        n_children: Of each parent. n_parents: how many there are.
        tilt: What an oblique "child" has of its "parent" for each unit of its own: the δ of the row that it looks like.
    """
    pairs = tuple((p, n_parents + n_children * p + c) for p in range(n_parents) for c in range(n_children))
    worlds = tuple(_world(seed, kind, n_children, n_parents) for seed in seeds)
    if kind == "oblique":
        features = worlds[0].features.clone()
        for parent, child in pairs:
            features[child] += tilt * features[parent]
        features = torch.nn.functional.normalize(features, dim=-1)
        worlds = tuple(replace(world, features=features) for world in worlds)
    return Families(tuple(seeds), worlds, pairs)


def _world(seed: int, kind: Kind, n_children: int, n_parents: int) -> Population:
    generator = torch.Generator().manual_seed(seed)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    of_parent = between(*OF_PARENT, n_parents).tolist()
    of_child = (between(*OF_CHILDREN, n_parents, n_children) / n_children).tolist()
    nodes: dict[str, tuple[str | None, float]] = {f"{p}": (None, of_parent[p]) for p in range(n_parents)}
    for p, c in product(range(n_parents), range(n_children)):
        given = of_child[p][c]
        nodes[f"{p}{c}"] = (
            (None, of_parent[p] * given) if kind in ("strangers", "oblique") else (f"{p}", given)
        )
    return tree(nodes, exclusive=kind == "apart")


@dataclass(frozen=True)
class Training:
    """How the SAEs of one search are trained; each has as many latents as there are features.

    Args:
        activation: A key of `ACTIVATIONS`.
        nestings: Keys of `INNER`, or `DRAWN` alone.
        tied: Whether the encoder is the transposed decoder.
        beside: Length of the random direction that is added to each true one, parents first, in a start beside the truth;
            none for a random start.
        starts: From so many starts each SAE is trained; the one with the least objective counts.
        steps, lr: Of Adam.
        device: Where.

    Raises:
        ValueError: widths that are drawn share a stack with widths that are not.
    """

    activation: str
    nestings: tuple[str, ...] = tuple(INNER)
    tied: bool = False
    beside: float | None = None
    starts: int = 1
    steps: int = 400
    lr: float = 0.03
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse a stack of two recipes."""
        if DRAWN in self.nestings and len(self.nestings) > 1:
            raise ValueError(f"{DRAWN} widths need a stack of their own, got {self.nestings}.")

    def recipe(self, d_sae: int) -> Recipe:
        """The recipe, of which pressure and weights of the levels are swept."""
        widths = dict(random_nesting=3) if DRAWN in self.nestings else dict(nesting=(PARENTS, d_sae))
        return replace(ACTIVATIONS[self.activation], tied=self.tied, **widths)


def trainer(
    worlds: Families, how: Training
) -> Callable[[Float[ndarray, "value nesting world"]], dict[str, Float[ndarray, "value nesting world"]]]:
    """What `at_l0` calls: pressures in, each of `MEASURES` out.

    The pressure is λ, or k as a share of the world's true L0; `l0` is a share of the true L0, too.

    >>> import numpy as np
    >>> worlds = families(seeds=[0, 1], kind="apart")
    >>> train = trainer(worlds, Training("L1", nestings=("flat", "nested"), starts=2, steps=2))
    >>> train(np.full((1, 2, 2), 0.1))["holes"].shape
    (1, 2, 2)
    """
    d_sae = len(worlds.features)

    def train(
        pressures: Float[ndarray, "value nesting world"],
    ) -> dict[str, Float[ndarray, "value nesting world"]]:
        members = Members(
            value=len(pressures), nesting=len(how.nestings), world=len(worlds.seeds), start=how.starts
        )
        world, start = (members.index(axis) for axis in ("world", "start"))
        seeds = [worlds.seeds[w] + 1_000_000 * s for w, s in zip(world, start, strict=True)]
        sweep = _swept(worlds, how, members, pressures)
        stack = SAEStack(how.recipe(d_sae), d_sae, d_sae, seeds, sweep=sweep, device=how.device)
        if how.beside is not None:
            start_towards(stack, worlds.features, own=how.beside)
        p = members.spread(worlds.probabilities, "world")
        report = fit(stack, worlds.states, p, how.activation, steps=how.steps, lr=how.lr)
        loss = members.shaped(report.loss)
        found = measured(stack, worlds, p, members.spread(worlds.true_l0, "world"))
        return {name: of_best(members.shaped(values), loss, axis=-1) for name, values in found.items()}

    return train


def _swept(worlds: Families, how: Training, members: Members, pressures: ndarray) -> dict[str, Tensor]:
    pressed = members.spread(pressures.copy(), "value", "nesting", "world")
    if how.activation == "BatchTopK":
        sweep = {"k": pressed * members.spread(worlds.true_l0, "world")}
    else:
        sweep = {"sparsity": pressed}
    if DRAWN not in how.nestings:
        sweep["level_weights"] = members.spread([[INNER[name], 1.0] for name in how.nestings], "nesting")
    return sweep


@torch.no_grad()
def measured(
    stack: SAEStack,
    worlds: Families,
    p: Float[Tensor, "sae state"],
    true_l0: Float[Tensor, " sae"],
) -> dict[str, Float[Tensor, " sae"]]:
    """Each of `MEASURES`, exactly, means over the pairs of parent and child.

    `holes`: how often the parent's latent is silent where both are. `absorbed`: how often it is and the child's writes
    the parent. `hedging`: the child's share of the parent's decoder row, between 0 and 1. `alarms`: how often the parent's
    latent fires where the parent is not. `alone`: how often it fires where the parent is without a child of its own.
    `unexplained`: share of the variance. `l0`: over the world's own.

    >>> from absorption.experiments.starts import start_at
    >>> worlds, stack = families(seeds=[0], kind="meeting"), SAEStack(Recipe(), 6, 6, seeds=[0])
    >>> start_at(stack, worlds.features, worlds.features.T)
    >>> found = measured(stack, worlds, worlds.probabilities, worlds.true_l0)
    >>> [round(float(found[name]), 4) for name in MEASURES]
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    """
    x, weights = worlds.states.to(stack.W_dec), p.to(stack.W_dec)
    acts, features, present = stack.encode(x), worlds.features, worlds.present.to(stack.W_dec)
    pairs = measure_pairs(acts, stack.W_enc, stack.dictionary, features, worlds.present, p, worlds.pairs)
    parents, children = (list(side) for side in zip(*worlds.pairs, strict=True))
    own = own_latents(stack.dictionary, features)[:, None, parents].expand(-1, len(x), -1)
    fires = acts.gather(2, own) > 0
    there, both = present[:, parents], present[:, parents] * present[:, children]
    of_parent = [[c for q, c in worlds.pairs if q == parent] for parent in parents]
    no_child = torch.stack([present[:, these].sum(1) == 0 for these in of_parent], 1)

    def share(of: Float[Tensor, "state pair"]) -> Float[Tensor, " sae"]:
        """Of these states, on how many the parent's latent fires: the mean over pairs."""
        counted = weights[:, :, None] * of
        return ((counted * fires).sum(1) / counted.sum(1)).mean(1)

    left = ((stack(x) - x).square().sum(-1) * weights).sum(1)
    spread = (weights @ x.square().sum(-1)) - (weights @ x).square().sum(-1)
    return {
        "holes": 1 - share(both),
        "absorbed": pairs.absorbed.mean(1),
        "hedging": pairs.hedging.clamp(0, 1).nanmean(1),
        "alarms": share(1 - there),
        "alone": share(there * no_child),
        "unexplained": left / spread,
        "l0": ((acts > 0).sum(-1) * weights).sum(1) / true_l0.to(stack.W_dec),
    }
