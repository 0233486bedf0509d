"""Absorption found without probes: every ordered pair of latents scored by what an SAE alone shows.

A score `[... i j]` says how much it looks as if latent j (the child) had absorbed a part of latent i (the parent).
All scores take one SAE or a stack of them, `*sae`; all need nothing but weights and firing statistics.
`handover` is the one to use (the page 09_meta_saes says why); `strongest_pairs` runs it on dictionaries too
wide for all pairs at once.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

RARE = 1e-6
"""Frequencies below this count as never: a ratio with them would be noise."""


@dataclass(frozen=True)
class FiringStatistics:
    """How often and how strongly latents fire in each other's company: two matrices an SAE, added up over batches.

    >>> import torch
    >>> batch = FiringStatistics.of(torch.tensor([[1.0, 0.0], [1.0, 2.0]]))
    >>> batch.frequency.tolist(), (batch + batch).inputs
    ([1.0, 0.5], 4.0)

    For 8,192 latents they take 0.5 GB in float32, whatever the number of inputs.
    """

    together: Float[Tensor, "*sae d_sae d_sae"]
    """How often i and j fire together; the diagonal is how often each fires."""
    strength: Float[Tensor, "*sae d_sae d_sae"]
    """Mean over all inputs of z_i where j fires, 0 elsewhere; the diagonal is E[z_i]."""
    inputs: float = 1.0
    """Number of inputs behind them; 1 for an exact population."""

    @classmethod
    def of(
        cls,
        acts: Float[Tensor, "*sae batch d_sae"],
        probabilities: Float[Tensor, "*worlds batch"] | None = None,
    ) -> "FiringStatistics":
        """From the activations on a batch of inputs (alike, or with probabilities that sum to 1)."""
        inputs = 1.0 if probabilities is not None else float(acts.shape[-2])
        weights = acts.new_full((acts.shape[-2],), 1 / inputs) if probabilities is None else probabilities
        fires = (acts > 0).to(acts)
        weighted = weights.to(acts)[..., None]
        return cls((fires * weighted).mT @ fires, (acts * weighted).mT @ fires, inputs)

    def __add__(self, other: "FiringStatistics") -> "FiringStatistics":
        """The statistics of both batches together."""
        total = self.inputs + other.inputs
        mine, theirs = self.inputs / total, other.inputs / total
        return FiringStatistics(
            mine * self.together + theirs * other.together,
            mine * self.strength + theirs * other.strength,
            total,
        )

    @property
    def frequency(self) -> Float[Tensor, "*sae d_sae"]:
        """How often each latent fires."""
        return self.together.diagonal(dim1=-2, dim2=-1)


def decoder_cosine(W_dec: Float[Tensor, "*sae d_sae d_in"]) -> Float[Tensor, "*sae d_sae d_sae"]:
    """Cosine of the two decoder rows. Symmetric: it cannot say who is the parent.

    >>> import torch
    >>> decoder_cosine(torch.tensor([[1.0, 0.0], [3.0, 4.0]]))
    tensor([[1.0000, 0.6000],
            [0.6000, 1.0000]])
    """
    rows = torch.nn.functional.normalize(W_dec, dim=-1)
    return rows @ rows.mT


def asymmetry(
    W_enc: Float[Tensor, "*sae d_in d_sae"], W_dec: Float[Tensor, "*sae d_sae d_in"]
) -> Float[Tensor, "*sae d_sae d_sae"]:
    """cos(d_i, d_j) − cos(e_i, d_j): the decoders share a direction that the parent's encoder does not read in the child.

    >>> import torch
    >>> W_enc, W_dec = torch.tensor([[1.0, 0.0], [-1.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> round(float(asymmetry(W_enc, W_dec)[0, 1]), 3)
    0.707
    """
    unit = torch.nn.functional.normalize
    return decoder_cosine(W_dec) - unit(W_enc.mT, dim=-1) @ unit(W_dec, dim=-1).mT


def exclusion(firing: FiringStatistics) -> Float[Tensor, "*sae d_sae d_sae"]:
    """1 − P(i, j) / (P(i) P(j)), at least 0: how much more seldom than by chance the two fire together.

    0, no sign of exclusion, too where both hardly ever fire, so that chance would not bring them together either.

    >>> import torch
    >>> exclusion(FiringStatistics.of(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    chance = firing.frequency[..., :, None] * firing.frequency[..., None, :]
    return (1 - firing.together / chance.clamp_min(RARE)).clamp_min(0) * (chance > RARE)


def shared_code(codes: Float[Tensor, "*sae d_sae meta"]) -> Float[Tensor, "*sae d_sae d_sae"]:
    """How much of j's meta-code falls on i's strongest meta-latent, as a share.

    >>> import torch
    >>> shared_code(torch.tensor([[1.0, 0.0], [3.0, 1.0]])).tolist()
    [[1.0, 0.75], [1.0, 0.75]]

    Args:
        codes: Activations of a meta-SAE (an SAE trained on decoder rows, Leask et al. 2025, arXiv:2502.04878)
            on each row. A row without a code shares nothing: 0.
    """
    strongest = codes.argmax(-1)
    share = codes / codes.sum(-1, keepdim=True).clamp_min(1e-12)
    return share.mT.gather(-2, strongest[..., None].expand(*strongest.shape, codes.shape[-2]))


def handover(
    W_enc: Float[Tensor, "*sae d_in d_sae"],
    W_dec: Float[Tensor, "*sae d_sae d_in"],
    firing: FiringStatistics,
) -> Float[Tensor, "*sae d_sae d_sae"]:
    """What latent j writes in place of latent i: asymmetry × min(share, drop), each cut to [0, 1].

    >>> import torch
    >>> W_enc, W_dec = torch.tensor([[1.0, 0.0], [-1.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> acts = torch.eye(2)  # the parent's latent fires on the parent alone, the child's where both are present
    >>> handover(W_enc, W_dec, FiringStatistics.of(acts))
    tensor([[0.0000, 0.7071],
            [0.3536, 0.0000]])

    share: j's mean activation times cos(d_i, d_j), over i's mean activation where j is silent: δ, if i is the parent.
    drop: by how much less i fires where j does, as a fraction: δ too.
    asymmetry: why it fires less; two features that merely are not orthogonal have share and drop without it.

    Decoder rows of other lengths than 1 are allowed; activations count times the length.
    """
    return _handover(W_enc, W_dec, firing, slice(None))


def strongest_pairs(
    W_enc: Float[Tensor, "d_in d_sae"],
    W_dec: Float[Tensor, "d_sae d_in"],
    firing: FiringStatistics,
    count: int = 100,
    chunk: int = 1024,
) -> tuple[Int[Tensor, "pair 2"], Float[Tensor, " pair"]]:
    """The (parent, child) pairs of one SAE that `handover` scores highest, and their scores, highest first.

    >>> import torch
    >>> W_enc, W_dec = torch.tensor([[1.0, 0.0], [-1.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> strongest_pairs(W_enc, W_dec, FiringStatistics.of(torch.eye(2)), count=1)
    (tensor([[0, 1]]), tensor([0.7071]))

    Works on `chunk` parents at a time, so that thousands of latents fit. A latent and itself are no pair.
    """
    pairs, scores = [], []
    for start in range(0, len(W_dec), chunk):
        parents = slice(start, min(start + chunk, len(W_dec)))
        of_chunk = _handover(W_enc, W_dec, firing, parents)
        top = of_chunk.flatten().topk(min(count, of_chunk.numel()))
        pairs.append(torch.stack([top.indices // len(W_dec) + start, top.indices % len(W_dec)], -1))
        scores.append(top.values)
    found, score = torch.cat(pairs), torch.cat(scores)
    best = score.argsort(descending=True, stable=True)[:count]
    return found[best], score[best]


def _handover(W_enc: Tensor, W_dec: Tensor, firing: FiringStatistics, parents: slice) -> Tensor:
    """`handover` for some of the parents."""
    unit = torch.nn.functional.normalize
    rows = unit(W_dec, dim=-1)
    cosine = rows[..., parents, :] @ rows.mT
    reads = unit(W_enc.mT[..., parents, :], dim=-1) @ rows.mT
    lengths, frequency = W_dec.norm(dim=-1), firing.frequency
    together, strength = firing.together[..., parents, :], firing.strength[..., parents, :]
    total = firing.strength.diagonal(dim1=-2, dim2=-1)
    without = frequency[..., parents, None] - together
    alone = (total[..., parents, None] - strength) / without.clamp_min(RARE) * lengths[..., parents, None]
    beside = strength / frequency[..., None, :].clamp_min(RARE) * lengths[..., parents, None]
    written = (total / frequency.clamp_min(RARE) * lengths)[..., None, :] * cosine
    known = (without > RARE) & (frequency[..., None, :] > RARE) & (alone > 0)
    share = (written / alone.clamp_min(1e-12)).clamp(0, 1)
    drop = (1 - beside / alone.clamp_min(1e-12)).clamp(0, 1)
    score = (cosine - reads).clamp(0, 1) * torch.minimum(share, drop) * known
    own = torch.arange(W_dec.shape[-2], device=W_dec.device)
    return score * (own[parents, None] != own)
