"""The weight of the inner level at which a Matryoshka SAE's parent neither absorbs nor hedges.

World: a unit parent direction, one unit child direction orthogonal to it, present in a fraction q of the states
with the parent and in no other. SAE: two latents with unit decoders, L1 weight λ, no biases; the first latent alone
reconstructs with weight β, both together with weight 1. Absorption gives the parent's encoder a negative child
component, hedging (Chanin et al. 2025, arXiv:2505.11756) a positive one; at the balance it has none.

Derivation. Let the parent's decoder be d₁ = (cos θ, sin θ) and its encoder (a, 0), so that it fires with z = a in all
states that have it. Stationarity then holds state by state:

- parent alone: 2(1+β)(cos θ − z) = λ;
- both, at full width: the child's latent is free, so what is left is (λ/2)d₂, with d₂ along (1, 1) − z d₁;
- both, for z:  2β((1, 1) − z d₁)·d₁ + λ d₂·d₁ = λ;
- both and alone, for θ, with n ⊥ d₁:  (1−q)(1+β)((1, 0) − z d₁)·n + q(β((1, 1) − z d₁) + (λ/2)d₂)·n = 0.

The parent's own probability drops out. To first order in λ: tan θ = qβ / ((1−q)(1+β)) and β² = λ(1−q) / 2q.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import fsolve


def first_order_balance(
    sparsity: Float[np.ndarray, "*grid"], q: Float[np.ndarray, "*grid"]
) -> Float[np.ndarray, "*grid"]:
    """β* ≈ √(λ(1−q) / 2q).

    >>> import numpy as np
    >>> first_order_balance(np.array([0.02, 0.08]), np.array([0.5, 0.5])).round(3).tolist()
    [0.1, 0.2]

    Args:
        sparsity: λ, in units of squared activation per activation.
        q: Probability of the child given the parent, in (0, 1).
    """
    return np.asarray(np.sqrt(sparsity * (1 - q) / (2 * q)))


def balance(sparsity: float, q: float) -> tuple[float, float]:
    """β* and the decoder's tilt tan θ that remains at it, from the four conditions of this module.

    >>> beta, tilt = balance(sparsity=0.0002, q=0.5)
    >>> round(beta, 2), round(tilt, 2)
    (0.01, 0.01)

    Args:
        sparsity: λ, as above.
        q: Probability of the child given the parent, in (0, 1).

    Raises:
        ValueError: λ or q out of range, or so large that no balance was found.
    """
    if not (0 < q < 1 and 0 < sparsity < 1):
        raise ValueError(f"sparsity and q must lie in (0, 1), got {sparsity} and {q}.")
    start = float(first_order_balance(np.array(sparsity), np.array(q)))
    tilt = q * start / ((1 - q) * (1 + start))
    (beta, theta), _, status, message = fsolve(
        _conditions, [start, np.arctan(tilt)], args=(sparsity, q), full_output=True
    )
    if status != 1 or beta <= 0:
        raise ValueError(f"no balance found for sparsity {sparsity}, q {q}: {message}")
    return float(beta), float(np.tan(theta))


def _conditions(unknown: np.ndarray, sparsity: float, q: float) -> list[float]:
    beta, theta = unknown
    d1, normal = np.array([np.cos(theta), np.sin(theta)]), np.array([-np.sin(theta), np.cos(theta)])
    z = d1[0] - sparsity / (2 * (1 + beta))
    alone, both = np.array([1.0, 0.0]) - z * d1, np.array([1.0, 1.0]) - z * d1
    outer = sparsity / 2 * both / np.linalg.norm(both)
    return [
        float(2 * beta * both @ d1 + 2 * outer @ d1 - sparsity),
        float((1 - q) * (1 + beta) * alone @ normal + q * (beta * both + outer) @ normal),
    ]
