"""What became of each (parent, child) pair of a world with a hierarchy: absorbed, hedged, or kept apart.

Everything is read in the plane of the pair's two true directions, so that features in superposition, where
no coordinates in the basis of all features exist, are handled like orthogonal ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from absorption.measures.ratios import ratio

CARRIED = 0.4
"""Share of the parent's magnitude that the child's latent must write to count as its absorber (as in SAEBench)."""

Pairs = Sequence[tuple[int, int]]
"""(parent, child), as numbers of features."""


@dataclass(frozen=True)
class PairMeasures:
    """One entry a pair, for every SAE; NaN where a feature of the pair has no latent of its own, or where the states
    or the part of a latent that a measure is a share of are missing."""

    delta: Float[Tensor, "sae pair"]
    """The parent's part of the child latent's decoder over the child's part: 0 none, 1 full absorption."""
    recall: Float[Tensor, "sae pair"]
    """How often the parent's latent fires where the child is present."""
    absorbed: Float[Tensor, "sae pair"]
    """How often, where both are present, the parent's latent is silent and the child's writes the parent."""
    hedging: Float[Tensor, "sae pair"]
    """The child's part of the parent latent's decoder over the parent's part: it writes a child that is not implied."""
    lean: Float[Tensor, "sae pair"]
    """Response of the parent latent's encoder to the child over its response to the parent: negative under
    absorption, positive under hedging (Chanin et al. 2025, arXiv:2505.11756)."""


def own_latents(
    dictionary: Float[Tensor, "sae d_sae d_in"], features: Float[Tensor, "feature d_in"]
) -> Int[Tensor, "sae feature"]:
    """The latent of each feature in the one-to-one match of largest summed cosine; −1 where latents run out.

    >>> import torch
    >>> own_latents(torch.tensor([[[0.0, 2.0], [3.0, 0.0]]]), features=torch.eye(2)).tolist()
    [[1, 0]]

    The sign counts, unlike in `mcc`: activations are not negative, so an opposite direction is no match.
    """
    unit = torch.nn.functional.normalize
    cosines = (unit(dictionary, dim=-1) @ unit(features, dim=-1).T).detach().cpu().double().numpy()
    matched = torch.full((len(dictionary), len(features)), -1)
    for i, of_sae in enumerate(cosines):
        latents, named = (torch.as_tensor(a) for a in linear_sum_assignment(of_sae, maximize=True))
        matched[i, named] = latents
    return matched.to(dictionary.device)


def pair_coordinates(
    vectors: Float[Tensor, "sae pair d_in"], features: Float[Tensor, "feature d_in"], pairs: Pairs
) -> tuple[Float[Tensor, "sae pair"], Float[Tensor, "sae pair"]]:
    """(parent's, child's) coordinate of each vector's projection on the plane of its pair, by least squares.

    >>> import torch
    >>> features = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> of_parent, of_child = pair_coordinates(torch.tensor([[[3.0, 1.0]]]), features, pairs=[(0, 1)])
    >>> of_parent.tolist(), of_child.tolist()
    ([[2.0]], [[1.0]])

    Raises:
        ValueError: a parent and its child point the same way, so they span no plane.
    """
    parent, child = (features[list(side)].to(vectors) for side in zip(*pairs, strict=True))
    pp, cc, pc = (parent * parent).sum(-1), (child * child).sum(-1), (parent * child).sum(-1)
    area = pp * cc - pc * pc
    if bool((area <= 1e-9 * pp * cc).any()):
        raise ValueError("pairs: a parent and its child point the same way, so they span no plane.")
    on_parent, on_child = (vectors * parent).sum(-1), (vectors * child).sum(-1)
    return (cc * on_parent - pc * on_child) / area, (pp * on_child - pc * on_parent) / area


def recall(
    acts: Float[Tensor, "sae state d_sae"],
    latents: Int[Tensor, "sae pair"],
    on: Float[Tensor, "state pair"],
    probabilities: Float[Tensor, "sae_or_one state"],
) -> Float[Tensor, "sae pair"]:
    """How often each latent fires on the states where `on` is not 0 (say, those with the child).

    >>> import torch
    >>> acts, latents, on = torch.tensor([[[1.0], [0.0]]]), torch.tensor([[0]]), torch.ones(2, 1)
    >>> recall(acts, latents, on, torch.tensor([[0.75, 0.25]])).tolist()
    [[0.75]]

    NaN where there is no latent (−1) or where the states never occur.
    """
    weights = probabilities[:, :, None] * (on > 0)
    share = (_fires(acts, latents) * weights).sum(1) / weights.sum(1)
    return torch.where(latents >= 0, share, torch.nan)


def measure_pairs(
    acts: Float[Tensor, "sae state d_sae"],
    W_enc: Float[Tensor, "sae d_in d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    magnitudes: Float[Tensor, "state feature"],
    probabilities: Float[Tensor, "*worlds state"],
    pairs: Pairs,
) -> PairMeasures:
    """All measures of every pair.

    >>> import torch
    >>> W_enc, W_dec = torch.tensor([[[1.0, 0.0], [-1.0, 1.0]]]), torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])
    >>> x = torch.tensor([[1.0, 0.0], [1.0, 1.0]])  # the parent alone, and with its child: fully absorbed
    >>> found = measure_pairs((x @ W_enc).relu(), W_enc, W_dec, torch.eye(2), x, torch.tensor([0.5, 0.5]), [(0, 1)])
    >>> found.delta.tolist(), found.recall.tolist(), found.absorbed.tolist()
    ([[1.0]], [[0.0]], [[1.0]])

    Args:
        acts: Activations of the SAEs at inference, on every state (or on samples).
        W_enc, dictionary: Encoders, and decoders as written (`stack.dictionary`).
        features: True directions.
        magnitudes: Of each feature in each state, 0 where it is absent.
        probabilities: Of each state, shared or one row an SAE (for samples: all equal).
        pairs: (parent, child), as numbers of features.

    Raises:
        ValueError: a parent and its child point the same way.
    """
    acts, W_enc, dictionary = acts.detach(), W_enc.detach(), dictionary.detach()
    features, magnitudes = features.to(dictionary), magnitudes.to(dictionary)
    weights = torch.atleast_2d(probabilities).to(dictionary)
    parents, children = (list(side) for side in zip(*pairs, strict=True))
    own = own_latents(dictionary, features)
    of_parent, of_child = own[:, parents], own[:, children]
    missing = (of_parent < 0) | (of_child < 0)

    parent_in_child, child_in_child = pair_coordinates(_rows(dictionary, of_child), features, pairs)
    parent_in_parent, child_in_parent = pair_coordinates(_rows(dictionary, of_parent), features, pairs)
    encoder = _rows(W_enc.mT, of_parent)
    to_child = (encoder * features[children]).sum(-1)
    to_parent = (encoder * features[parents]).sum(-1)

    written = _columns(acts, of_child) * parent_in_child[:, None]
    carries = (written >= CARRIED * magnitudes[:, parents]) & _fires(acts, of_child)
    both = weights[:, :, None] * ((magnitudes[:, parents] > 0) & (magnitudes[:, children] > 0))
    absorbed = (both * (carries & ~_fires(acts, of_parent))).sum(1) / both.sum(1)

    def known(values: Float[Tensor, "sae pair"]) -> Float[Tensor, "sae pair"]:
        return torch.where(missing, torch.nan, values)

    return PairMeasures(
        delta=known(ratio(parent_in_child, child_in_child)),
        recall=recall(acts, of_parent, magnitudes[:, children], weights),
        absorbed=known(absorbed),
        hedging=known(ratio(child_in_parent, parent_in_parent)),
        lean=known(ratio(to_child, to_parent)),
    )


def _rows(
    of_latents: Float[Tensor, "sae d_sae d_in"], latents: Int[Tensor, "sae pair"]
) -> Float[Tensor, "sae pair d_in"]:
    """The vectors of the named latents."""
    return of_latents[torch.arange(len(latents), device=latents.device)[:, None], latents]


def _columns(
    acts: Float[Tensor, "sae state d_sae"], latents: Int[Tensor, "sae pair"]
) -> Float[Tensor, "sae state pair"]:
    """The activations of the named latents (where there is none: of the first, for the caller to leave out)."""
    return acts.gather(2, latents.clamp_min(0)[:, None].expand(-1, acts.shape[1], -1))


def _fires(acts: Float[Tensor, "sae state d_sae"], latents: Int[Tensor, "sae pair"]) -> Tensor:
    """Whether each named latent fires, `[sae state pair]`."""
    return _columns(acts, latents) > 0
