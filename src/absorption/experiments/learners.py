"""One SAE for each of many worlds: trained, or with a frozen random decoder; and what its code shows.

The null of "this score shows what was learned" is an SAE of which only the encoder learns (Korznikov et al. 2026,
arXiv:2602.14111), at the same L0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from absorption.experiments.factors import Worlds, together
from absorption.experiments.fits import code, fit
from absorption.measures.clustering import (
    active,
    adjusted_rand,
    combination_index,
    dictionary_agreement,
    zones,
)
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack


@dataclass(frozen=True)
class Code:
    """Activations and decoders of one SAE a world.

    Args:
        acts: At inference.
        rows: Decoder.
        x, p: What they were trained on.
    """

    acts: Float[Tensor, "sae state d_sae"]
    rows: Float[Tensor, "sae d_sae d_in"]
    x: Float[Tensor, "sae state d_in"]
    p: Float[Tensor, "sae state"]

    def missed(self, p: Float[Tensor, "sae state"] | None = None) -> Float[Tensor, " sae"]:
        """Share of E‖x‖² that is not reconstructed, where inputs come with p (by default: as in training)."""
        p = self.p if p is None else p
        left = ((self.acts @ self.rows - self.x).square().sum(-1) * p).sum(-1)
        return left / (self.x.square().sum(-1) * p).sum(-1)

    def index(self, effective: Float[Tensor, "sae state"]) -> Float[Tensor, " sae"]:
        """`combination_index` of each SAE, with the `effective` number of factors of its world; 0 if it never fires."""
        each = zip(self.acts, self.rows, effective, self.p, strict=True)
        return torch.cat([combination_index(z[None], rows[None], n, q) for z, rows, n, q in each]).nan_to_num(
            0.0
        )

    def of(self, at: Int[Tensor, " member"] | slice) -> "Code":
        """Some of the SAEs."""
        return Code(self.acts[at], self.rows[at], self.x[at], self.p[at])

    @property
    def l0(self) -> Float[Tensor, " sae"]:
        """Latents that fire on average, dust left out."""
        return (active(self.acts).sum(-1) * self.p).sum(-1)


def learned(
    worlds: Worlds, width: int, pressure: Float[Tensor, " world"] | float, *, kind: str = "L1", frozen: bool = False,
    steps: int, lr: float, device: str = "cpu", **options: Any,
) -> Code:  # fmt: skip
    """Train one SAE for each world from random weights, without a decoder bias, so that the empty state is zero.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> learned(worlds, 4, torch.tensor([1.0, 1.0]), kind="BatchTopK", steps=2, lr=0.01).acts.shape
    torch.Size([2, 4, 4])

    Args:
        worlds: One SAE each, whose weights are drawn with the world's seed.
        width: Latents.
        pressure: λ (kind `L1`), or k (kind `BatchTopK`); one for all, or one a world.
        frozen: Keep the decoder as it was drawn, rows of length 1; the encoder learns.
        steps, lr: Of Adam; no steps leave them as they were drawn. device: where. options: as for `fit`.
    """
    base = Recipe(decoder="free" if frozen else "unit", init_norm=1.0, decoder_bias=False)
    recipe = replace(base, sparsity=1.0) if kind == "L1" else replace(base, activation=BatchTopK(1.0))
    each = torch.as_tensor(pressure).float().expand(len(worlds.seeds)).clone()
    sweep = {"sparsity" if kind == "L1" else "k": each}
    stack = SAEStack(recipe, worlds.x.shape[-1], width, worlds.seeds, sweep=sweep, device=device)
    stack.W_dec.requires_grad_(not frozen)
    if steps:
        fit(stack, worlds.x, worlds.p, f"{kind}, {width} latents", steps=steps, lr=lr, **options)
    return read(stack, worlds)


def read(stack: SAEStack, worlds: Worlds) -> Code:
    """The code of one SAE a world, on the CPU.

    >>> from absorption.experiments.factors import factor_worlds
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> read(SAEStack(Recipe(ReLU()), 2, 4, seeds=[0, 1]), worlds).acts.shape
    torch.Size([2, 4, 4])
    """
    return Code(*code(stack, worlds.x), worlds.x, worlds.p)


def at_true_l0(
    worlds: Worlds, width: int, shares: Sequence[float], **how: Any
) -> tuple[Code, Float[ndarray, " world"]]:
    """BatchTopK SAEs with as many latents firing as features are present: of several k the one that comes nearest.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> found, off = at_true_l0(worlds, 4, [1.0, 1.1], steps=2, lr=0.01)
    >>> found.acts.shape, off.shape
    (torch.Size([2, 4, 4]), (2,))

    Args:
        worlds, width: As for `learned`.
        shares: k that are tried, over the true L0.
        how: `frozen`, `steps`, `lr`, `device` of `learned`.

    Returns:
        The SAEs, and how far each one's L0 is from the true one, as a share of it.
    """
    n, tried = len(worlds.seeds), together([worlds] * len(shares))
    pressure = torch.tensor(shares).repeat_interleave(n) * tried.true_l0
    every = learned(tried, width, pressure, kind="BatchTopK", **how)
    off = (every.l0 / tried.true_l0 - 1).reshape(len(shares), n).numpy()
    best = np.abs(off).argmin(0)
    at = torch.as_tensor(best * n + np.arange(n))
    return every.of(at), np.abs(off)[best, np.arange(n)]


def agreement(first: Code, second: Code) -> tuple[list[float], list[float]]:
    """World by world: decoder MCC of the living latents of two seeds, and the adjusted Rand index of their zones.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> one = learned(worlds, 4, torch.tensor([0.1, 0.1]), steps=2, lr=0.01)
    >>> [[round(number, 3) for number in numbers] for numbers in agreement(one, one)]
    [[1.0, 1.0], [1.0, 1.0]]
    """
    fires = [active(each.acts).any(1) for each in (first, second)]
    labels = [zones(each.acts).numpy() for each in (first, second)]
    p = first.p.double().numpy()
    n = range(len(p))
    decoders = [dictionary_agreement(first.rows[i][fires[0][i]], second.rows[i][fires[1][i]]) for i in n]
    return decoders, [adjusted_rand(labels[0][i], labels[1][i], p[i]) for i in n]


def chance_agreement(
    first: Code, second: Code, features: Float[Tensor, "feature d_in"], seed: int = 0
) -> list[float]:
    """World by world: decoder MCC of random directions among the features, as many as each SAE has living latents.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> one = learned(worlds, 4, torch.tensor([0.1, 0.1]), steps=2, lr=0.01)
    >>> all(0 < number < 1 for number in chance_agreement(one, one, worlds.features))
    True
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(one: Code, world: int) -> Float[Tensor, "latent d_in"]:
        living = int(active(one.acts)[world].any(0).sum())
        return torch.randn(living, len(features), generator=generator) @ features

    return [dictionary_agreement(drawn(first, i), drawn(second, i)) for i in range(len(first.p))]
