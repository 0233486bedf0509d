"""Toy worlds in which one parent's latent has to make many exceptions: trained SAEs beside `theory.capacity`.

A parent's words are p + c, each with a direction c of its own, drawn at random. The *exceptions* are frequent and have latents;
the *others* are too rare to get one, so that the parent's latent is all that stands for them; *strangers* are c without p.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.fits import fit
from absorption.experiments.starts import start_at
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack

Kind = Literal["exclusive", "meeting"]
"""Whether an exception is there alone, or half of the time beside another one."""
ALONE, EXCEPTIONS, OTHERS, STRANGERS = 0.05, 0.4, 0.1, 0.1
"""How often the parent is there without a child, and how often all words of a kind; else there is nothing."""
SILENT = 0.1
"""Of what the parent's latent shows where the parent is alone; below it counts as silent."""


@dataclass(frozen=True)
class Crowd:
    """Worlds of one size, one a seed. `x [world state d_in]`, `p [state]`; which states are the `exceptions`, `others`, `strangers`.

    States are, in this order: the parent alone, the exceptions (pairs of them after them, if they meet), others, strangers, nothing.

    >>> crowd = crowds([0, 1], d_in=8, m=2, n=3)
    >>> crowd.x.shape, crowd.exceptions, crowd.others, crowd.strangers, round(float(crowd.p.sum()), 6)
    (torch.Size([2, 10, 8]), slice(1, 3, None), slice(3, 6, None), slice(6, 9, None), 1.0)
    """

    x: Float[Tensor, "world state d_in"]
    p: Float[Tensor, " state"]
    seeds: tuple[int, ...]
    exceptions: slice
    others: slice
    strangers: slice

    @property
    def features(self) -> Float[Tensor, "world feature d_in"]:
        """The parent's direction, then those of the exceptions."""
        return torch.cat([self.x[:, :1], self.x[:, self.exceptions] - self.x[:, :1]], 1)


def crowds(seeds: Sequence[int], d_in: int, m: int, n: int, kind: Kind = "exclusive") -> Crowd:
    """Worlds with m exceptions, n others and n strangers; all directions at random, at right angles to the parent's alone.

    >>> crowd = crowds([0], d_in=8, m=4, n=3, kind="meeting")
    >>> crowd.x.shape[1], crowd.exceptions, crowd.others  # 2 pairs between them
    (14, slice(1, 5, None), slice(7, 10, None))

    Raises:
        ValueError: exceptions that are to meet and are not even in number.
    """
    if kind == "meeting" and m % 2:
        raise ValueError(f"exceptions that meet come in pairs, so m must be even, got {m}.")
    x, pairs = [], m // 2 if kind == "meeting" else 0
    for seed in seeds:
        draws = torch.randn(m + 2 * n, d_in, generator=torch.Generator().manual_seed(seed))
        c = torch.nn.functional.normalize(torch.cat([torch.zeros(len(draws), 1), draws[:, 1:]], 1), dim=1)
        p = torch.eye(d_in)[:1]
        met = p + c[:m:2] + c[1:m:2] if pairs else p[:0]
        x.append(torch.cat([p, p + c[:m], met, p + c[m : m + n], c[m + n :], 0 * p]))
    single = EXCEPTIONS / m if not pairs else EXCEPTIONS / 2 / m
    often = [ALONE, *[single] * m, *[EXCEPTIONS / 2 / max(pairs, 1)] * pairs]
    often += [OTHERS / n] * n + [STRANGERS / n] * n
    first = 1 + m + pairs
    return Crowd(
        torch.stack(x), torch.tensor([*often, 1 - sum(often)]), tuple(seeds),
        slice(1, 1 + m), slice(first, first + n), slice(first + n, first + 2 * n),
    )  # fmt: skip


@dataclass(frozen=True)
class Held:
    """How the parent's latents read their words `[world]`.

    `held`: exceptions on which it is silent; `kept`: others on which it fires; `alarms`: strangers on which it fires.
    `delta`: how far the row is below what it reads of the parent, along an exception's own direction, the mean over exceptions, in
    what it reads of the parent; `threshold`: the encoder's bias, negative, likewise. `explained`: share of the variance.
    """

    held: Float[ndarray, " world"]
    kept: Float[ndarray, " world"]
    alarms: Float[ndarray, " world"]
    delta: Float[ndarray, " world"]
    threshold: Float[ndarray, " world"]
    explained: Float[ndarray, " world"]

    @property
    def told(self) -> Float[ndarray, " world"]:
        """Exceptions and others told apart: the mean of `held` and `kept`; ½ for a latent that fires on all, or on none.

        >>> import numpy as np
        >>> one = np.ones(1)
        >>> Held(0 * one, one, 0 * one, one, one, one).told
        array([0.5])
        """
        return (self.held + self.kept) / 2


def trained(
    crowd: Crowd,
    sparsity: float,
    *,
    tied: bool = False,
    noise: float = 0.02,
    steps: int = 3000,
    lr: float = 0.01,
) -> Held:
    """SAEs with an L1 penalty, a latent for the parent and one for each exception, started beside the truth.

    >>> found = trained(crowds([0], d_in=8, m=1, n=2), sparsity=0.05, steps=400)
    >>> found.held.tolist(), found.kept.tolist()
    ([1.0], [1.0])

    Args:
        crowd: The worlds; each is a member.
        sparsity: λ.
        tied: One matrix for both sides.
        noise: Of the start, in units of the weights.
        steps, lr: Of Adam; without steps it is the start that is read.
    """
    features = crowd.features
    recipe = Recipe(ReLU(), tied=tied, decoder_bias=False, sparsity=sparsity)
    stack = SAEStack(recipe, features.shape[2], features.shape[1], crowd.seeds)
    generator = torch.Generator().manual_seed(crowd.seeds[0])
    start_at(stack, features, features.mT, noise=noise, generator=generator)
    if steps:
        fit(stack, crowd.x, crowd.p, "exceptions", steps=steps, lr=lr)
    return read(crowd, stack)


def built(crowd: Crowd) -> Held:
    """The row p − Σ c at θ = ½ in place of a trained one: what `theory.capacity.summed` is about.

    >>> built(crowds([0], d_in=64, m=1, n=4)).told
    array([1.])
    """
    features = crowd.features
    stack = SAEStack(Recipe(ReLU(), decoder_bias=False), features.shape[2], features.shape[1], crowd.seeds)
    W_enc = features.mT.clone()
    W_enc[:, :, 0] -= W_enc[:, :, 1:].sum(2)
    bias = torch.zeros(features.shape[1])
    bias[0] = -0.5
    start_at(stack, features, W_enc, bias)
    return read(crowd, stack, silent=0.0)


@torch.no_grad()
def read(crowd: Crowd, stack: SAEStack, silent: float = SILENT) -> Held:
    """The first latent is the parent's; below `silent` of what it shows of the parent alone it is silent.

    >>> from absorption.experiments.starts import start_beside
    >>> crowd = crowds([0], d_in=8, m=1, n=2)
    >>> stack = SAEStack(Recipe(ReLU(), decoder_bias=False), 8, 2, seeds=[0])
    >>> start_at(stack, crowd.features, crowd.features.mT)
    >>> read(crowd, stack).held  # nothing is an exception yet
    array([0.])
    """
    z = stack.encode(crowd.x)
    alone = z[:, :1, 0]
    fires = (z[:, :, 0] > silent * alone) & (z[:, :, 0] > 0)
    along = (crowd.features @ stack.W_enc[:, :, :1])[..., 0]
    reads = along[:, 0].clamp(min=1e-6)
    left = ((z @ stack.dictionary + stack.b_dec[:, None] - crowd.x).square().sum(-1) * crowd.p).sum(1)
    mean = (crowd.p[:, None] * crowd.x).sum(1, keepdim=True)
    spread = ((crowd.x - mean).square().sum(-1) * crowd.p).sum(1)

    def share(states: slice) -> Float[Tensor, " world"]:
        return fires[:, states].double().mean(1)

    found = (
        1 - share(crowd.exceptions), share(crowd.others), share(crowd.strangers),
        -along[:, 1:].mean(1) / reads, -stack.b_enc[:, 0] / reads, 1 - left / spread,
    )  # fmt: skip
    return Held(*(values.double().numpy() for values in found))
