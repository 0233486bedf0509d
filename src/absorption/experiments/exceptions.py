"""What an exception costs a tied SAE: the best reconstruction of one whose parents are silent beside their children.

A tied SAE whose latents decide alone (a ReLU each) writes what it reads. These are trained to reconstruct, without any
penalty, under conditions; how much of the variance they leave says what the conditions cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.families import Families
from absorption.experiments.overlooked import share

HELD_BACK = (0.0, 0.5, 0.7, 1.0)
"""What a parent's row has of each child's feature, negative, where a search starts."""
MARGIN, FORCE, JITTER = 0.05, 30.0, 0.05


@dataclass(frozen=True)
class Search:
    """Which tied SAEs are looked for.

    Args:
        rows: Whether the dictionary is trained, or stays the one in which children have absorbed their parents, and only biases are.
        hole: Each parent's latent is silent beside a child and fires without one: the exception.
        alone: Each latent fires only where its feature is, so that the SAE is no less sparse than the truth.
        steps, lr: Of Adam, on all states at once.
    """

    rows: bool = True
    hole: bool = True
    alone: bool = True
    steps: int = 800
    lr: float = 0.01


def best_tied(worlds: Families, how: Search) -> dict[str, Float[ndarray, " world"]]:
    """The tied SAE with the least error of several starts: `unexplained`, `l0` (over the world's own), `silent`, `stands`.

    `silent`: how often the parent's latent is silent where both are; `stands`: how often it fires where the parent has no
    child. Latents are who they are by number, not by their rows, since a search may turn them. With `hole`, only
    SAEs count that meet it.

    >>> from absorption.experiments.families import families
    >>> found = best_tied(families([0, 1], "apart"), Search(steps=3))
    >>> found["unexplained"].shape
    (2,)
    """
    n, d = len(worlds.seeds), len(worlds.features)
    starts = HELD_BACK if how.rows else HELD_BACK[:1]
    W = torch.cat([_start(worlds, held, how.rows) for held in starts]).requires_grad_(how.rows)
    b, b_dec = (torch.zeros(len(W), d, requires_grad=True) for _ in range(2))
    p = worlds.probabilities.repeat(len(starts), 1)
    optimiser = torch.optim.Adam([*([W] if how.rows else []), b, b_dec], how.lr)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, how.steps)
    for _ in range(how.steps):
        error, pre = _encoded(worlds, W, b, b_dec, p)
        broken = sum(one.square().mean((1, 2)) for one in _broken(worlds, pre, how))
        optimiser.zero_grad()
        (error + FORCE * broken).sum().backward()
        optimiser.step()
        decay.step()
    return _least(worlds, W.detach(), b.detach(), b_dec.detach(), p, how, n)


def searches(
    worlds: Mapping[str, Families], steps: int
) -> dict[tuple[str, str], dict[str, Float[ndarray, " world"]]]:
    """The best tied SAE of each kind of world under four sets of conditions, as `best_tied` describes it: {(search, kind): …}.

    `hole`: sparse, with the exception. `no_hole`: sparse, without. `dense`: with the exception, others may fire as well. `fitted`: the
    dictionary that absorbs stays, and only its biases are fitted, without conditions.

    >>> from absorption.experiments.families import families
    >>> sorted(searches({"apart": families([0], "apart")}, steps=2))[0]
    ('dense', 'apart')
    """
    asked = {
        "hole": Search(steps=steps),
        "no_hole": Search(hole=False, steps=steps),
        "dense": Search(alone=False, steps=steps),
        "fitted": Search(rows=False, hole=False, alone=False, steps=steps),
    }
    return {(name, kind): best_tied(of, how) for name, how in asked.items() for kind, of in worlds.items()}


def way_around(
    features: Float[Tensor, "feature d_in"], pairs: Sequence[tuple[int, int]]
) -> Float[Tensor, "feature d_in"]:
    """A dictionary that needs no exception: each parent and its first child are turned by 45°, so that the parent's row answers to both.

    >>> way_around(torch.eye(3, dtype=torch.float64), [(0, 1), (0, 2)]).round(decimals=2).tolist()
    [[0.71, 0.71, 0.0], [0.71, -0.71, 0.0], [0.0, 0.0, 1.0]]

    Args:
        features: Orthogonal unit vectors.
        pairs: (parent, child), the children of one parent after each other, two of each.
    """
    turned = features.clone()
    for parent, child in pairs[::2]:
        turned[parent], turned[child] = features[parent] + features[child], features[parent] - features[child]
    return turned / turned.norm(dim=-1, keepdim=True)


def _start(worlds: Families, held: float, jitter: bool) -> Float[Tensor, "world feature d_in"]:
    """Children that write their parents, parents that hold back of their children, one a world."""
    W = worlds.features.clone()
    for parent, child in worlds.pairs:
        W[child] += worlds.features[parent]
        W[parent] -= held * worlds.features[child]
    rows = torch.nn.functional.normalize(W, dim=-1).expand(len(worlds.seeds), -1, -1).clone()
    if jitter:
        generator = torch.Generator().manual_seed(worlds.seeds[0])
        rows += JITTER * torch.randn(rows.shape, generator=generator)
    return rows


def _encoded(
    worlds: Families,
    W: Float[Tensor, "sae feature d_in"],
    b: Float[Tensor, "sae feature"],
    b_dec: Float[Tensor, "sae d_in"],
    p: Float[Tensor, "sae state"],
) -> tuple[Float[Tensor, " sae"], Float[Tensor, "sae state feature"]]:
    """Unexplained share of the variance, and pre-activations."""
    x, rows = worlds.states, torch.nn.functional.normalize(W, dim=-1)
    pre = (x - b_dec[:, None]) @ rows.mT + b[:, None]
    left = (pre.relu() @ rows + b_dec[:, None] - x).square().sum(-1)
    spread = p @ x.square().sum(-1) - (p @ x).square().sum(-1)
    return (left * p).sum(-1) / spread, pre


def _states(worlds: Families) -> tuple[Float[Tensor, "state pair"], Float[Tensor, "state pair"]]:
    """Where parent and child are, and where the parent is without any child."""
    there = worlds.present
    both = torch.stack([there[:, parent] * there[:, child] for parent, child in worlds.pairs], 1)
    children = [[c for q, c in worlds.pairs if q == parent] for parent, _ in worlds.pairs]
    lone = [
        there[:, parent] * (there[:, of].sum(1) == 0)
        for (parent, _), of in zip(worlds.pairs, children, strict=True)
    ]
    return both, torch.stack(lone, 1)


def _broken(
    worlds: Families, pre: Float[Tensor, "sae state feature"], how: Search
) -> list[Float[Tensor, "sae _ _"]]:
    """By how much each condition is broken."""
    found = []
    if how.hole:
        both, lone = _states(worlds)
        of_parent = pre[..., [parent for parent, _ in worlds.pairs]]
        found += [of_parent.relu() * both, (MARGIN - of_parent).relu() * lone]
    if how.alone:
        found += [pre.relu() * (1 - worlds.present)]
    return found or [pre.new_zeros(len(pre), 1, 1)]


def _least(
    worlds: Families, W: Tensor, b: Tensor, b_dec: Tensor, p: Tensor, how: Search, n: int
) -> dict[str, Float[ndarray, " world"]]:
    """Biases lowered until latents are as silent as they have to be; then the start that leaves least in each world."""
    _, pre = _encoded(worlds, W, b, b_dec, p)
    silent = (1 - worlds.present) * how.alone
    both, lone = _states(worlds)
    if how.hole:
        for at, (parent, _) in enumerate(worlds.pairs):
            silent[:, parent] = torch.maximum(silent[:, parent], both[:, at])
    error, pre = _encoded(worlds, W, b - (pre.relu() * silent).amax(1) * 1.0001, b_dec, p)
    fires = (pre > 0).float()
    of_parent = fires[..., [parent for parent, _ in worlds.pairs]]
    found = {
        "unexplained": error,
        "l0": (fires.sum(-1) * p).sum(1) / worlds.true_l0.repeat(len(p) // n),
        "silent": 1 - share(of_parent, both, worlds.probabilities[0]).mean(1),
        "stands": share(of_parent, lone, worlds.probabilities[0]).mean(1),
    }
    found = {name: values.view(-1, n) for name, values in found.items()}
    kept = (found["silent"] > 0.999) & (found["stands"] > 0.999) if how.hole else torch.tensor(True)
    best = torch.where(kept, found["unexplained"], torch.inf).argmin(0)
    return {name: values[best, torch.arange(n)].double().numpy() for name, values in found.items()}
