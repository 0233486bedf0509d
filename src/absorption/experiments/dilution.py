"""What a penalty on cosines does to one parent and its child among more and more latents, as a sum over pairs and as a mean.

A mean over the n (n − 1) / 2 pairs leaves each one a part of its weight that falls as 1 / n²; what the pair gains by
absorption does not change with n.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.fits import fit
from absorption.experiments.members import Members, deltas
from absorption.experiments.starts import start_beside
from absorption.runtime.parallel import in_parallel
from absorption.saes.losses.schemes import AllPairs
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack
from absorption.theory.orthogonality import orthogonality_law
from absorption.worlds.population import Population

P_BOTH = 0.2
"""How often parent and child are present, both."""


def lone_family(n: int, p_both: float = P_BOTH, p_alone: float = 0.2, p_others: float = 0.3) -> Population:
    """A parent (feature 0) and its child (1) among `n` orthogonal features; the others come one at a time, as often together.

    >>> lone_family(4).feature_probabilities.round(decimals=2)
    tensor([0.4000, 0.2000, 0.1500, 0.1500])

    However many features there are, the family is as frequent: what it gains by absorption does not change with `n`.
    """
    features = torch.eye(n)
    others = [p_others / max(1, n - 2)] * (n - 2)
    p = torch.tensor([1 - p_both - p_alone - sum(others), p_alone, p_both, *others])
    states = torch.cat([torch.zeros(1, n), features[:1], features[:1] + features[1:2], features[2:]])
    return Population(features, states, p)


def by_rule(
    sizes: Sequence[int],
    mean: float,
    each: float,
    sparsity: float,
    *,
    seed: int,
    device: str = "cpu",
    **how: Any,
) -> tuple[Float[ndarray, "rule size seed"], Float[ndarray, "rule size"]]:
    """δ among more and more latents, measured and by the law, with a penalty that is a mean over pairs, and with one that is a sum.

    >>> measured, law = by_rule([2, 32], 1.0, 0.03, 0.1, seed=0, n_seeds=1, steps=2, lr=0.02)
    >>> measured.shape, law.round(2).tolist()
    ((2, 2, 1), [[0.0, 1.0], [0.0, 0.0]])

    Args:
        sizes: Latents.
        mean: Weight of the mean over pairs, the same at every size.
        each: What every pair pays in the sum.
        sparsity: λ.
        seed: Of the noise at the start.
        device: Where.
        how: `n_seeds`, `steps` and `lr`, as for `diluted`.
    """
    pairs = np.array([n * (n - 1) / 2 for n in sizes])
    weight = np.stack([mean / pairs, np.full(len(sizes), each)])

    def of_size(i: int) -> Float[ndarray, "rule seed"]:
        return diluted(sizes[i], list(weight[:, i] * pairs[i]), sparsity, seed=seed, device=device, **how)

    measured = np.stack(in_parallel(of_size, range(len(sizes)), device), 1)
    return measured, orthogonality_law(weight, sparsity, P_BOTH, exponent=1)


def diluted(
    n: int,
    means: Sequence[float],
    sparsity: float,
    *,
    n_seeds: int,
    seed: int,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Float[ndarray, "weight seed"]:
    """δ of SAEs with `n` latents that start beside the truth, with the mean of `|cosine|` penalised at each of these weights.

    >>> diluted(2, [0.0, 1.0], sparsity=0.1, n_seeds=1, seed=0, steps=400, lr=0.02).round(1).tolist()
    [[1.0], [0.0]]

    Args:
        n: Latents, and features of `lone_family`.
        means: Weights of the mean over pairs; of one pair they are 2 / (n (n − 1)) of it.
        sparsity: λ.
        n_seeds: Starts, each with noise of its own.
        seed: Of the noise.
        steps, lr: Of Adam.
        device: Where.
    """
    members = Members(weight=len(means), seed=n_seeds)
    scheme = AllPairs(exponent=1)
    recipe = Recipe(
        sparsity=sparsity,
        encoder_bias=False,
        decoder_bias=False,
        orthogonality=1.0,
        orthogonality_scheme=scheme,
    )
    sweep = {"orthogonality": members.spread(torch.tensor(list(means)), "weight")}
    stack = SAEStack(recipe, n, n, members.index("seed"), sweep=sweep, device=device)
    world = lone_family(n)
    start_beside(stack, world.features, noise=0.05, generator=torch.Generator().manual_seed(seed))
    fit(stack, world.activations, world.probabilities, "width", steps=steps, lr=lr)
    return deltas(stack, world.features, members)
