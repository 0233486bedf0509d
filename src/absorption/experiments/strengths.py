"""Worlds in which a parent's strength varies, and what became of its absorption: none, in part, or all.

A parent with exclusive children, as in `knobs`; its magnitude takes several equally likely values, the same ones with a
child and without. What is called *partial* follows the comment on which page 03 rests: the parent's latent fires beside the
child, but weakly, while the child's latent writes a part of the parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from absorption.experiments.fits import code, fit, living
from absorption.experiments.knobs import Draws, probabilities, states
from absorption.experiments.members import Members
from absorption.experiments.starts import start_at
from absorption.measures.hierarchy import own_latents
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

WEAK = 0.75
"""Weaker than this share of what the same parent gets without the child."""
COUNTS = 0.1
"""Share of the parent from which on the child's latent takes part; SAEBench's threshold for an absorbing latent."""

Family = Literal["uniform", "gamma"]


def values(family: Family, spread: float, n: int) -> Float[np.ndarray, " node"]:
    """`n` equally likely values that stand for a distribution with mean 1 and standard deviation `spread`.

    >>> values("uniform", 0.5, 4).round(2).tolist(), values("gamma", 0.0, 2).tolist()
    ([0.35, 0.78, 1.22, 1.65], [1.0, 1.0])

    Each is a quantile in the middle of its part, so that the spread is a little less than was asked for.

    Raises:
        ValueError: a uniform distribution would reach below 0.
    """
    if family == "uniform" and spread > 3**-0.5:
        raise ValueError(f"spread of uniform values must not exceed 0.577, got {spread}.")
    at = (np.arange(n) + 0.5) / n
    if spread == 0:
        return np.ones(n)
    if family == "uniform":
        return 1 + spread * 12**0.5 * (at - 0.5)
    return np.asarray(stats.gamma(spread**-2, scale=spread**2).ppf(at))


@dataclass(frozen=True)
class Varied:
    """What became of the SAEs, `[world start spread sparsity]`; shares are of the states with a child and its parent."""

    partial: np.ndarray
    """The parent's latent fires at less than `WEAK` of what it gives without the child, which writes `COUNTS` of the parent or more."""
    above_tenth: np.ndarray
    """Those of the partial ones on which it gives a tenth or more of what it gives without the child."""
    above_fifth: np.ndarray
    """And a fifth or more."""
    silent: np.ndarray
    """The parent's latent is silent, and the child's writes `COUNTS` of the parent or more."""
    error: np.ndarray
    """Of the partial ones, squared error of the parent's component, times their probability."""
    error_without: np.ndarray
    """The same without what the parent's latent writes."""
    removed: np.ndarray
    """Mean over the partial ones, each alone, of the share of its squared error that the parent's latent removes, −1 where it makes
    matters worse by as much or more; NaN where none is partial."""
    row: np.ndarray
    """The parent's part of a child's decoder row, in the sum of both parts; of children with a latent that fires."""
    of_child: np.ndarray
    """What the child's latent writes of a parent of mean strength, as a part of it."""
    of_parent: np.ndarray
    """What the parent's latent writes there, likewise."""
    found: np.ndarray
    """How often the parent's latent fires where the parent is without a child."""
    alive: np.ndarray
    """Share of the features whose latent fires on some state."""
    explained: np.ndarray
    """1 − FVU."""


def varied(
    draws: Draws,
    *,
    spreads: Sequence[float],
    sparsities: Sequence[float],
    family: Family = "gamma",
    n_nodes: int = 12,
    bound: float = 1.0,
    start: Literal["truth", "random"] = "truth",
    n_starts: int = 1,
    biases: bool = True,
    noise: float = 0.05,
    seed: int = 0,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Varied:
    """Train an SAE with an L1 penalty in each world, at each spread of the parent's magnitude and each λ.

    >>> from absorption.experiments.knobs import drawn
    >>> draws = drawn(1, 2, seed=0, parent=(0.4, 0.5), rate=(0.2, 0.3), magnitude=(1, 1))
    >>> found = varied(draws, spreads=[0, 0.5], sparsities=[0.05], steps=300, lr=0.03)
    >>> (found.partial[0, 0, :, 0] > 0.5).tolist()  # a parent that is always as strong; one that is not
    [False, True]

    Args:
        draws: The worlds; their magnitudes are means for the parent.
        spreads, sparsities: Settings: standard deviation of the parent's magnitude over its mean, and λ.
        family, n_nodes: Of that distribution: its shape, and by how many values it is represented.
        bound: How closely children are bound to the parent, as in `knobs`; 1: they imply it.
        start, n_starts, biases, noise, seed, steps, lr, device: As in `knobs.turned`.

    Raises:
        FloatingPointError: an SAE diverged.
    """
    n_worlds, n = draws.magnitudes.shape
    runs = Members(world=n_worlds, start=n_starts, spread=len(spreads), sparsity=len(sparsities))
    present = np.repeat(states("exclusive", n - 1), n_nodes, axis=0)  # [state node → state feature]
    node = np.stack([np.tile(values(family, spread, n_nodes), len(present) // n_nodes) for spread in spreads])
    # [world spread state feature]
    x = np.repeat((present * draws.magnitudes[:, None])[:, None], len(spreads), axis=1)
    x[..., 0] *= node
    p = np.repeat(probabilities("exclusive", draws, bound), n_nodes, axis=1) / n_nodes
    recipe = Recipe(sparsity=1.0, encoder_bias=biases, decoder_bias=biases)
    of_start = torch.arange(n_worlds * n_starts).reshape(n_worlds, n_starts) + seed * n_worlds * n_starts
    seeds = runs.spread(of_start, "world", "start").tolist()
    sweep = {"sparsity": runs.spread(np.asarray(sparsities, dtype=np.float32), "sparsity")}
    stack = SAEStack(recipe, n, n if start == "truth" else 2 * n, seeds, sweep, device)
    if start == "truth":
        shape, generator = (n_worlds, n_starts, n, n), torch.Generator().manual_seed(seed)
        near = [torch.eye(n) + noise * torch.randn(shape, generator=generator) for _ in range(2)]
        start_at(stack, *(runs.spread(one, "world", "start") for one in near))
    every_x, every_p = runs.spread(x, "world", "spread").float(), runs.spread(p, "world").float()
    fit(stack, every_x, every_p, f"strength varies, {start}", steps=steps, lr=lr)
    means = runs.spread(draws.magnitudes, "world").float()
    return _read(stack, runs, every_x, every_p, means)


def _read(stack: SAEStack, runs: Members, x: Tensor, p: Tensor, means: Tensor) -> Varied:
    n = x.shape[-1]
    # The row of a latent that never fires is near a feature by chance alone: it must not be matched.
    dictionary = code(stack, x)[1] * living(stack, x, p)[..., None]
    own = own_latents(dictionary, torch.eye(n))
    rows = dictionary[torch.arange(len(stack))[:, None], own]  # [sae feature feature]

    def own_codes(inputs: Tensor) -> Tensor:
        return code(stack, inputs)[0].gather(2, own[:, None].expand(-1, inputs.shape[1], -1))

    of_own, alone = own_codes(x), own_codes(x * torch.eye(n)[0])[..., 0]
    parent, children = x[..., 0], x[..., 1:] > 0
    both = p * ((parent > 0) & children.any(-1))
    main = of_own[..., 0]
    by_main = main * rows[:, None, 0, 0]
    by_child = (of_own[..., 1:] * rows[:, None, 1:, 0] * children).sum(-1)
    takes = by_child >= COUNTS * parent
    is_partial = both * ((main > 0) & (main < WEAK * alone) & takes)
    xhat = stack(x.to(stack.W_dec)).detach().cpu()
    left = parent - xhat[..., 0]
    weight, without = is_partial.sum(1), left + by_main
    removed = (1 - left.square() / without.square()).nan_to_num(nan=0, neginf=-1).clamp(min=-1)
    typical = means[:, None] * torch.stack([torch.eye(n)[0] + torch.eye(n)[i] for i in range(1, n)])
    codes = own_codes(typical)  # [sae child feature]
    each = torch.arange(n - 1)
    lone = p * ((parent > 0) & ~children.any(-1))
    power = ((x - p[:, None] @ x).square().sum(-1) * p).sum(-1)
    own_part = rows[:, 1:, 1:].diagonal(dim1=1, dim2=2)
    return Varied(
        partial=runs.shaped(weight / both.sum(1)),
        above_tenth=runs.shaped((is_partial * (main >= 0.1 * alone)).sum(1) / both.sum(1)),
        above_fifth=runs.shaped((is_partial * (main >= 0.2 * alone)).sum(1) / both.sum(1)),
        silent=runs.shaped((both * ((main == 0) & takes)).sum(1) / both.sum(1)),
        error=runs.shaped((is_partial * left.square()).sum(1)),
        error_without=runs.shaped((is_partial * without.square()).sum(1)),
        removed=runs.shaped((is_partial * removed).sum(1) / weight),
        row=runs.shaped((rows[:, 1:, 0] / (rows[:, 1:, 0] + own_part)).nanmean(-1)),
        of_child=runs.shaped((codes[:, each, 1 + each] * rows[:, 1:, 0] / means[:, :1]).mean(-1)),
        of_parent=runs.shaped((codes[..., 0] * rows[:, :1, 0] / means[:, :1]).mean(-1)),
        found=runs.shaped((lone * (main > 0)).sum(1) / lone.sum(1)),
        alive=runs.shaped(((of_own > 0) & (p[..., None] > 0)).any(1).float().mean(-1)),
        explained=runs.shaped(1 - ((xhat - x).square().sum(-1) * p).sum(-1) / power),
    )
