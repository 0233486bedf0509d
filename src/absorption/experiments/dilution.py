"""What a penalty on cosines does to one parent and its child among more and more latents, as a sum over pairs and as a mean.

A mean over the n (n − 1) / 2 pairs leaves each one a part of its weight that falls as 1 / n²; what the pair gains by
absorption does not change with n.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.fits import fit
from absorption.experiments.members import Members, deltas
from absorption.experiments.starts import start_beside
from absorption.saes.losses.schemes import AllPairs
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.population import Population


def lone_family(n: int, p_both: float = 0.2, p_alone: float = 0.2, p_others: float = 0.3) -> Population:
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
