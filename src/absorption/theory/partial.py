"""How much is absorbed when the parent's magnitude varies beside the child.

World: orthonormal parent f1 and child f2. Beside a child of magnitude 1 the parent has a random magnitude m;
m = 0 is a child without its parent, so a co-occurrence rate is only one more node of the distribution.
Another child's magnitude c is the same problem in units of c: magnitudes m / c and sparsity λ / c.
"""

import numpy as np
from numpy.typing import ArrayLike


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
