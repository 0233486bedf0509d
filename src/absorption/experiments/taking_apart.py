"""SAEs that absorb, on worlds whose features are known, and meta-SAEs that take their rows apart.

A meta-SAE is an SAE trained on the decoder rows of another (Leask et al. 2025, arXiv:2502.04878). Each SAE gets one of its
own. SAEs and meta-SAEs are trained from `STARTS` random starts; the one with the least loss counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from absorption.experiments.families import Families
from absorption.experiments.fits import code, fit
from absorption.experiments.starts import start_at
from absorption.measures.clustering import active
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.measures.toy import mcc
from absorption.saes.recipe import Recipe, TopK
from absorption.saes.stack import SAEStack

ABSORBED = 0.3
"""The δ from which on a pair counts as absorbed."""
STARTS = 2


@dataclass(frozen=True)
class Dictionaries:
    """SAEs, one a world, with one latent a feature, and what is true of them."""

    worlds: Families
    acts: Float[Tensor, "world state d_sae"]
    W_enc: Float[Tensor, "world d_in d_sae"]
    rows: Float[Tensor, "world d_sae d_in"]
    own: Int[Tensor, "world feature"]
    """The latent of each feature, one to one."""
    delta: Float[Tensor, "world pair"]
    """Of each pair of parent and child; NaN where it is not available."""
    unexplained: Float[np.ndarray, " world"]
    """Share of the variance."""
    mcc: Float[np.ndarray, " world"]
    """How well latents match features."""

    @property
    def absorbed(self) -> Bool[Tensor, "world parent child"]:
        """All ordered pairs of latents: whether the second has absorbed what the first stands for."""
        found = torch.zeros(len(self.rows), *[self.rows.shape[1]] * 2, dtype=torch.bool)
        each = torch.arange(len(self.rows))
        for at, (parent, child) in enumerate(self.worlds.pairs):
            found[each, self.own[:, parent], self.own[:, child]] = self.delta[:, at] > ABSORBED
        return found

    def of_pairs(self, scores: Float[Tensor, "world d_sae d_sae"]) -> Float[Tensor, "world pair"]:
        """The scores of the latents of each parent and child."""
        parents, children = (list(side) for side in zip(*self.worlds.pairs, strict=True))
        each = torch.arange(len(scores))[:, None]
        return scores[each, self.own[:, parents], self.own[:, children]]


def trained(worlds: Families, sparsity: float, *, steps: int, lr: float, device: str = "cpu") -> Dictionaries:
    """An SAE with an L1 penalty for each world, from random weights.

    >>> from absorption.experiments.families import families
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> found.rows.shape, found.absorbed.sum((1, 2)).tolist()  # every child has absorbed its parent
    (torch.Size([1, 6, 6]), [4])

    Args:
        worlds: Of one kind.
        sparsity: λ.
        steps, lr: Of Adam. device: where.
    """
    n, n_features, x, p = len(worlds.seeds), len(worlds.features), worlds.states, worlds.probabilities
    stack = SAEStack(Recipe(sparsity=sparsity), n_features, n_features, _seeds(worlds.seeds), device=device)
    report = fit(stack, x, p.repeat_interleave(STARTS, 0), "SAEs", steps=steps, lr=lr)
    return _read(worlds, stack, _best(report.loss, n), report.mse.detach().cpu())


def _read(worlds: Families, stack: SAEStack, best: Tensor, mse: Tensor) -> Dictionaries:
    """The best members and what is true of them."""
    x, p = worlds.states, worlds.probabilities
    acts, rows = code(stack, x)
    acts, rows, W_enc = (acts * active(acts))[best], rows[best], stack.W_enc.detach().cpu()[best]
    pairs = measure_pairs(acts, W_enc, rows, worlds.features, worlds.present, p, worlds.pairs)
    spread = p @ x.square().sum(-1) - (p @ x).square().sum(-1)
    own, match = own_latents(rows, worlds.features), mcc(rows, worlds.features).numpy()
    return Dictionaries(worlds, acts, W_enc, rows, own, pairs.delta, (mse[best] / spread).numpy(), match)


def built(
    worlds: Families, W_dec: Float[Tensor, "d_sae d_in"], W_enc: Float[Tensor, "d_in d_sae"]
) -> Dictionaries:
    """The same for a dictionary that was built and not trained: an oracle, for the first world alone.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> worlds = families([0], "apart")
    >>> built(worlds, *absorbing(worlds.features, worlds.pairs)).delta.tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    stack, one = (
        SAEStack(Recipe(), *W_enc.shape, seeds=[0]),
        replace(worlds, seeds=worlds.seeds[:1], worlds=worlds.worlds[:1]),
    )
    start_at(stack, W_dec, W_enc)
    return _read(one, stack, torch.tensor([0]), torch.zeros(1))


def _seeds(seeds: Sequence[int]) -> list[int]:
    return [seed + 1_000_000 * start for seed in seeds for start in range(STARTS)]


def _best(loss: Tensor, n: int) -> Tensor:
    return loss.detach().cpu().reshape(n, STARTS).argmin(1) + STARTS * torch.arange(n)


@dataclass(frozen=True)
class MetaCodes:
    """What the meta-SAE of each world makes of the rows of its SAE."""

    codes: Float[Tensor, "world d_sae meta"]
    words: Float[Tensor, "world meta d_in"]
    """Its own decoder rows, the meta-latents' directions."""


def meta_codes(
    rows: Float[Tensor, "world d_sae d_in"],
    width: int,
    k: int,
    seeds: Sequence[int],
    *,
    steps: int,
    lr: float,
) -> MetaCodes:
    """Train a meta-SAE (TopK, no decoder bias) on the rows of each SAE; with no steps it stays as it was drawn.

    >>> meta_codes(torch.eye(4)[None], width=3, k=2, seeds=[0], steps=0, lr=0.1).codes.shape
    torch.Size([1, 4, 3])

    Args:
        rows: Decoder rows. width, k: of the meta-SAEs.
        seeds: One a world.
        steps, lr: Of Adam.
    """
    n, n_rows, d_in = rows.shape
    stack = SAEStack(Recipe(TopK(k), decoder_bias=False), d_in, width, _seeds(seeds))
    each, best = rows.repeat_interleave(STARTS, 0), STARTS * torch.arange(n)
    if steps:
        report = fit(stack, each, torch.full((n_rows,), 1 / n_rows), "meta-SAEs", steps=steps, lr=lr)
        best = _best(report.loss, n)
    codes, words = code(stack, each)
    return MetaCodes((codes * active(codes))[best], words[best])


def shuffled(rows: Float[Tensor, "world d_sae d_in"], generator: torch.Generator) -> Tensor:
    """The entries of each row in an order of its own: as long as before, and nothing is shared.

    >>> shuffled(torch.tensor([[[1.0, 2.0]]]), torch.Generator().manual_seed(0)).sort().values.tolist()
    [[[1.0, 2.0]]]
    """
    return rows.gather(2, torch.rand(rows.shape, generator=generator).argsort(-1))
