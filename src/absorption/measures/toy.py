"""Absorption, recall and recovery where the true features are known."""

import torch
from jaxtyping import Bool, Float
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from absorption.saes import SAEStack


def absorption_delta(
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    child: int = 1,
    parent: int = 0,
) -> Float[Tensor, " sae"]:
    """δ of each SAE: the parent's component of the child latent's decoder over its child component.

    Components are coordinates in the basis of the true features, which need not be orthogonal. The child's
    latent is the one whose unit decoder has the largest child component. 0 is no absorption, 1 is full.
    """
    coordinates = torch.nn.functional.normalize(dictionary, dim=-1) @ torch.linalg.pinv(features)
    latent = coordinates[..., child].argmax(-1)
    chosen = coordinates[torch.arange(len(dictionary), device=latent.device), latent]
    return chosen[:, parent] / chosen[:, child]


def mcc(
    dictionary: Float[Tensor, "sae d_sae d_in"], features: Float[Tensor, "feature d_in"]
) -> Float[Tensor, " sae"]:
    """Mean correlation coefficient: mean |cosine| of the best one-to-one match of latents to features.

    With fewer latents than features the unmatched features count as 0.
    """
    unit = torch.nn.functional.normalize
    cosines = (unit(dictionary, dim=-1) @ unit(features, dim=-1).T).abs().detach().cpu().double().numpy()
    matched = [of_sae[linear_sum_assignment(of_sae, maximize=True)].sum() for of_sae in cosines]
    return torch.tensor(matched, dtype=torch.float64) / len(features)


def parent_recall(
    acts: Float[Tensor, "sae state d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    on: Bool[Tensor, " state"],
    probabilities: Float[Tensor, " state"],
    parent: int = 0,
) -> Float[Tensor, " sae"]:
    """How often the parent's latent fires on the given states (say, those with the child).

    The parent's latent is the one whose decoder has the largest cosine with the parent's direction.
    """
    unit = torch.nn.functional.normalize
    latent = (unit(dictionary, dim=-1) @ unit(features[parent], dim=0)).argmax(-1)
    fires = acts[torch.arange(len(acts), device=latent.device), :, latent] > 0
    weights = probabilities * on
    return (fires * weights).sum(-1) / weights.sum()


def explained_variance(
    stack: SAEStack, x: Float[Tensor, "batch d_in"], weights: Float[Tensor, " batch"] | None = None
) -> Float[Tensor, " sae"]:
    """1 − FVU: one less the fraction of x's variance that the reconstruction leaves."""
    share = x.new_full((len(x),), 1 / len(x)) if weights is None else weights
    centred = x - share @ x
    left = ((stack(x) - x).square().sum(-1) * share).sum(-1)
    return 1 - left / (centred.square().sum(-1) * share).sum()
