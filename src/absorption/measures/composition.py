"""What a latent stands for, judged by where it fires."""

from jaxtyping import Bool, Float
from torch import Tensor

ALWAYS = 0.9
"""Share of a latent's activation in which a feature has to be present to belong to its label."""


def labels(
    acts: Float[Tensor, "sae state d_sae"],
    present: Float[Tensor, "state feature"],
    probabilities: Float[Tensor, " state"],
    share: float = ALWAYS,
) -> Bool[Tensor, "sae d_sae feature"]:
    """The features that are present (almost) always when a latent fires, weighted by how strongly it fires.

    >>> import torch
    >>> present = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> labels(torch.tensor([[[1.0], [1.0]]]), present, torch.tensor([0.5, 0.5])).tolist()
    [[[True, False]]]

    What an interpreter would read off the latent's activations, without a look at its direction. A latent that
    never fires, or fires on no one thing, has an empty label; two features or more make it a combination.
    """
    mass = acts * probabilities[:, None]
    total = mass.sum(1)
    inside = mass.mT @ present / total.clamp_min(1e-12)[..., None]
    return (inside >= share) & (total > 1e-6)[..., None]
