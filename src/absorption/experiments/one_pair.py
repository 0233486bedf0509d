"""One parent with one child: drawn worlds, SAEs beside the δ family or from random weights, and what became of them.

States are finite (nothing, the parent alone, both), so the expected loss is exact; all worlds of a recipe train as one stack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.fits import fit, living
from absorption.experiments.members import Members
from absorption.experiments.starts import absorbing, start_at
from absorption.measures.hierarchy import CARRIED
from absorption.measures.toy import absorption_delta
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

X = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
"""Activations of the states: nothing, the parent alone, parent and child."""
SILENT = 1e-3
"""Activations up to this, a thousandth of a feature's, count as silent."""
LEARNED = 0.9
"""An SAE that explains more of the variance than this has learned both features."""


@dataclass(frozen=True)
class Worlds:
    """Worlds that differ in how often the parent comes alone or with its child, each with a sparsity weight."""

    p11: Float[np.ndarray, " world"]
    p10: Float[np.ndarray, " world"]
    sparsity: Float[np.ndarray, " world"]

    def __len__(self) -> int:
        """How many."""
        return len(self.p11)

    @property
    def p(self) -> Float[Tensor, "world state"]:
        """Probabilities of the states of `X`."""
        return torch.tensor(np.stack([1 - self.p11 - self.p10, self.p10, self.p11], axis=1)).float()

    @property
    def parent_rare(self) -> Bool[np.ndarray, " world"]:
        """Where absorption costs no more than a decoder bias in the parent's place (proposition `prop-bias`)."""
        return 1 - self.p11 - self.p10 >= self.p10 + (np.sqrt(2) - 1) * self.p11


def drawn(
    n: int, seed: int, *, both: Sequence[float], alone: Sequence[float], sparsity: Sequence[float]
) -> Worlds:
    """Worlds at random: probabilities uniform, λ uniform in the logarithm.

    >>> worlds = drawn(3, seed=0, both=(0.1, 0.3), alone=(0.1, 0.4), sparsity=(0.02, 0.2))
    >>> worlds.p.shape, bool((worlds.p > 0).all())
    (torch.Size([3, 3]), True)

    Args:
        n, seed: How many, and of which draw.
        both, alone, sparsity: Ranges: of p11, of p10, of λ.
    """
    rng = np.random.default_rng(seed)
    p11, p10 = rng.uniform(both[0], both[1], n), rng.uniform(alone[0], alone[1], n)
    return Worlds(p11, p10, np.exp(rng.uniform(np.log(sparsity[0]), np.log(sparsity[1]), n)))


@dataclass(frozen=True)
class Runs:
    """What became of every SAE."""

    stack: SAEStack
    delta: Float[np.ndarray, "world start"]
    """Absorption δ, read off the decoder alone; NaN where the child's latent writes nothing of the child."""
    absorbed: Float[np.ndarray, "world start"]
    """1 where the parent is absorbed: what writes it where it is alone is silent beside the child, and something else writes it."""
    recall: Float[np.ndarray, "world start"]
    """Share of the parent's appearances on which the best single latent that writes it fires."""
    explained: Float[np.ndarray, "world start"]
    """1 − FVU."""
    alive: Float[np.ndarray, "world start"]
    """Share of the latents that fire on some state."""
    loss: Float[np.ndarray, "world start"]
    """What was minimised, at the end; NaN if the fit does not say."""
    trace: Float[np.ndarray, "time world start"] | None = None
    """δ during training, if it was watched."""

    @property
    def learned(self) -> Bool[np.ndarray, "world start"]:
        """Whether it explains more than `LEARNED` of the variance."""
        return self.explained > LEARNED

    def share(self, only: Bool[np.ndarray, " world"] | None = None) -> Float[np.ndarray, " some"]:
        """Of each world's SAEs that have learned, how many absorb the parent; worlds without any, or not asked for, are left out."""
        learned = np.where(self.learned, self.absorbed, np.nan)
        learned = learned if only is None else learned[only]
        return np.nanmean(learned[np.isfinite(learned).any(1)], axis=1)

    @property
    def bias(self) -> Float[np.ndarray, "world start"]:
        """Part of the decoder bias along the parent; NaN where an SAE has not learned."""
        along = self.stack.b_dec.detach().cpu().numpy()[:, 0].reshape(self.explained.shape)
        return np.where(self.learned, along, np.nan)


def on_worlds(
    worlds: Worlds,
    recipe: Recipe,
    *,
    delta: float | None = 0.0,
    n_starts: int = 1,
    spare: int = 0,
    pressure: float = 1.0,
    noise: float = 0.05,
    seed: int,
    by: Callable[..., Any] = fit,
    every: int | None = None,
    device: str = "cpu",
    **options: Any,
) -> Runs:
    """Train SAEs on each world, from beside a member of the family or from random weights.

    >>> worlds = drawn(2, seed=0, both=(0.2, 0.3), alone=(0.2, 0.3), sparsity=(0.1, 0.2))
    >>> recipe = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
    >>> runs = on_worlds(worlds, recipe, seed=0, steps=300, lr=0.02)
    >>> runs.delta.round(1).tolist(), runs.absorbed.tolist()
    ([[1.0], [1.0]], [[1.0], [1.0]])

    Args:
        worlds: The worlds; each one's λ is the sparsity of its SAEs.
        recipe: Of all of them.
        delta: Of the start; None for random weights.
        n_starts: SAEs on each world.
        spare: Latents beyond two, where the start is random.
        pressure: λ is multiplied by this; 0 takes the penalty away.
        noise: Standard deviation added to every weight of a built start.
        seed: Of the noise and of random weights.
        by: What trains: `fit`, or a function of the same arguments.
        every: Watch δ every so many steps.
        device: Where to train.
        options: Of `by`.
    """
    runs = Members(world=len(worlds), start=n_starts)
    seeds = range(seed * len(runs), (seed + 1) * len(runs))
    sweep = {"sparsity": pressure * runs.spread(torch.tensor(worlds.sparsity).float(), "world")}
    stack = SAEStack(recipe, 2, 2 + spare, seeds, sweep, device)
    if delta is not None:
        generator = torch.Generator().manual_seed(seed)
        weights = absorbing(torch.eye(2), [(0, 1)], delta)
        start_at(stack, *weights, 0.0, 0.0, noise=noise, generator=generator)
    if every is not None:
        options |= dict(every=every, observe=_delta)
    report = by(stack, X, runs.spread(worlds.p, "world"), "parent and child", **options)
    trace = None if every is None else report.trace.numpy().reshape(-1, *runs.shape)
    return read(stack, worlds, runs, getattr(report, "loss", None), trace)


def _delta(stack: SAEStack) -> Float[Tensor, " sae"]:
    return absorption_delta(stack.dictionary.detach().cpu(), torch.eye(2))


def judged_rightly(worlds: Worlds, recipe: Recipe, seed: int) -> Float[np.ndarray, " world"]:
    """SAEs that are placed and not trained: share of those at δ = 1 that count as absorbed and of those at the truth that do not.

    >>> worlds = Worlds(np.array([0.2]), np.array([0.3]), np.array([0.1]))
    >>> judged_rightly(worlds, Recipe(encoder_bias=False, decoder_bias=False), seed=0).tolist()
    [1.0]
    """
    placed = [
        on_worlds(worlds, recipe, delta=at, noise=0.0, seed=seed, by=lambda *_: None) for at in (1.0, 0.0)
    ]
    return (placed[0].absorbed[:, 0] + 1 - placed[1].absorbed[:, 0]) / 2


@torch.no_grad()
def read(
    stack: SAEStack,
    worlds: Worlds,
    runs: Members,
    loss: Tensor | None = None,
    trace: np.ndarray | None = None,
) -> Runs:
    """All measures of a stack with axes (world, start), on every state.

    >>> worlds = Worlds(np.array([0.2]), np.array([0.3]), np.array([0.1]))
    >>> tied = SAEStack(Recipe(tied=True, encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
    >>> start_at(tied, torch.tensor([[1.0, 1.0], [1.0, -1.0]]))  # δ is 1, but one latent fires wherever the parent is
    >>> runs = read(tied, worlds, Members(world=1, start=1))
    >>> runs.delta.round(2).tolist(), runs.absorbed.tolist(), runs.recall.tolist()
    ([[1.0]], [[0.0]], [[1.0]])
    """
    p = runs.spread(worlds.p, "world")
    z = stack.encode(X.to(stack.W_dec)).cpu()
    rows, rebuilt = stack.dictionary.cpu(), stack(X.to(stack.W_dec)).cpu()
    fires, written = z > SILENT, z * rows[:, None, :, 0]
    of_parent = written[:, 1] >= CARRIED
    silent = ~(of_parent & fires[:, 2]).any(-1)
    absorbed = of_parent.any(-1) & silent & (written[:, 2].sum(-1) >= CARRIED)
    writes = (written >= CARRIED).any(1)
    with_parent = p[:, 1:, None]
    recall = ((fires[:, 1:] & writes[:, None]) * with_parent).sum(1).amax(-1) / with_parent[..., 0].sum(1)
    left = ((rebuilt - X).square().sum(-1) * p).sum(-1)
    spread = ((X - (p @ X)[:, None]).square().sum(-1) * p).sum(-1)
    values = dict(
        delta=_delta(stack),
        absorbed=absorbed.float(),
        recall=recall,
        explained=1 - left / spread,
        alive=living(stack, X, p).float().mean(-1),
        loss=torch.full((len(stack),), torch.nan) if loss is None else loss,
    )
    return Runs(stack, **{name: runs.shaped(value) for name, value in values.items()}, trace=trace)
