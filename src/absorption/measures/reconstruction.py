"""How well one wide SAE rebuilds a table of activations, from its latents on all rows."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.measures.ratios import ROUNDING, ratio


@dataclass(frozen=True)
class Fit:
    """Explained variance (NaN where x does not vary), mean number of active latents, and the share of latents that fire on no row."""

    explained: float
    l0: float
    dead: float


def fit_of(
    x: Float[Tensor, "row d_in"],
    z: Float[Tensor, "row d_sae"],
    dictionary: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, " d_in"],
    weights: Float[Tensor, " row"] | None = None,
) -> Fit:
    """From activations z on rows x, which are met in proportion to `weights` (alike, if left out).

    >>> import torch
    >>> z, dictionary = torch.eye(4)[:2], torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> fit_of(torch.eye(2), z, dictionary, b_dec=torch.zeros(2))
    Fit(explained=1.0, l0=1.0, dead=0.5)
    """
    p = torch.full((len(z),), 1 / len(z)) if weights is None else weights / weights.sum()
    active = z.to_sparse_csr()  # counting what fires in the dense z would take longer than all the rest
    lost = p @ (x - active @ dictionary - b_dec).square().sum(1)
    spread = p @ (x - p @ x).square().sum(1)
    fires = active.values() > 0
    row = torch.arange(len(z)).repeat_interleave(active.crow_indices().diff())
    alive = active.col_indices()[fires].unique()
    explained = 1 - ratio(lost, spread, least=ROUNDING * (p @ x.square().sum(1)))
    return Fit(float(explained), float(p[row] @ fires.to(p)), 1 - len(alive) / z.shape[1])
