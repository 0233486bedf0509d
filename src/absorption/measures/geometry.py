"""Hierarchy as orthogonality: is a child's difference from its parent orthogonal to the parent?

Park et al. 2024 (arXiv:2406.01506, Theorem 8 and §4): in coordinates in which the words' covariance is the identity,
a category has a vector ℓ such that ℓ·x is the same for all its members; then ℓ_parent ⊥ (ℓ_child − ℓ_parent), since a
child's members are all the parent's. They estimate ℓ from the members by linear discriminant analysis with the
covariance of Ledoit & Wolf (2004, doi:10.1016/S0047-259X(03)00096-4), as `category_vector` does.

In many dimensions almost everything is almost orthogonal, so the cosine of a true pair means something only beside
that of words which are *not* the parent's: for these, child − parent has the component −ℓ_parent.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def whitened(x: Float[Tensor, "word d_in"]) -> Float[Tensor, "word d_in"]:
    """The words in coordinates in which their mean is 0 and their covariance the identity.

    >>> import torch
    >>> x = whitened(torch.tensor([[4.0, 0.0], [-4.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))
    >>> torch.allclose(x.T @ x / 4, torch.eye(2), atol=1e-5)
    True

    Raises:
        ValueError: there are no more words than dimensions, so that the covariance cannot be inverted.
    """
    if len(x) <= x.shape[1]:
        raise ValueError(f"{len(x)} words do not determine a covariance in {x.shape[1]} dimensions.")
    centred = (x - x.mean(0)).double()
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(x))
    scale = variances.clamp(min=float(variances[-1]) * 1e-10).rsqrt()
    return (centred @ (axes * scale) @ axes.T).to(x.dtype)


def category_vector(members: Float[Tensor, "member d_in"]) -> Float[Tensor, " d_in"]:
    """(g·μ) g, with μ the members' mean and g the unit vector along Σ⁻¹μ, Σ their Ledoit–Wolf covariance.

    >>> import torch
    >>> members = torch.tensor([[1.0, 2.0], [1.0, -2.0], [1.0, 5.0], [1.0, -5.0]])
    >>> category_vector(members).round().tolist()
    [1.0, 0.0]

    Raises:
        ValueError: fewer than two members.
    """
    from sklearn.covariance import ledoit_wolf

    if len(members) < 2:
        raise ValueError("members must be two at least.")
    mean = members.mean(0)
    covariance = torch.from_numpy(ledoit_wolf(members.double().cpu().numpy())[0]).to(mean)
    direction = torch.nn.functional.normalize(torch.linalg.solve(covariance, mean), dim=0)
    return (direction @ mean) * direction


def hierarchy_cosine(
    children: Float[Tensor, "child d_in"], parent: Float[Tensor, " d_in"]
) -> Float[Tensor, " child"]:
    """cos(child − parent, parent) for each child: 0 for a child of the parent, negative for a stranger.

    >>> import torch
    >>> hierarchy_cosine(torch.tensor([[1.0, 2.0], [0.0, 1.0]]), parent=torch.tensor([1.0, 0.0]))
    tensor([ 0.0000, -0.7071])

    NaN for a child that is its parent: the difference has no direction.
    """
    children = torch.where((children != parent).any(1, keepdim=True), children, torch.nan)
    return torch.nn.functional.cosine_similarity(children - parent, parent[None], dim=1)
