"""SAEs of two latents whose directions are turned: what becomes of their zones, and whether training turns them back.

A world has two features of varying strength, a constant offset that all inputs share, and noise in every dimension. The *zones*
are the sets of inputs on which each latent fires; they are compared on inputs that training has not seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.fits import fit
from absorption.experiments.starts import reading, start_at
from absorption.measures.rotations import random_in, turned
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

RATE, STRENGTH, OFFSET = (0.2, 0.5), (0.7, 1.3), (0.0, 3.0)
"""Ranges: of the probability of a feature, of its strength at each input, of the length of the offset."""
MOST_ALIKE = 0.5
"""Largest cosine of the two features, whatever its sign."""


@dataclass(frozen=True)
class Scattered:
    """Inputs of many worlds, for training and for judging, and where their two features are.

    >>> worlds = scattered([0, 1], d_in=6, noise=(0.02, 0.1), n_inputs=50)
    >>> worlds.x.shape, worlds.judged.shape, worlds.present.shape
    (torch.Size([2, 50, 6]), torch.Size([2, 50, 6]), torch.Size([2, 50, 2]))
    """

    x: Float[Tensor, "world input d_in"]
    judged: Float[Tensor, "world input d_in"]
    present: Bool[Tensor, "world input 2"]
    """Of the inputs that are judged."""
    features: Float[Tensor, "world 2 d_in"]
    offset: Float[Tensor, "world d_in"]


def scattered(seeds: Sequence[int], d_in: int, noise: tuple[float, float], n_inputs: int) -> Scattered:
    """A world a seed; the same seed gives the same features and offset with any noise.

    >>> still, noisy = (scattered([3], d_in=6, noise=noise, n_inputs=9) for noise in ((0.0, 0.0), (0.1, 0.2)))
    >>> torch.equal(still.features, noisy.features), torch.equal(still.x, noisy.x)
    (True, False)

    Args:
        seeds: Of the worlds.
        d_in: Dimensions.
        noise: Range of its standard deviation in every dimension, in lengths of a feature.
        n_inputs: For training, and as many for judging.
    """
    worlds = [_scatter(np.random.default_rng(seed), d_in, noise, n_inputs) for seed in seeds]
    return Scattered(*(torch.as_tensor(np.stack(part)) for part in zip(*worlds, strict=True)))


def _scatter(
    rng: np.random.Generator, d_in: int, noise: tuple[float, float], n_inputs: int
) -> tuple[ndarray, ...]:
    features = random_in(np.eye(d_in), 2, rng)
    while abs(features[0] @ features[1]) > MOST_ALIKE:
        features = random_in(np.eye(d_in), 2, rng)
    offset = rng.uniform(*OFFSET) * random_in(np.eye(d_in), 1, rng)[0]
    rates, scale = rng.uniform(*RATE, 2), rng.uniform(0, 1)
    present = rng.random((2 * n_inputs, 2)) < rates
    amounts = present * rng.uniform(*STRENGTH, (2 * n_inputs, 2))
    sd = noise[0] + (noise[1] - noise[0]) * scale
    x = amounts @ features + offset + sd * rng.normal(size=(2 * n_inputs, d_in))
    parts = x[:n_inputs], x[n_inputs:], present[n_inputs:], features, offset
    return tuple(part if part.dtype == bool else part.astype(np.float32) for part in parts)


@dataclass(frozen=True)
class Weights:
    """Of one SAE a world; latent i is feature i's.

    >>> two = Weights(torch.zeros(1, 2, 4), torch.zeros(1, 2), torch.zeros(1, 2, 4), torch.zeros(1, 4))
    >>> two.fires(torch.ones(1, 3, 4)).shape
    torch.Size([1, 3, 2])
    """

    encoder: Float[Tensor, "world 2 d_in"]
    b_enc: Float[Tensor, "world 2"]
    decoder: Float[Tensor, "world 2 d_in"]
    b_dec: Float[Tensor, "world d_in"]

    def pre(self, x: Float[Tensor, "world input d_in"]) -> Float[Tensor, "world input 2"]:
        """Pre-activations."""
        return (x - self.b_dec[:, None]) @ self.encoder.mT + self.b_enc[:, None]

    def fires(self, x: Float[Tensor, "world input d_in"]) -> Bool[Tensor, "world input 2"]:
        """Which latents fire."""
        return self.pre(x) > 0

    def unexplained(self, x: Float[Tensor, "world input d_in"]) -> Float[Tensor, " world"]:
        """Share of the variance that is not reconstructed."""
        left = self.pre(x).relu() @ self.decoder + self.b_dec[:, None] - x
        return left.square().sum((1, 2)) / (x - x.mean(1, keepdim=True)).square().sum((1, 2))

    def some(self, at: slice) -> "Weights":
        """Those of some of the worlds."""
        return Weights(*(weight[at] for weight in vars(self).values()))


def joined(groups: Sequence[Weights]) -> Weights:
    """One group after the other, to be trained as one stack.

    >>> two = Weights(torch.zeros(1, 2, 4), torch.zeros(1, 2), torch.zeros(1, 2, 4), torch.zeros(1, 4))
    >>> len(joined([two, two]).b_enc)
    2
    """
    columns = zip(*(vars(one).values() for one in groups), strict=True)
    return Weights(*(torch.cat(parts) for parts in columns))


def trained_on(
    start: Weights, x: Float[Tensor, "world input d_in"], sparsity: float, *, frozen: bool = False, steps: int, lr: float,
    device: str = "cpu",
) -> Weights:  # fmt: skip
    """Train from the given weights, with the decoder's rows frozen or free (of length 1); an L1 penalty.

    >>> worlds = scattered([0, 1], d_in=6, noise=(0.02, 0.1), n_inputs=50)
    >>> start = beside_truth(worlds, noise=0.1, seed=0)
    >>> trained_on(start, worlds.x, 0.05, steps=3, lr=0.01).encoder.shape
    torch.Size([2, 2, 6])
    """
    n, _, d_in = start.decoder.shape
    recipe = Recipe(sparsity=sparsity, decoder="free" if frozen else "unit", init_norm=1.0)
    stack = SAEStack(recipe, d_in, 2, range(n), device=device)
    start_at(stack, start.decoder, start.encoder.mT, start.b_enc, start.b_dec)
    stack.W_dec.requires_grad_(not frozen)
    fit(stack, x, torch.full((n, x.shape[1]), 1 / x.shape[1]), "two latents", steps=steps, lr=lr)
    found = (stack.W_enc.mT, stack.b_enc, stack.dictionary, stack.b_dec)
    return Weights(*(weight.detach().cpu().clone() for weight in found))


def beside_truth(worlds: Scattered, noise: float, seed: int) -> Weights:
    """Decoder rows at the features, encoders that read them, biases at the offset, and noise of this length in every row.

    >>> beside_truth(scattered([0], d_in=6, noise=(0.0, 0.0), n_inputs=50), noise=0.0, seed=0).unexplained(torch.ones(1, 2, 6)).shape
    torch.Size([1])
    """
    generator = torch.Generator().manual_seed(seed)
    decoder, encoder = worlds.features, reading(worlds.features).mT
    parts = (
        rows + noise * _unit(torch.randn(rows.shape, generator=generator)) for rows in (decoder, encoder)
    )
    decoder, encoder = parts
    return Weights(encoder, torch.zeros(len(decoder), 2), _unit(decoder), worlds.offset)


def random_start(worlds: Scattered, seed: int) -> Weights:
    """Decoder rows in random directions, encoders along them, no encoder bias, the decoder bias at the mean input.

    >>> random_start(scattered([0], d_in=6, noise=(0.0, 0.0), n_inputs=50), seed=0).decoder.norm(dim=-1).round(decimals=3)
    tensor([[1., 1.]])
    """
    rows = _unit(torch.randn(worlds.features.shape, generator=torch.Generator().manual_seed(seed)))
    return Weights(rows, torch.zeros(len(rows), 2), rows, worlds.x.mean(1))


def any_which_way(
    rows: Float[Tensor, "world 2 d_in"], degrees: float, seeds: Sequence[int]
) -> Float[Tensor, "world 2 d_in"]:
    """Each row turned by so many degrees in a random direction of the whole space; lengths are kept.

    >>> after = any_which_way(torch.eye(3)[None, :2], 90.0, [0])
    >>> (after * torch.eye(3)[None, :2]).sum(-1).abs().round(decimals=3)
    tensor([[0., 0.]])
    """
    angle, d_in = float(np.deg2rad(degrees)), rows.shape[-1]
    towards = [random_in(np.eye(d_in), 2, np.random.default_rng([seed, 1])) for seed in seeds]
    each = [turned(r.double().numpy(), t, angle) for r, t in zip(rows, towards, strict=True)]
    return torch.as_tensor(np.stack(each)).to(rows)


def with_biases_for(
    weights: Weights, x: Float[Tensor, "world input d_in"], wanted: Bool[Tensor, "world input 2"]
) -> Weights:
    """The encoder biases with which each latent fires on as many of the wanted inputs, and as few others, as it can.

    >>> weights = Weights(torch.eye(2)[None], torch.full((1, 2), 9.0), torch.eye(2)[None], torch.zeros(1, 2))
    >>> x = torch.tensor([[[1.0, 0.0], [2.0, 0.0], [3.0, 1.0]]])
    >>> again = with_biases_for(weights, x, torch.tensor([[[False, False], [True, False], [True, True]]]))
    >>> again.b_enc, bool((again.fires(x)[0, :, 0] == torch.tensor([False, True, True])).all())
    (tensor([[-1.5000, -0.5000]]), True)
    """
    reads = (x - weights.b_dec[:, None]) @ weights.encoder.mT
    ordered, order = reads.sort(1)
    hit = wanted.gather(1, order).float()
    # Fire on all inputs from place i on: wrong are the wanted ones below it and the others from it on.
    below = torch.cat([torch.zeros_like(hit[:, :1]), hit.cumsum(1)], 1)
    above = (1 - hit).sum(1, keepdim=True) - torch.cat([torch.zeros_like(hit[:, :1]), (1 - hit).cumsum(1)], 1)
    at = (below + above).argmin(1, keepdim=True)
    ends = torch.cat([ordered[:, :1] - 1, ordered, ordered[:, -1:] + 1], 1)
    cut = (ends.gather(1, at) + ends.gather(1, at + 1)) / 2
    return Weights(weights.encoder, -cut[:, 0], weights.decoder, weights.b_dec)


def changed(
    first: Bool[Tensor, "world input 2"], second: Bool[Tensor, "world input 2"]
) -> Float[Tensor, " world"]:
    """Share of the inputs that lie in another zone.

    >>> changed(torch.tensor([[[True, False], [True, True]]]), torch.tensor([[[True, False], [False, True]]]))
    tensor([0.5000])
    """
    return (first != second).any(-1).float().mean(-1)


def angles(
    first: Float[Tensor, "world 2 d_in"], second: Float[Tensor, "world 2 d_in"]
) -> Float[Tensor, " world"]:
    """Mean angle between the same latents' rows, in degrees.

    >>> angles(torch.eye(2)[None], torch.eye(2).flip(0)[None])
    tensor([90.])
    """
    cosine = (_unit(first) * _unit(second)).sum(-1).clamp(-1, 1)
    return torch.rad2deg(torch.acos(cosine)).mean(-1)


def in_either_order(
    measure: Callable[[Tensor, Tensor], Float[Tensor, " world"]], first: Tensor, second: Tensor, dim: int
) -> Float[Tensor, " world"]:
    """The smaller of a measure's two values, with the second SAE's latents, which lie along `dim`, in either order.

    >>> in_either_order(angles, torch.eye(2)[None], torch.eye(2).flip(0)[None], dim=1)
    tensor([0.])
    """
    return torch.minimum(measure(first, second), measure(first, second.flip(dim)))


def _unit(rows: Float[Tensor, "*any d_in"]) -> Float[Tensor, "*any d_in"]:
    return torch.nn.functional.normalize(rows, dim=-1)
