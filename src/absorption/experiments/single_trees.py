"""A parent with three children that exclude each other: five states, so the expected loss is exact.

Every architecture is put at the truth and at complete absorption, priced there, trained from both, from the truth
without pressure, and from random weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.architectures import COUNTS, recipe_of, swept
from absorption.experiments.members import Members
from absorption.experiments.starts import start_at
from absorption.measures.hierarchy import measure_pairs
from absorption.saes.clock import Clock
from absorption.saes.fit.training import fit_population
from absorption.saes.losses.objective import population_losses
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.hierarchies import tree
from absorption.worlds.population import Population, directions

PAIRS = ((0, 1), (0, 2), (0, 3))
BUILT = ("truth", "absorbed")
STARTS = (*BUILT, "unpressed", "random")
"""Unpressed: from the truth, with no pressure to be sparse."""


@dataclass(frozen=True)
class SingleTrees:
    """Worlds with the same states and features that differ in how often the parent is alone.

    >>> trees = single_trees(d_in=5, p_parent=0.4, alone=[0.25, 1.0])
    >>> trees.power.round(2)  # a parent, in the first world with a child three times out of four
    array([0.7, 0.4], dtype=float32)
    """

    worlds: tuple[Population, ...]

    @property
    def features(self) -> Float[Tensor, "feature d_in"]:
        """The parent's direction, then the children's; orthogonal."""
        return self.worlds[0].features

    @property
    def states(self) -> Float[Tensor, "state d_in"]:
        """Nothing, the parent alone, and the parent with each child."""
        return self.worlds[0].activations

    @property
    def probabilities(self) -> Float[Tensor, "tree state"]:
        """Of the states, in each world."""
        return torch.stack([world.probabilities for world in self.worlds])

    @property
    def power(self) -> np.ndarray:
        """E‖x‖² in each world, `[tree]`: losses are given as shares of it."""
        return (self.probabilities @ self.states.square().sum(-1)).numpy()

    def absorbed(self) -> tuple[Float[Tensor, "feature d_in"], Float[Tensor, "d_in feature"]]:
        """Decoder and encoder of complete absorption; a margin silences the parent beside a child whatever rounding does."""
        dictionary = self.features + torch.tensor([[0.0], [1], [1], [1]]) * self.features[0]
        dictionary = torch.nn.functional.normalize(dictionary, dim=-1)
        encoder = torch.linalg.pinv(dictionary)
        encoder[:, 0] -= 0.1 * self.features[1:].sum(0)
        return dictionary, encoder


@dataclass(frozen=True)
class TreeRuns:
    """What became of one architecture; losses are shares of E‖x‖²."""

    placed: dict[str, np.ndarray]
    """The loss of weights that are put in place and not trained, `[tree]`, by start in `BUILT`."""
    absorbed: dict[str, np.ndarray] = field(default_factory=dict)
    """Share of the child states in which the parent is absorbed, `[tree seed]`, by start in `STARTS`."""
    loss: dict[str, np.ndarray] = field(default_factory=dict)
    """At the end of training, `[tree seed]`, by start."""


def single_trees(d_in: int, p_parent: float, alone: Sequence[float]) -> SingleTrees:
    """One world for each share of the parent's appearances in which it has no child beside it.

    >>> trees = single_trees(d_in=5, p_parent=0.4, alone=[0.25])
    >>> trees.probabilities[0]
    tensor([0.6000, 0.1000, 0.1000, 0.1000, 0.1000])
    """
    of_share = [dict.fromkeys("abc", ("parent", (1 - share) / 3)) for share in alone]
    worlds = (
        tree({"parent": (None, p_parent), **children}, exclusive=True, features=directions(4, d_in))
        for children in of_share
    )
    return SingleTrees(tuple(worlds))


def placed(
    trees: SingleTrees, recipe: Recipe, name: str, pressure: float, device: str
) -> dict[str, np.ndarray]:
    """The objective at the end of training of the two built solutions, exactly: by start, `[tree]`.

    >>> trees = single_trees(d_in=5, p_parent=0.4, alone=[0.25])
    >>> found = placed(trees, recipe_of("L1", encoder_bias=False), "L1", pressure=0.1, device="cpu")
    >>> {start: round(float(loss[0]), 3) for start, loss in found.items()}  # L1 prefers absorption
    {'truth': 0.1, 'absorbed': 0.075}
    """
    found = {}
    n = len(trees.worlds)
    for start, weights in zip(BUILT, ((trees.features, trees.features.T), trees.absorbed()), strict=True):
        stack = SAEStack(
            recipe, trees.states.shape[1], 4, range(n), sweep=swept(name, [pressure] * n), device=device
        )
        start_at(stack, *weights)
        stack.clock = Clock(1, 1)
        with torch.no_grad():
            losses = population_losses(stack, trees.states.to(device), trees.probabilities.to(device))
        found[start] = losses.total.cpu().numpy() / trees.power
    return found


def on_single_trees(
    trees: SingleTrees,
    name: str,
    tied: bool,
    *,
    pressure: float,
    n_seeds: int,
    steps: int,
    lr: float,
    noise: float,
    n_random_latents: int,
    device: str,
) -> TreeRuns:
    """Train one architecture from every start in every world.

    >>> trees = single_trees(d_in=5, p_parent=0.4, alone=[0.25, 0.5])
    >>> runs = on_single_trees(
    ...     trees, "L1", tied=False, pressure=0.1, n_seeds=3, steps=2, lr=0.01, noise=0.01,
    ...     n_random_latents=8, device="cpu",
    ... )
    >>> list(runs.absorbed), runs.absorbed["truth"].shape
    (['truth', 'absorbed', 'unpressed', 'random'], (2, 3))

    Args:
        trees: The worlds.
        name, tied: Which architecture.
        pressure: k or λ.
        n_seeds: Of each start in each world.
        steps, lr: Of training.
        noise: Standard deviation added to every weight of a built start.
        n_random_latents: Width of the SAEs that start at random; with four, most of them lose features.
        device: Where to train.
    """
    recipe, d_in, n = recipe_of(name, tied, encoder_bias=False), trees.states.shape[1], len(trees.worlds)
    free = 4.0 if name in COUNTS else 0.0
    runs = TreeRuns(placed(trees, recipe, name, pressure, device))

    near = Members(start=3, tree=n, seed=n_seeds)
    pressed = near.spread([pressure, pressure, free], "start").tolist()
    built = SAEStack(recipe, d_in, 4, near.index("seed"), sweep=swept(name, pressed), device=device)
    truth = (trees.features, trees.features.T)
    weights = [torch.stack(side) for side in zip(truth, trees.absorbed(), truth, strict=True)]
    start_at(
        built, *(near.spread(side, "start") for side in weights),
        noise=noise, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip

    far = Members(start=1, tree=n, seed=n_seeds)
    random = SAEStack(
        recipe,
        d_in,
        n_random_latents,
        far.index("seed"),
        sweep=swept(name, [pressure] * len(far)),
        device=device,
    )
    for stack, members, starts in ((built, near, STARTS[:3]), (random, far, STARTS[3:])):
        p = members.spread(trees.probabilities, "tree")
        report = fit_population(stack, trees.states, p, steps=steps, lr=lr, description=name)
        absorbed = members.shaped(absorption_of(stack, trees, p))
        loss = members.shaped(report.loss) / trees.power[:, None]
        for at, start in enumerate(starts):
            runs.absorbed[start], runs.loss[start] = absorbed[at], loss[at]
    return runs


def absorption_of(
    stack: SAEStack, trees: SingleTrees, p: Float[Tensor, "sae_or_one state"]
) -> Float[Tensor, " sae"]:
    """Share of the child states in which the parent is absorbed, mean over the three children.

    >>> trees = single_trees(d_in=5, p_parent=0.4, alone=[0.25])
    >>> stack = SAEStack(recipe_of("L1", encoder_bias=False), 5, 4, seeds=[0])
    >>> start_at(stack, *trees.absorbed())
    >>> absorption_of(stack, trees, trees.probabilities)
    tensor([1.])
    """
    x = trees.states.to(stack.W_dec)
    pairs = measure_pairs(
        stack.encode(x), stack.W_enc, stack.dictionary, trees.features, trees.worlds[0].magnitudes, p, PAIRS
    )
    return pairs.absorbed.nanmean(-1).detach().cpu()
