"""Vector quantiser or feature extractor: what tells them apart where the true factors are known.

A quantiser gives each combination of factors one latent; an extractor gives each factor one. A state of s
orthogonal factors is then written with one direction or with s.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor

SILENT = 1e-3
"""Activations below this fraction of an SAE's largest one count as silent: training leaves dust, not zeros."""


def active(acts: Float[Tensor, "sae state d_sae"]) -> Bool[Tensor, "sae state d_sae"]:
    """Which latents fire where, dust left out.

    >>> import torch
    >>> active(torch.tensor([[[1.0, 1e-5], [0.0, 0.5]]])).tolist()
    [[[True, False], [False, True]]]
    """
    return acts > SILENT * acts.amax((1, 2), keepdim=True)


def combination_index(
    acts: Float[Tensor, "sae state d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    n_factors: Float[Tensor, "*saes state"],
    probabilities: Float[Tensor, "*worlds state"],
) -> Float[Tensor, " sae"]:
    """Where an SAE lies between an extractor of orthogonal factors of length 1 (0) and a quantiser (1).

    >>> import torch
    >>> acts = torch.tensor([[[1.0, 1.0]], [[1.0, 0.0]]])  # an extractor and a quantiser, on a state of two factors
    >>> dictionary = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]])
    >>> combination_index(acts, dictionary, torch.tensor([2.0]), torch.tensor([1.0])).round().int().tolist()
    [0, 1]

    Σ z_i‖d_i‖ ≥ ‖Σ z_i d_i‖, with equality iff all active atoms point one way: a quantiser's ratio of the two is
    1, an extractor's 1/√s on a state of s factors. The ratio, rescaled so, is averaged over the states of more
    than one factor on which anything fires; duplicate latents do not move it, as they do L0. Below 0 latents
    cancel each other. An SAE that fires on no such state gets nan.

    Args:
        acts, dictionary: Of each SAE.
        n_factors: Of each state; where magnitudes a differ, (Σa)² / Σa², which is their number if all are equal.
        probabilities: Of each state.
    """
    total = (acts * dictionary.norm(dim=-1)[:, None]).sum(-1)
    ratio = (acts @ dictionary).norm(dim=-1) / total.clamp_min(1e-12)
    several = n_factors > 1 + SILENT
    extractor = 1 / torch.where(several, n_factors, 2.0).sqrt()
    weights = probabilities * several * active(acts).any(-1)
    return ((ratio - extractor) / (1 - extractor) * weights).sum(-1) / weights.sum(-1)


def zones(acts: Float[Tensor, "sae state d_sae"]) -> Int[Tensor, "sae state"]:
    """The strongest latent of each state; −1 where all are silent.

    >>> import torch
    >>> zones(torch.tensor([[[0.0, 2.0], [3.0, 1.0], [0.0, 0.0]]])).tolist()
    [[1, 0, -1]]
    """
    return torch.where(active(acts).any(-1), acts.argmax(-1), -1)


def adjusted_rand(
    first: Int[np.ndarray, " state"],
    second: Int[np.ndarray, " state"],
    probabilities: Float[np.ndarray, " state"],
) -> float:
    """The adjusted Rand index of two partitions of a population (Hubert & Arabie 1985, doi:10.1007/BF01908075).

    >>> import numpy as np
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([7, 7, 5, 5]), np.full(4, 0.25))
    1.0

    The limit of scikit-learn's index for many draws from the population. 1 for equal partitions, about 0 for
    unrelated ones; 1 where both are trivial.
    """
    rows, columns = (np.unique(labels, return_inverse=True)[1] for labels in (first, second))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), probabilities)
    together = (table**2).sum()
    by_row, by_column = (table.sum(1) ** 2).sum(), (table.sum(0) ** 2).sum()
    chance, most = by_row * by_column, (by_row + by_column) / 2
    return 1.0 if np.isclose(most, chance) else float((together - chance) / (most - chance))


def dictionary_agreement(first: Float[Tensor, "latent d_in"], second: Float[Tensor, "other d_in"]) -> float:
    """Decoder MCC of two dictionaries: mean `|cosine|` of the best one-to-one match, over the smaller of the two.

    >>> import torch
    >>> round(dictionary_agreement(torch.eye(2), torch.tensor([[0.0, -1.0], [0.6, 0.8]])), 3)
    0.8

    Give it living latents only. nan where there are none.
    """
    unit = torch.nn.functional.normalize
    cosines = (unit(first, dim=-1) @ unit(second, dim=-1).T).abs().detach().cpu().double().numpy()
    if not min(cosines.shape):
        return float("nan")
    return float(cosines[linear_sum_assignment(cosines, maximize=True)].mean())


def mean_when_active(
    acts: Float[Tensor, "sae state d_sae"], probabilities: Float[Tensor, "*worlds state"]
) -> Float[Tensor, "sae state d_sae"]:
    """Every activation replaced by its latent's mean over the states on which it fires.

    >>> import torch
    >>> mean_when_active(torch.tensor([[[1.0], [3.0], [0.0]]]), torch.tensor([0.25, 0.25, 0.5])).tolist()
    [[[2.0], [2.0], [0.0]]]
    """
    fires = active(acts).to(acts)
    weights = fires * probabilities[..., None]
    mean = (weights * acts).sum(1) / weights.sum(1).clamp_min(1e-12)
    return fires * mean[:, None]


def graded_share(
    acts: Float[Tensor, "sae state d_sae"],
    rows: Float[Tensor, "sae d_sae d_in"],
    x: Float[Tensor, "state d_in"],
    p: Float[Tensor, " state"],
    present: Float[Tensor, "state feature"],
) -> Float[Tensor, " sae"]:
    """Of the variance among states of the same features, the share that only the grades of activations carry.

    What is lost if every activation is replaced by its latent's mean (`mean_when_active`), over that variance.

    >>> import torch
    >>> x, present = torch.tensor([[1.0], [3.0]]), torch.ones(2, 1)
    >>> graded_share(x[None], torch.ones(1, 1, 1), x, torch.tensor([0.5, 0.5]), present)
    tensor([1.])

    Args:
        acts, rows: Of each SAE, of one world.
        x, p: Of each state.
        present: 1 where a state has a feature.
    """
    _, group = torch.unique(present, dim=0, return_inverse=True)
    weight = torch.nn.functional.one_hot(group).to(x) * p[:, None]
    centres = weight.T @ x / weight.sum(0)[:, None]
    within = ((x - centres[group]).square().sum(-1) * p).sum()
    coarse, fine = (((z @ rows - x).square().sum(-1) * p).sum(-1) for z in (mean_when_active(acts, p), acts))
    return (coarse - fine) / within


@dataclass(frozen=True)
class Quantiser:
    """k-means read as an SAE: centroids as decoder rows, a one-hot code.

    >>> import torch
    >>> x = torch.tensor([[0.0], [1.0], [9.0]])
    >>> Quantiser.fit(x, torch.tensor([0.25, 0.25, 0.5]), n=2, seed=0)(x).tolist()
    [[0.5], [0.5], [9.0]]
    """

    centroids: Float[Tensor, "cluster d_in"]

    @classmethod
    def fit(
        cls, x: Float[Tensor, "state d_in"], probabilities: Float[Tensor, " state"], n: int, seed: int
    ) -> "Quantiser":
        """Weighted k-means (scikit-learn, best of 10 starts); as many centroids as there are different states, at most n."""
        from sklearn.cluster import KMeans

        seen = probabilities > 0
        n = min(n, len(torch.unique(x[seen], dim=0)))
        kmeans = KMeans(n, n_init=10, random_state=seed)  # pyright: ignore[reportArgumentType]
        kmeans.fit(x[seen].double().numpy(), sample_weight=probabilities[seen].double().numpy())
        return cls(torch.as_tensor(kmeans.cluster_centers_, dtype=x.dtype))

    def encode(self, x: Float[Tensor, "state d_in"]) -> Float[Tensor, "one state cluster"]:
        """1 for the nearest centroid, 0 for the others, as the code of a stack of one."""
        nearest = torch.cdist(x, self.centroids).argmin(-1)
        return torch.nn.functional.one_hot(nearest, len(self.centroids)).to(x)[None]

    def __call__(self, x: Float[Tensor, "state d_in"]) -> Float[Tensor, "state d_in"]:
        """The nearest centroid."""
        return self.encode(x)[0] @ self.centroids
