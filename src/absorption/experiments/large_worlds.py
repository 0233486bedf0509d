"""Large worlds of trees with inputs to train on and to judge by, and what an SAE would be there if nothing had to be learned."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy import ndarray
from torch import Tensor

from absorption.saes.fit import threshold
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.benchmark import Benchmark, benchmark

LEAST = 10
"""Appearances of a child below which its pair is not judged."""


@dataclass(frozen=True)
class Sample:
    """A world with inputs to train on and others to judge by.

    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> sample.x.shape, sample.magnitudes.shape, len(sample.strangers) == len(sample.world.pairs)
    (torch.Size([64, 16]), (32, 50), True)
    """

    world: Benchmark
    x: Float[Tensor, "train d_in"]
    judged: Float[Tensor, "input d_in"]
    magnitudes: Float[ndarray, "input feature"]
    """Of the judged inputs."""

    @cached_property
    def rows(self) -> list[Int64[ndarray, " n"]]:
        """The judged inputs in which each feature is present."""
        return [np.flatnonzero(column) for column in (self.magnitudes > 0).T]

    @cached_property
    def ancestors(self) -> list[list[int]]:
        """Of each feature, the nearest first."""
        found: list[list[int]] = []
        for parent in self.world.parents:
            found.append([parent, *found[parent]] if parent >= 0 else [])
        return found

    @cached_property
    def subtrees(self) -> list[list[int]]:
        """Each feature and all that imply it."""
        found: list[list[int]] = [[feature] for feature in range(len(self.world.parents))]
        for feature, above in enumerate(self.ancestors):
            for ancestor in above:
                found[ancestor].append(feature)
        return found

    @cached_property
    def without_child(self) -> dict[int, Bool[ndarray, " input"]]:
        """Of each root with children, on which judged inputs no descendant of it is present."""
        trees = (tree for tree, above in zip(self.subtrees, self.ancestors, strict=True) if not above)
        return {root: np.asarray((self.magnitudes[:, below] <= 0).all(1)) for root, *below in trees if below}

    @cached_property
    def strangers(self) -> tuple[tuple[int, int], ...]:
        """For each pair its parent with a child of another tree, the most alike in rate and in cosine with the parent."""
        world = self.world
        children = np.array([child for _, child in world.pairs])
        root = np.array([above[-1] if above else i for i, above in enumerate(self.ancestors)])
        rate, cosines = np.log(world.probabilities), (world.features @ world.features.T).numpy()
        found = []
        for parent, child in world.pairs:
            others = children[root[children] != root[parent]]
            near = others[np.abs(rate[others] - rate[child]).argsort(kind="stable")[:20]]
            apart = np.abs(cosines[parent, near] - cosines[parent, child])
            found.append((parent, int(near[apart.argmin()])))
        return tuple(found)

    def common(self, n: int) -> Bool[ndarray, " pair"]:
        """Which pairs are of a root and a child that are both among the n most frequent features."""
        often = np.zeros(len(self.ancestors), dtype=bool)
        often[self.world.probabilities.argsort(kind="stable")[::-1][:n]] = True
        return np.array(
            [not self.ancestors[one] and often[one] and often[two] for one, two in self.world.pairs]
        )

    def ceiling(self, d_sae: int, k: float) -> float:
        """What true latents would explain of the judged inputs' variance, with no more firings than k an input on average.

        They stand for the d_sae features that carry most, and fire where these are strongest.
        """
        kept = np.sort(np.square(self.magnitudes).mean(0).argsort()[::-1][:d_sae])
        codes = self.magnitudes[:, kept]
        most = np.sort(codes, axis=None)[::-1][: int(k * len(codes))]
        best = torch.tensor(np.where(codes >= most[-1], codes, 0.0)) @ self.world.features[kept]
        return explained(best, self.judged)


def drawn(
    seed: int, *, n_features: int, d_in: int, roots: int, exclusive: bool, n_train: int, n_judged: int
) -> Sample:
    """A world and its inputs, those to judge by drawn apart.

    >>> drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=False, n_train=64, n_judged=32).judged.shape
    torch.Size([32, 16])
    """
    world = benchmark(n_features, d_in, roots=roots, exclusive=exclusive, seed=seed)
    judged, magnitudes = world.draw(n_judged, seed + 1_000_000)
    return Sample(world, world.inputs(n_train, seed), judged, magnitudes.numpy())


def settle(stack: SAEStack, sample: Sample) -> None:
    """Set the threshold of a BatchTopK stack so that as many latents as were asked for fire on the inputs by which it is judged.

    It is read off the activations alone. On the inputs that it was trained on an SAE fires less than on others.

    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> stack = SAEStack(Recipe(BatchTopK(2)), 16, 8, [0])
    >>> settle(stack, sample)
    >>> (stack.encode(sample.judged) > 0).sum().item() / 32
    2.0
    """
    x = sample.judged.to(stack.W_dec)
    stack.threshold.copy_(threshold.exact(stack, x, x.new_full((1, len(x)), 1 / len(x))))


def true_stack(sample: Sample, d_sae: int, k: float | None = None) -> SAEStack:
    """The true directions of the most frequent features as encoder and decoder, at a mean L0 of k (by default: all that is theirs).

    >>> sample = drawn(seed=0, n_features=50, d_in=64, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> true_stack(sample, 42).dictionary.shape
    torch.Size([1, 42, 64])
    """
    rates = sample.world.probabilities
    kept = rates.argsort(kind="stable")[::-1][:d_sae].copy()
    k = float(rates[kept].sum()) if k is None else k
    stack = SAEStack(
        Recipe(BatchTopK(k), tied=True, encoder_bias=False, decoder_bias=False), sample.x.shape[1], d_sae, [0]
    )
    stack.requires_grad_(False)
    stack.W_dec[0] = sample.world.features[kept]
    settle(stack, sample)
    return stack


def absorbing_codes(sample: Sample) -> tuple[Tensor, Tensor]:
    """Codes and a dictionary for all features in which every parent is absorbed into each of its children.

    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> codes, rows = absorbing_codes(sample)
    >>> parent, child = sample.world.pairs[0]
    >>> bool(((codes[:, parent] > 0) & (codes[:, child] > 0)).any())
    False
    """
    features, magnitudes = sample.world.features, torch.tensor(sample.magnitudes)
    rows, codes = features.clone(), magnitudes.clone()
    for (
        parent,
        child,
    ) in sample.world.pairs:  # parents come before their children, and hand down what they have absorbed
        rows[child] = rows[child] + rows[parent]
        codes[:, parent] = torch.where(magnitudes[:, child] > 0, 0.0, codes[:, parent])
    return codes, rows


def explained(reconstruction: Tensor, x: Tensor) -> float:
    """1 − FVU.

    >>> explained(torch.zeros(2, 1), torch.tensor([[-1.0], [1.0]])), explained(torch.ones(2, 1), torch.tensor([[0.0], [2.0]]))
    (0.0, 0.0)
    """
    return float(1 - (reconstruction - x).square().sum() / (x - x.mean(0)).square().sum())
