"""Which latent finds a feature best, and whether the feature is absorbed: on exact populations, for latents that need not point at anything.

Where decoder rows are random no latent can be matched to a feature by its direction. So a feature's latent is chosen here
as a sparse probe chooses it, by how well its firing tells the feature's presence.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from absorption.measures.clustering import active
from absorption.measures.hierarchy import CARRIED


def finders(
    acts: Float[Tensor, "sae state d_sae"],
    present: Float[Tensor, "*saes state feature"],
    p: Float[Tensor, "*worlds state"],
) -> tuple[Float[Tensor, "sae feature"], Int[Tensor, "sae feature"]]:
    """F1 of each feature's best latent, and which latent that is, where firing predicts that the feature is present.

    >>> import torch
    >>> acts = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]])
    >>> f1, latent = finders(acts, torch.tensor([[1.0], [0.0], [0.0]]), torch.tensor([0.5, 0.25, 0.25]))
    >>> f1.tolist(), latent.tolist()
    ([[1.0]], [[0]])

    Args:
        acts: Of each SAE.
        present: 1 where a state has a feature.
        p: Of each state.
    """
    fires = active(acts).to(acts)
    here = p[..., None] * present
    hits = fires.mT @ here
    wanted = hits.new_ones(()) * here.sum(-2)[..., None, :]
    fired = (fires * p[..., None]).sum(-2)[..., None]
    f1, latent = (2 * hits / (fired + wanted).clamp_min(1e-12)).max(-2)
    return f1, latent


def absorbed_share(
    acts: Float[Tensor, "sae state d_sae"],
    rows: Float[Tensor, "sae d_sae d_in"],
    x: Float[Tensor, "*saes state d_in"],
    present: Float[Tensor, "*saes state feature"],
    features: Float[Tensor, "*sets feature d_in"],
    p: Float[Tensor, "*worlds state"],
    pairs: tuple[tuple[int, int], ...],
) -> Float[Tensor, "sae pair"]:
    """How often, where parent and child are present, the parent's best latent is silent and one other writes it.

    Another latent writes the parent if it carries `CARRIED` of the activation's projection on the parent's direction, the
    threshold of SAEBench's full absorption (arXiv:2503.09532).

    >>> import torch
    >>> rows, states = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> absorbed_share(torch.eye(2)[None], rows, states, states, torch.eye(2), torch.tensor([0.6, 0.4]), ((0, 1),))
    tensor([[1.]])

    Args:
        acts, rows: Activations and decoder of each SAE.
        x, present, features, p: Of the world, or of one world an SAE; features are orthogonal.
        pairs: (parent, child).
    """
    parents, children = (list(side) for side in zip(*pairs, strict=True))
    _, latent = finders(acts, present, p)
    main = latent[:, parents]
    along = torch.nn.functional.normalize(features, dim=-1)[..., parents, :]
    toward = rows @ along.mT  # sae d_sae pair
    projection = x @ along.mT
    carried = acts[..., None] * toward[:, None]
    own = torch.zeros_like(toward, dtype=torch.bool).scatter_(1, main[:, None], value=True)
    strongest = carried.masked_fill(own[:, None], 0).amax(2)
    silent = ~active(acts).gather(2, main[:, None].expand(-1, acts.shape[1], -1))
    absorbed = silent & (strongest >= CARRIED * projection) & (strongest > 0)
    both = p[..., None] * present[..., parents] * present[..., children]
    return (absorbed * both).sum(-2) / both.expand_as(absorbed).sum(-2)
