"""Latents that were turned beside latents that were not: trained together, and how far they then are from each other and from their inputs."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.turning import (
    Scattered,
    Weights,
    angles,
    beside_truth,
    changed,
    in_either_order,
    joined,
    random_start,
    trained_on,
)


def array(values: Tensor) -> ndarray:
    """As numpy, in double precision.

    >>> array(torch.tensor([0.5])).dtype
    dtype('float64')
    """
    return values.double().numpy()


def together(groups: Sequence[Weights], x: Float[Tensor, "world input d_in"], **how: Any) -> list[Weights]:
    """Each group of SAEs, one a world, trained on from where it is: all as one stack, each as if alone.

    >>> from absorption.experiments.turning import scattered
    >>> worlds = scattered([0, 1], d_in=6, noise=(0.02, 0.1), n_inputs=50)
    >>> groups = [beside_truth(worlds, noise=0.1, seed=seed) for seed in (0, 1, 2)]
    >>> len(together(groups, worlds.x, sparsity=0.05, steps=3, lr=0.01))
    3

    Args:
        groups: Of as many SAEs as there are worlds.
        x: Inputs of the worlds, the same for all groups.
        how: As for `turning.trained_on`.
    """
    n = len(x)
    after = trained_on(joined(groups), x.repeat(len(groups), 1, 1), **how)
    return [after.some(slice(i * n, (i + 1) * n)) for i in range(len(groups))]


def starts_of(worlds: Sequence[Scattered], seeds: Sequence[int], noise: float | None = None) -> list[Weights]:
    """For each seed a start in every world of all kinds: beside the truth with so much noise, or random weights.

    >>> from absorption.experiments.turning import scattered
    >>> worlds = scattered([0, 1], d_in=6, noise=(0.0, 0.0), n_inputs=50)
    >>> [len(start.b_enc) for start in starts_of([worlds, worlds], seeds=[0, 1], noise=1.0)]
    [4, 4]
    """
    if noise is None:
        return [joined([random_start(kind, seed) for kind in worlds]) for seed in seeds]
    return [joined([beside_truth(kind, noise, seed) for kind in worlds]) for seed in seeds]


def moved(
    zones: Bool[Tensor, "world input 2"], others: Bool[Tensor, "world input 2"]
) -> Float[ndarray, " world"]:
    """Share of the inputs that lie in another zone, latents in their own order.

    >>> moved(torch.tensor([[[True, False]]]), torch.tensor([[[False, True]]])).tolist()
    [1.0]
    """
    return array(changed(zones, others))


def to_inputs(
    rows: Float[Tensor, "world 2 d_in"],
    x: Float[Tensor, "world input d_in"],
    which: Bool[Tensor, "world input 2"],
) -> Float[ndarray, " world"]:
    """Mean angle between latents' rows, of length 1, and these of the inputs, in degrees.

    >>> to_inputs(torch.eye(2)[None], torch.eye(2)[None], torch.ones(1, 2, 2, dtype=torch.bool)).tolist()
    [45.0]
    """
    directions = torch.nn.functional.normalize(x, dim=-1) @ rows.mT
    each = torch.rad2deg(torch.acos(directions.clamp(-1, 1)))
    return array((each * which).sum((1, 2)) / which.sum((1, 2)).clamp_min(1))


def apart(one: Weights, two: Weights) -> Float[ndarray, " world"]:
    """Angle between the decoders of two SAEs under the better matching of their latents, in degrees.

    >>> one = Weights(torch.eye(2)[None], torch.zeros(1, 2), torch.eye(2)[None], torch.zeros(1, 2))
    >>> apart(one, Weights(one.encoder, one.b_enc, one.decoder.flip(1), one.b_dec)).tolist()
    [0.0]
    """
    return array(in_either_order(angles, one.decoder, two.decoder, dim=1))


def differ(
    zones: Bool[Tensor, "world input 2"], others: Bool[Tensor, "world input 2"]
) -> Float[ndarray, " world"]:
    """Share of the inputs that lie in another zone under the better matching of their latents, or of latents and features.

    >>> differ(torch.tensor([[[True, False]]]), torch.tensor([[[False, True]]])).tolist()
    [0.0]
    """
    return array(in_either_order(changed, zones, others, dim=2))
