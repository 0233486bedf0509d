"""Absorption, recall and recovery where the true features are known."""

import torch
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from absorption.measures.ratios import ROUNDING, ratio
from absorption.saes import SAEStack


def absorption_delta(
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    child: int = 1,
    parent: int = 0,
) -> Float[Tensor, " sae"]:
    """δ of each SAE: the parent's component of the child latent's decoder over its child component.

    >>> import torch
    >>> absorption_delta(torch.tensor([[[1.0, 0.0], [0.5, 1.0]]]), features=torch.eye(2))
    tensor([0.5000])

    Components are coordinates in the basis of the true features, which need not be orthogonal. The child's
    latent is the one whose unit decoder has the largest child component. 0 is no absorption, 1 is full. NaN where
    that component is zero: then the child has no latent, and δ is not available.
    """
    coordinates = torch.nn.functional.normalize(dictionary, dim=-1) @ torch.linalg.pinv(features)
    latent = coordinates[..., child].argmax(-1)
    chosen = coordinates[torch.arange(len(dictionary), device=latent.device), latent]
    return ratio(chosen[:, parent], chosen[:, child])


def mcc(
    dictionary: Float[Tensor, "sae d_sae d_in"], features: Float[Tensor, "feature d_in"]
) -> Float[Tensor, " sae"]:
    """Mean correlation coefficient: mean `|cosine|` of the best one-to-one match of latents to features.

    >>> import torch
    >>> mcc(torch.tensor([[[0.0, -2.0], [3.0, 0.0]]]), features=torch.eye(2)).tolist()
    [1.0]

    With fewer latents than features the unmatched features count as 0.
    """
    unit = torch.nn.functional.normalize
    cosines = (unit(dictionary, dim=-1) @ unit(features, dim=-1).T).abs().detach().cpu().double().numpy()
    matched = [of_sae[linear_sum_assignment(of_sae, maximize=True)].sum() for of_sae in cosines]
    return torch.tensor(matched, dtype=torch.float64) / len(features)


def explained_variance(
    stack: SAEStack, x: Float[Tensor, "batch d_in"], weights: Float[Tensor, " batch"] | None = None
) -> Float[Tensor, " sae"]:
    """1 − FVU: one less the fraction of x's variance that the reconstruction leaves; NaN where x does not vary.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0, 1]).requires_grad_(False)
    >>> stack.W_enc[:] = stack.W_dec[:] = torch.eye(2)
    >>> stack.W_dec[1], stack.b_dec[1] = 0, 1  # the second SAE writes the mean, whatever it reads
    >>> explained_variance(stack, torch.tensor([[2.0, 0.0], [0.0, 2.0]])).tolist()
    [1.0, 0.0]
    """
    share = x.new_full((len(x),), 1 / len(x)) if weights is None else weights
    centred = x - share @ x
    left = ((stack(x) - x).square().sum(-1) * share).sum(-1)
    spread = (centred.square().sum(-1) * share).sum()
    return 1 - ratio(left, spread, least=ROUNDING * (share @ x.square().sum(-1)))
