"""How much is absorbed when the child is sometimes alone: laws, each with one assumption less, and one with a bias.

World: orthonormal parent f1 and child f2, both with probability p11, parent alone p10, child alone p01.
Latents: d1 = f1 and d2 ∝ f2 + δ f1, with the encoder free to choose every activation that a bias-free ReLU
can realise. Absorption pays λ for each unit of activation saved where both are present, and costs
reconstruction where the child is alone.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import root_scalar

N_ANGLES = 4001
"""Resolution of the search over the child decoder's angle; its minimum is then refined by a parabola."""


def simple_law(sparsity: ArrayLike, p11: ArrayLike, p01: ArrayLike) -> Float[np.ndarray, "..."]:
    """δ* = min(1, λ p11 / (2 p01)): minimises p01 δ² + λ p11 (2 − δ).

    >>> simple_law(sparsity=0.1, p11=0.5, p01=[0.0, 0.05, 0.1]).round(3).tolist()
    [1.0, 0.5, 0.25]

    Assumes that activations are penalised whatever the decoder's norm, and that they do not shrink.
    p01 = 0 gives full absorption, 1.
    """
    gain, cost = np.broadcast_arrays(np.multiply(sparsity, p11), np.multiply(2.0, p01))
    unbounded = np.divide(gain, cost, out=np.full(gain.shape, np.inf), where=cost > 0)
    return np.asarray(np.minimum(1.0, unbounded))


def biased_law(
    sparsity: ArrayLike, p11: ArrayLike, p10: ArrayLike, p01: ArrayLike, p00: ArrayLike
) -> Float[np.ndarray, "..."]:
    """δ* = λ/2 (p11 / p01 − p10 / p00), between 0 and 1: the simple law for an SAE with a decoder bias.

    >>> biased_law(0.1, p11=0.3, p10=0.2, p01=0.1, p00=0.4).round(3).tolist(), biased_law(0.1, 0.25, 0.25, 0.25, 0.25).tolist()
    (0.125, 0.0)

    A bias β writes some of the parent everywhere. Where there is no child it saves λβ with probability p10 and costs β²
    with p00, so that it is λ/2 times the odds of the parent there; with the child, β + δ is λ/2 times the odds there.
    Absorption is what the child says of the parent beyond chance, and nothing where the two are independent. Assumes
    what the simple law does, that both stay below 1, and p00 > 0; p01 = 0 gives full absorption. A parent of
    magnitude m is the same problem with λ / m.
    """
    alone = np.divide(p10, p00)
    gain, cost = np.broadcast_arrays(np.multiply(1.0, p11), np.multiply(1.0, p01))
    odds = np.divide(gain, cost, out=np.full(gain.shape, np.inf), where=cost > 0)
    return np.asarray(np.clip(np.multiply(sparsity, odds - alone) / 2, 0.0, 1.0))


def norm_weighted_law(sparsity: float, p11: float, p01: float) -> float:
    """δ* in [0, 1] that minimises p01 (δ² + λ√(1+δ²)) + λ p11 (1 − δ + √(1+δ²)).

    >>> norm_weighted_law(0.1, p11=0.5, p01=0.0), round(norm_weighted_law(0.1, p11=0.5, p01=0.1), 2)
    (1.0, 0.19)

    The penalty is weighted by decoder norms (or the decoder has unit norm, which is the same problem), so a
    longer d2 is no longer free; activations still do not shrink.
    """

    def slope(delta: float) -> float:
        along = delta / np.sqrt(1 + delta**2)
        return p01 * (2 * delta + sparsity * along) + sparsity * p11 * (along - 1)

    if sparsity * p11 == 0:
        return 0.0
    return 1.0 if slope(1.0) <= 0 else float(root_scalar(slope, bracket=(0.0, 1.0)).root)


@dataclass(frozen=True)
class Optimum:
    """The best SAE of a family (arrays of one shape)."""

    delta: Float[np.ndarray, "..."]
    """Parent component of the child's decoder over its child component."""
    parent_tilt: Float[np.ndarray, "..."]
    """Child component of the parent's decoder over its parent component."""
    parent_alone: Float[np.ndarray, "..."]
    """a: activation of the parent's latent on the parent alone."""
    parent_with_child: Float[np.ndarray, "..."]
    """b: activation of the parent's latent where both are present; 0 is full absorption."""
    child: Float[np.ndarray, "..."]
    """c: activation of the child's latent, with and without the parent (a bias-free encoder that is silent on
    the parent alone cannot tell the two apart to its advantage)."""
    loss: Float[np.ndarray, "..."]
    """The whole objective."""


def _optimum(*values: ArrayLike) -> Optimum:
    return Optimum(*map(np.asarray, values))


def shrinkage_aware_law(sparsity: ArrayLike, p11: ArrayLike, p10: ArrayLike, p01: ArrayLike) -> Optimum:
    """The optimum over all activations and the angle of d2, with d1 = f1 held fixed: five variables.

    >>> best = shrinkage_aware_law(sparsity=0.1, p11=0.5, p10=0.5, p01=0.0)
    >>> round(float(best.delta), 3), round(float(best.parent_alone), 3), round(float(best.parent_with_child), 3)
    (1.0, 0.95, 0.0)

    For unit decoders with an L1 penalty (or free ones with a norm-weighted penalty).

    L = p10 [(1−a)² + λa] + p11 [(1−b−cs)² + (1−ck)² + λ(b+c)] + p01 [(cs)² + (1−ck)² + λc] with s, k the sine
    and cosine of d2's angle to f2. Given the angle the activations have closed forms (a convex quadratic with
    b ≥ 0 and c ≥ 0), so only the angle is searched, on a grid of `N_ANGLES` in [0, π/2).
    """
    lam, p11, p10, p01 = (
        x[..., None] for x in np.broadcast_arrays(*map(np.asarray, (sparsity, p11, p10, p01)))
    )
    angle = np.linspace(0, np.pi / 2, N_ANGLES)[:-1]
    s, k = np.sin(angle), np.cos(angle)
    a = np.maximum(0, 1 - lam / 2)

    def loss(b: np.ndarray, c: np.ndarray) -> np.ndarray:
        both = (1 - b - c * s) ** 2 + (1 - c * k) ** 2 + lam * (b + c)
        alone = (c * s) ** 2 + (1 - c * k) ** 2 + lam * c
        return p10 * ((1 - a) ** 2 + lam * a) + p11 * both + p01 * alone

    with_child = p11 + p01
    c_partial = (2 * k * with_child - p11 * lam * (1 - s) - p01 * lam) / (
        2 * k**2 * with_child + 2 * p01 * s**2
    )
    c_partial = np.maximum(0, c_partial)
    b_partial = 1 - lam / 2 - c_partial * s
    c_full = np.maximum(0, (2 * p11 * (s + k) + 2 * p01 * k - lam * with_child) / (2 * with_child))
    partial = np.where(b_partial >= 0, loss(b_partial, c_partial), np.inf)
    full = loss(np.zeros_like(c_full), c_full)
    best = np.minimum(partial, full)

    at = best.argmin(-1)[..., None]
    is_full = np.take_along_axis(full <= partial, at, -1)

    def pick(x: np.ndarray) -> np.ndarray:
        return np.take_along_axis(np.broadcast_to(x, best.shape), at, -1)[..., 0]

    b = np.where(is_full[..., 0], 0.0, pick(b_partial))
    c = np.where(is_full[..., 0], pick(c_full), pick(c_partial))
    theta = _refined_minimum(best, at[..., 0]) * (angle[1] - angle[0])
    return _optimum(np.tan(theta), np.zeros_like(b), np.broadcast_to(a, best.shape)[..., 0], b, c, pick(best))


def tilting_law(
    sparsity: ArrayLike, p11: ArrayLike, p10: ArrayLike, p01: ArrayLike, iterations: int = 4000
) -> Optimum:
    """The optimum when d1 may turn towards the child as well: six variables.

    >>> best = tilting_law(sparsity=0.1, p11=0.5, p10=0.5, p01=0.0)
    >>> round(float(best.delta), 3), abs(round(float(best.parent_tilt), 3))
    (1.0, 0.0)

    Shrinkage leaves a part of the child unreconstructed where both are present, and d1, which fires there too,
    leans towards it. Solved by exact block minimisation: each decoder given the activations is a normalised
    mean of what it has to explain, the activations given the decoders are a convex quadratic in two variables.
    Stops when no angle moves by 1e-12, or after `iterations` rounds. Near complete absorption there are two
    local optima, with the parent's latent silent beside the child or leaning towards it: the better one of a
    descent from the five-variable optimum and one from little absorption counts.
    """
    lam, p11, p10, p01 = map(np.asarray, np.broadcast_arrays(sparsity, p11, p10, p01))
    absorbed = np.asarray(np.arctan(shrinkage_aware_law(lam, p11, p10, p01).delta))
    first, second = (
        _descended(theta, lam, p11, p10, p01, iterations)
        for theta in (absorbed, np.full(absorbed.shape, 0.05))
    )
    better = second.loss < first.loss - 1e-9
    pairs = ((getattr(first, f.name), getattr(second, f.name)) for f in fields(Optimum))
    return _optimum(*(np.where(better, other, one) for one, other in pairs))


def _descended(
    theta: np.ndarray, lam: np.ndarray, p11: np.ndarray, p10: np.ndarray, p01: np.ndarray, iterations: int
) -> Optimum:
    """Block minimisation of the six-variable objective from this angle of d2 and d1 = f1."""
    phi = np.zeros(lam.shape)
    a = b = c = np.zeros(lam.shape)
    for _ in range(iterations):
        before = theta, phi
        d1 = np.stack([np.cos(phi), np.sin(phi)])
        d2 = np.stack([np.sin(theta), np.cos(theta)])
        overlap = (d1 * d2).sum(0)
        a = np.maximum(0, d1[0] - lam / 2)
        # Stationary in b and c: b + overlap c = d1·(1,1) − λ/2, and the weighted sum over both states for c.
        want_b, share = d1.sum(0) - lam / 2, p11 / (p11 + p01)
        want_c = share * d2.sum(0) + (1 - share) * d2[1] - lam / 2
        c = np.maximum(0, (want_c - share * overlap * want_b) / (1 - share * overlap**2))
        b = want_b - overlap * c
        c = np.where(b >= 0, c, np.maximum(0, want_c))
        b = np.maximum(0, b)
        left_to_1 = p10 * a * np.array([1.0, 0.0])[:, *[None] * lam.ndim] + p11 * b * (1 - c * d2)
        phi = np.where(b > 0, np.arctan2(left_to_1[1], left_to_1[0]), phi * 0)
        d1 = np.stack([np.cos(phi), np.sin(phi)])
        left_to_2 = p11 * (1 - b * d1) + p01 * np.array([0.0, 1.0])[:, *[None] * lam.ndim]
        theta = np.arctan2(left_to_2[0], left_to_2[1])
        if max(np.abs(theta - before[0]).max(), np.abs(phi - before[1]).max()) < 1e-12:
            break
    d1 = np.stack([np.cos(phi), np.sin(phi)])
    d2 = np.stack([np.sin(theta), np.cos(theta)])
    parent_only = (1 - a * d1[0]) ** 2 + (a * d1[1]) ** 2 + lam * a
    both = ((1 - b * d1 - c * d2) ** 2).sum(0) + lam * (b + c)
    child_only = (c * d2[0]) ** 2 + (1 - c * d2[1]) ** 2 + lam * c
    loss = p10 * parent_only + p11 * both + p01 * child_only
    return _optimum(np.tan(theta), np.tan(phi), a, b, c, loss)


def _refined_minimum(values: Float[np.ndarray, "... angle"], at: np.ndarray) -> np.ndarray:
    """The position of the minimum of the parabola through the smallest value and its two neighbours."""
    centre = np.clip(at, 1, values.shape[-1] - 2)
    left, middle, right = (
        np.take_along_axis(values, (centre + i)[..., None], -1)[..., 0] for i in (-1, 0, 1)
    )
    curvature = left - 2 * middle + right
    shift = np.divide(left - right, 2 * curvature, out=np.zeros_like(middle), where=curvature > 0)
    return np.where(at == centre, centre + np.clip(shift, -0.5, 0.5), at)
