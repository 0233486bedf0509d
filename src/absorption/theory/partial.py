"""How much is absorbed when the parent's magnitude varies beside the child: three laws, each less idealised.

World: orthonormal parent f1 and child f2. Beside a child of magnitude 1 the parent has a random magnitude m;
m = 0 is a child without its parent, so a co-occurrence rate is only one more node of the distribution.
Another child's magnitude c is the same problem in units of c: magnitudes m / c and sparsity λ / c.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import minimize


def partial_law(
    sparsity: float, magnitudes: ArrayLike, weights: ArrayLike, norm_weighted: bool = False
) -> float:
    """δ* that minimises E[(δ − m)₊²] + λ E[(m − δ)₊]: where λ P(m > δ) crosses 2 E[(δ − m)₊].

    >>> round(partial_law(sparsity=1.0, magnitudes=[0.0, 1.0], weights=[0.5, 0.5]), 3)
    0.5

    The child's latent brings δ of the parent whatever m is; the parent's latent adds what is missing and
    cannot take back what is too much. Assumes that activations do not shrink and that codes are free.

    Args:
        sparsity: λ ≥ 0, per unit of activation.
        magnitudes: Nodes of m, `[node]`, 0 or more.
        weights: Their probabilities given the child, `[node]`; sum to 1.
        norm_weighted: Adds λ√(1 + δ²) for the child's latent, whose decoder has unit norm (or is
            penalised by its norm, which is the same problem).

    Raises:
        ValueError: a negative magnitude or λ, or weights that do not sum to 1.
    """
    m, w = np.asarray(magnitudes, dtype=float), np.asarray(weights, dtype=float)
    if sparsity < 0 or (m < 0).any() or abs(w.sum() - 1) > 1e-6:
        raise ValueError("sparsity and magnitudes must not be negative, and weights must sum to 1.")

    def slope(delta: float, m_equal_is_above: bool) -> float:
        above = m >= delta if m_equal_is_above else m > delta
        length = delta / np.sqrt(1 + delta**2) if norm_weighted else 0.0
        return float(2 * w @ np.maximum(0, delta - m) + sparsity * (length - w @ above))

    # The loss is convex with kinks at the nodes: find the node or the gap in which its slope changes sign.
    nodes = np.unique(np.append(m, 0.0))
    for at, node in enumerate(nodes):
        if slope(node, m_equal_is_above=False) >= 0:
            if slope(node, m_equal_is_above=True) <= 0 or at == 0:
                return float(node)
            return _root(slope, nodes[at - 1], node)
    return float(nodes[-1])


def _root(slope, low: float, high: float) -> float:
    """Bisection between two nodes, where the slope is continuous and rises; exact to 2^-50 of the gap."""
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle, m_equal_is_above=False) < 0 else (low, middle)
    return float((low + high) / 2)


@dataclass(frozen=True)
class WholeSAE:
    """The best bias-free ReLU SAE with two latents (parent's, child's) and unit decoders."""

    delta: float
    """Parent component of the child's decoder over its child component."""
    parent_tilt: float
    """Child component of the parent's decoder over its parent component."""
    W_enc: Float[np.ndarray, "feature latent"]
    """Encoder."""
    loss: float
    """The whole objective."""


def whole_sae_law(
    sparsity: float,
    magnitudes: Float[np.ndarray, "state 2"],
    probabilities: Float[np.ndarray, " state"],
) -> WholeSAE:
    """The optimum over all six weights, with nothing idealised: norms, shrinkage, tilt, one encoder for every m.

    >>> import numpy as np
    >>> best = whole_sae_law(0.1, magnitudes=np.array([[1.0, 0.0], [1.0, 1.0]]), probabilities=np.array([0.5, 0.5]))
    >>> round(best.delta, 2)
    1.0

    Minimises Σ p (‖x − ẑD‖² + λ Σ z), z = (xW)₊, over the two angles of D and the four entries of W, by L-BFGS-B
    from several points near the norm-weighted law. The child's latent may not read the parent positively,
    so that it stays silent on the parent alone: at that wall the loss has a kink, and optima lie on it.

    Args:
        sparsity: λ.
        magnitudes: Of parent and child in each state; 0 where absent.
        probabilities: Of each state; what is missing to 1 is the empty state.

    Raises:
        ValueError: the child is in no state.
    """
    x, p = np.asarray(magnitudes, dtype=float), np.asarray(probabilities, dtype=float)
    with_child = x[:, 1] > 0
    if not with_child.any():
        raise ValueError("magnitudes has no state with the child.")
    relative = x[with_child, 0] / x[with_child, 1]
    weights = p[with_child] / p[with_child].sum()
    delta = partial_law(sparsity / float(x[with_child, 1].mean()), relative, weights, norm_weighted=True)
    length = np.sqrt(1 + delta**2)
    starts = [
        np.array([0, np.arctan(share * delta), 1 - sparsity / 2, -1e-4, -share * delta - shrinkage, length])
        for share in (0.7, 1.0)
        for shrinkage in (0.0, sparsity / 2)
    ]
    bounds = [(-1.5, 1.5), (-1.5, 1.5), (None, None), (None, 0.0), (None, None), (None, None)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000, "maxfun": 4000}
    runs = [
        minimize(_objective, start, (x, p, sparsity), "L-BFGS-B", jac=True, bounds=bounds, options=options)
        for start in starts
    ]
    best = min(runs, key=lambda run: run.fun)
    return WholeSAE(
        float(np.tan(best.x[1])), float(np.tan(best.x[0])), best.x[2:].reshape(2, 2), float(best.fun)
    )


def _objective(
    weights: np.ndarray, x: np.ndarray, p: np.ndarray, sparsity: float
) -> tuple[float, Float[np.ndarray, "6"]]:
    """The objective and its gradient; `weights` is (φ, θ, W_enc row by row)."""
    (phi, theta), encoder = weights[:2], weights[2:].reshape(2, 2)
    decoder = np.array([[np.cos(phi), np.sin(phi)], [np.sin(theta), np.cos(theta)]])
    z = np.maximum(0, x @ encoder)
    error = z @ decoder - x
    loss = p @ ((error**2).sum(1) + sparsity * z.sum(1))
    to_encoder = x.T @ ((2 * error @ decoder.T + sparsity) * (z > 0) * p[:, None])
    to_decoder = 2 * (z * p[:, None]).T @ error
    turn = np.array([[-np.sin(phi), np.cos(phi)], [np.cos(theta), -np.sin(theta)]])
    return float(loss), np.concatenate([(to_decoder * turn).sum(1), to_encoder.ravel()])
