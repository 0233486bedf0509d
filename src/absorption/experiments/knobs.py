"""Three knobs that may set how much is absorbed, turned in worlds drawn at random: sparsity, co-occurrence, magnitude.

A world has one parent and a few children. How closely a child is *bound* to its parent runs from 0, where it comes as often
without the parent as chance has it, to 1, where it implies the parent; how often it comes does not change. Children of one
parent exclude each other or come independently of each other. States are finite, so the expected loss is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.fits import code, fit, living
from absorption.experiments.members import Members
from absorption.experiments.starts import start_at
from absorption.measures.hierarchy import own_latents
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

Kind = Literal["exclusive", "together"]
"""At most one child at a time, or each independently of the others."""


@dataclass(frozen=True)
class Draws:
    """What is drawn for each world."""

    parent: Float[np.ndarray, " world"]
    """Probability of the parent."""
    rates: Float[np.ndarray, "world child"]
    """Of each child, given its parent, where it is fully bound."""
    magnitudes: Float[np.ndarray, "world feature"]
    """Of the parent and its children, when present."""


def drawn(
    n_worlds: int,
    n_children: int,
    seed: int,
    *,
    parent: tuple[float, float],
    rate: tuple[float, float],
    magnitude: tuple[float, float],
) -> Draws:
    """Worlds at random values: rates uniform in the logarithm, the rest uniform in the ranges that are given.

    >>> draws = drawn(4, 2, seed=0, parent=(0.2, 0.5), rate=(0.05, 0.3), magnitude=(0.75, 1.25))
    >>> draws.rates.shape, draws.magnitudes.shape, bool((draws.parent < 0.5).all())
    ((4, 2), (4, 3), True)
    """
    rng = np.random.default_rng([seed, n_children])
    p = rng.uniform(parent[0], parent[1], n_worlds)
    rates = np.exp(rng.uniform(np.log(rate[0]), np.log(rate[1]), (n_worlds, n_children)))
    return Draws(p, rates, rng.uniform(magnitude[0], magnitude[1], (n_worlds, n_children + 1)))


def states(kind: Kind, n_children: int) -> Float[np.ndarray, "state feature"]:
    """Which features can be present together, the parent first.

    >>> len(states("exclusive", 3)), len(states("together", 3))
    (8, 16)
    """
    of_children = [c for c in product((0, 1), repeat=n_children) if kind == "together" or sum(c) < 2]
    return np.array([(parent, *children) for parent in (0, 1) for children in of_children], dtype=float)


def probabilities(kind: Kind, draws: Draws, bound: float) -> Float[np.ndarray, "world state"]:
    """Of each state, with P(parent | child) = P(parent) + `bound` × (1 − P(parent)).

    >>> import numpy as np
    >>> draws = Draws(np.array([0.5]), np.array([[0.2]]), np.ones((1, 2)))
    >>> [probabilities("together", draws, bound).round(3).tolist() for bound in (0, 1)]
    [[[0.45, 0.05, 0.45, 0.05]], [[0.5, 0.0, 0.4, 0.1]]]

    Raises:
        ValueError: the children of one parent exclude each other and come more often than it.
    """
    p = draws.parent[:, None]
    together = p + bound * (1 - p)
    given = {1: draws.rates * together, 0: draws.rates * p * (1 - together) / (1 - p)}  # [world child]
    columns = []
    for parent, *children in states(kind, draws.rates.shape[1]).astype(int).tolist():
        here, there = given[parent], np.array(children, dtype=bool)
        if kind == "together":
            chance = np.where(there, here, 1 - here).prod(1)
        else:
            chance = here[:, there].sum(1) if there.any() else 1 - here.sum(1)
        columns.append((p[:, 0] if parent else 1 - p[:, 0]) * chance)
    found = np.stack(columns, 1)
    if found.min() < 0:
        raise ValueError("rates of children that exclude each other must not sum to more than 1.")
    return found


@dataclass(frozen=True)
class Turned:
    """What became of the SAEs, `[world start bound scale sparsity]`; means over the children where there are several."""

    level: np.ndarray
    """Absorption, `[… child]`: what the child's latent writes of the parent where both are present, beyond what it writes where the
    parent is without this child, as a part of what is reconstructed of the parent there. NaN where that is less than a
    twentieth of the parent, or where no latent that fires is left for the child: there is nothing to read then."""
    share: np.ndarray
    """The parent's part of the child's decoder row over the child's part, in magnitudes of these; δ where these are equal.
    NaN where a child has no latent that fires."""
    silent: np.ndarray
    """How often the parent's latent is silent where parent and child are present."""
    found: np.ndarray
    """How often the parent's latent fires where the parent is present without a child."""
    alive: np.ndarray
    """Share of the features whose latent fires on some state."""
    explained: np.ndarray
    """1 − FVU."""
    l0: np.ndarray
    """Latents that fire, on average."""


def turned(
    kind: Kind,
    draws: Draws,
    *,
    bounds: Sequence[float],
    scales: Sequence[float],
    sparsities: Sequence[float],
    start: Literal["truth", "random"] = "truth",
    n_starts: int = 1,
    biases: bool = True,
    noise: float = 0.05,
    seed: int = 0,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Turned:
    """Train an SAE with an L1 penalty in each world at each setting of the three knobs.

    >>> draws = drawn(1, 2, seed=0, parent=(0.4, 0.5), rate=(0.2, 0.3), magnitude=(1, 1))
    >>> found = turned("exclusive", draws, bounds=[0, 1], scales=[1], sparsities=[0.1], steps=300, lr=0.02)
    >>> (found.level[0, 0, :, 0, 0].mean(1) > 0.9).tolist()  # by chance, and always with the parent
    [False, True]

    Args:
        kind: How children of one parent relate.
        draws: The worlds.
        bounds, scales, sparsities: Settings: how closely children are bound, by what the parent's magnitude is
            multiplied, and λ.
        start: Beside the truth with one latent a feature, or at random with twice as many.
        n_starts: How many starts of that kind each world gets.
        biases: Whether encoder and decoder have one; both start at zero.
        noise: Standard deviation added to every weight of a built start.
        seed: Of noise and random weights; a start of a world is the same at every setting.
        steps, lr, device: Of training.

    Raises:
        FloatingPointError: an SAE diverged.
    """
    n_worlds, n = draws.magnitudes.shape
    runs = Members(
        world=n_worlds, start=n_starts, bound=len(bounds), scale=len(scales), sparsity=len(sparsities)
    )
    stretch = np.ones((len(scales), n))
    stretch[:, 0] = scales
    # [world scale state feature]
    x = states(kind, n - 1) * (draws.magnitudes[:, None] * stretch)[:, :, None]
    p = np.stack([probabilities(kind, draws, bound) for bound in bounds], 1)
    recipe = Recipe(sparsity=1.0, encoder_bias=biases, decoder_bias=biases)
    of_start = torch.arange(n_worlds * n_starts).reshape(n_worlds, n_starts) + seed * n_worlds * n_starts
    seeds = runs.spread(of_start, "world", "start").tolist()
    sweep = {"sparsity": runs.spread(np.asarray(sparsities, dtype=np.float32), "sparsity")}
    stack = SAEStack(recipe, n, n if start == "truth" else 2 * n, seeds, sweep, device)
    if start == "truth":
        shape, generator = (n_worlds, n_starts, n, n), torch.Generator().manual_seed(seed)
        near = [torch.eye(n) + noise * torch.randn(shape, generator=generator) for _ in range(2)]
        start_at(stack, *(runs.spread(one, "world", "start") for one in near))
    every_x, every_p = runs.spread(x, "world", "scale").float(), runs.spread(p, "world", "bound").float()
    fit(stack, every_x, every_p, f"{kind}, {start}", steps=steps, lr=lr)
    return _read(stack, runs, every_x, every_p)


def _read(stack: SAEStack, runs: Members, x: Tensor, p: Tensor) -> Turned:
    n = x.shape[-1]
    z, dictionary = code(stack, x)
    lives = living(stack, x, p)
    # The row of a latent that never fires is near a feature by chance alone.
    dictionary = dictionary * lives[..., None]
    own = own_latents(dictionary, torch.eye(n))
    members = torch.arange(len(stack))[:, None]
    rows = dictionary[members, own]
    of_own = z.transpose(1, 2)[members, own].transpose(1, 2)  # [sae state feature]
    present, strength = x > 0, x.amax(1)
    parent, children = present[..., :1], present[..., 1:]
    both, without = ((p[..., None] * (parent & there)) for there in (children, ~children))
    written = of_own[..., 1:] * rows[:, None, 1:, 0]  # of the parent, by each child's latent
    xhat = stack(x.to(stack.W_dec)).detach().cpu()
    lone = p * (parent[..., 0] & ~children.any(-1))
    fires = of_own > 0
    of_parent, of_child = rows[:, 1:, 0], rows[:, 1:, 1:].diagonal(dim1=1, dim2=2)
    left = ((xhat - x).square().sum(-1) * p).sum(-1)
    spread = ((x - p[:, None] @ x).square().sum(-1) * p).sum(-1)

    def over(weights: Tensor, values: Tensor) -> Tensor:
        return (weights * values).sum(1) / weights.sum(1)

    whole = over(both, xhat[..., :1])
    known = (whole > 0.05 * strength[:, :1]) & lives[members, own][:, 1:]
    level = (over(both, written) - over(without, written)) / torch.where(known, whole, torch.nan)
    return Turned(
        level=runs.shaped(level),
        share=runs.shaped((of_parent / of_child * strength[:, 1:] / strength[:, :1]).mean(-1)),
        silent=runs.shaped(over(both, (~fires[..., :1]).float()).mean(-1)),
        found=runs.shaped(over(lone, fires[..., 0].float())),
        alive=runs.shaped((fires & (p[..., None] > 0)).any(1).float().mean(-1)),
        explained=runs.shaped(1 - left / spread),
        l0=runs.shaped(((z > 0).float().sum(-1) * p).sum(-1)),
    )
