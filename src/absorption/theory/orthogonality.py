"""How much absorption is left when the angle between the parent's and the child's decoder is penalised.

World: unit parent f1 and child f2 at cosine c, the child only beside its parent, both of magnitude 1. The latents
that absorb δ of the parent reconstruct as well for every δ, so the penalty meets nothing but sparsity::

    λ p11 (1 − δ + r) + γ max(0, |c + δ| / r − hinge)^q,   r = ‖f2 + δ f1‖ = √(1 + 2cδ + δ²).

The cosine c + δ over r is the one between the two decoders. Shrinkage is left out, as in `law.norm_weighted_law`.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

GRID = 20001
"""Values of δ that are tried; their distance, 10⁻⁴, is the law's resolution."""


def orthogonality_loss(
    delta: ArrayLike, weight: ArrayLike, sparsity: ArrayLike, p11: ArrayLike,
    exponent: float = 2.0, hinge: float = 0.0, cosine: float = 0.0,
) -> Float[np.ndarray, "*any"]:  # fmt: skip
    """Sparsity and penalty of a pair that absorbs δ, in units of squared activation; arguments broadcast.

    >>> orthogonality_loss([0.0, 1.0], weight=0.0, sparsity=0.1, p11=0.5).round(3).tolist()
    [0.1, 0.071]

    Args:
        delta: δ, from −1 (the child's decoder takes the parent away) over 0 to 1 (full absorption).
        weight: γ of this pair. In a mean over the ordered pairs of n latents it is 2 / (n (n − 1)) of the whole weight.
        sparsity: λ.
        p11: How often the two come together.
        exponent, hinge: Of the cost of a pair.
        cosine: Between the true features.
    """
    d, gamma, pull = np.asarray(delta), np.asarray(weight), np.asarray(sparsity) * np.asarray(p11)
    length = np.sqrt(1 + 2 * cosine * d + d**2)
    excess = np.maximum(0, np.abs(cosine + d) / length - hinge)
    return np.asarray(pull * (1 - d + length) + gamma * excess**exponent)


def orthogonality_law(
    weight: ArrayLike, sparsity: ArrayLike, p11: ArrayLike,
    exponent: float = 2.0, hinge: float = 0.0, cosine: float = 0.0,
) -> Float[np.ndarray, "*any"]:  # fmt: skip
    """δ* in [−1, 1] of least loss, to 10⁻⁴; the first three arguments broadcast.

    >>> orthogonality_law(weight=[0.0, 100.0], sparsity=0.1, p11=0.5).round(2).tolist()
    [1.0, 0.0]

    For orthogonal features: with exponent 1 absorption is full up to γ = 0.79 λ p11, where it falls to a third, and none
    from γ = λ p11 on; with a larger exponent q it never ends, but falls as (λ p11 / qγ)^(1/(q−1)); with a hinge it falls
    to the angle that is free. Features at cosine c are driven to δ = −c: their latents become orthogonal in their place.

    Raises:
        ValueError: a cosine that is not in (−1, 1), an exponent below 1, or a negative weight.
    """
    gamma, lam, p = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (weight, sparsity, p11)))
    if not -1 < cosine < 1 or exponent < 1 or (gamma < 0).any():
        raise ValueError("cosine must lie in (−1, 1), exponent be at least 1, and weight not be negative.")
    grid = np.linspace(-1, 1, GRID)
    best = [
        grid[orthogonality_loss(grid, *point, exponent, hinge, cosine).argmin()]
        for point in zip(gamma.ravel(), lam.ravel(), p.ravel(), strict=True)
    ]
    return np.reshape(np.array(best), gamma.shape)
