"""Absorption where latents share: a parent that has several latents of its own, or that several others write together."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.measures.hierarchy import CARRIED, Pairs, own_latents

OWN = 0.9
"""From this cosine with the parent on a latent is the parent's own; one that has absorbed it in full has 0.71."""


def absorbed_jointly(
    acts: Float[Tensor, "sae state d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    magnitudes: Float[Tensor, "state feature"],
    probabilities: Float[Tensor, "*worlds state"],
    pairs: Pairs,
) -> Float[Tensor, "sae pair"]:
    """How often, where parent and child are present, no latent of the parent's own fires and the others together write 0.4 of it.

    The parent's own are the latent that is matched to it (`own_latents`) and every other whose cosine with it reaches `OWN`.
    `measure_pairs` asks more of the one that absorbs: the child's latent alone has to write 0.4. Source of the threshold, and
    of counting absorbers together: SAEBench (arXiv:2503.09532), its absorption fraction.

    >>> import torch
    >>> W_dec = torch.tensor([[[1.0, 0.0, 0.0], [0.3, 1.0, 0.0], [0.3, 0.0, 1.0]]])
    >>> x = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])  # both children, and one
    >>> acts = torch.tensor([[[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]]])  # the parent's latent is silent
    >>> absorbed_jointly(acts, W_dec, torch.eye(3), x, torch.tensor([0.5, 0.5]), [(0, 1), (0, 2)]).tolist()
    [[0.5, 1.0]]

    Args:
        acts: Activations at inference, on every state.
        dictionary: Decoders as written (`stack.dictionary`).
        features: True directions, linearly independent.
        magnitudes: Of each feature in each state, 0 where it is absent; a parent's in the unit of `acts`.
        probabilities: Of each state, shared or one row an SAE.
        pairs: (parent, child), as numbers of features.

    Returns:
        NaN where the parent has no latent or the two are never present together.
    """
    acts, dictionary = acts.detach(), dictionary.detach()
    features, magnitudes = features.to(dictionary), magnitudes.to(dictionary)
    weights = torch.atleast_2d(probabilities).to(dictionary)
    own, parents = own_latents(dictionary, features), sorted({parent for parent, _ in pairs})
    written = dictionary @ torch.linalg.pinv(features)
    absorbed = {}
    for parent in parents:
        of_parent = _own(dictionary, features[parent], own[:, parent])
        silent = ~((acts > 0) & of_parent[:, None]).any(-1)
        others = (acts * written[:, None, :, parent]).sum(-1)  # where it is silent, its own write nothing
        absorbed[parent] = silent & (others >= CARRIED * magnitudes[:, parent])
    each = [_share(absorbed[parent], weights, magnitudes, (parent, child)) for parent, child in pairs]
    missing = own[:, [parent for parent, _ in pairs]] < 0
    return torch.where(missing, torch.nan, torch.stack(each, 1))


def _own(dictionary: Tensor, feature: Tensor, matched: Tensor) -> Tensor:
    """Which latents are the feature's own, `[sae d_sae]`."""
    unit = torch.nn.functional.normalize
    alike = (unit(dictionary, dim=-1) * unit(feature, dim=-1)).sum(-1) >= OWN
    return alike | (torch.arange(dictionary.shape[1], device=matched.device) == matched[:, None])


def _share(of: Tensor, weights: Tensor, magnitudes: Tensor, both: Sequence[int]) -> Tensor:
    """How often `of`, `[sae state]`, where both features are present, `[sae]`."""
    there = weights * (magnitudes[:, list(both)] > 0).all(1)
    return (there * of).sum(1) / there.sum(1)
