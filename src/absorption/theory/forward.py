"""The family and its loss in numbers: an SAE's forward pass in numpy that knows none of the closed forms."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class NumericSAE:
    """A ReLU SAE without encoder bias.

    >>> import numpy as np
    >>> sae = NumericSAE(W_enc=np.array([[1.0], [0.0]]), W_dec=np.array([[2.0, 0.0]]))
    >>> z = sae.encode(np.array([[3.0, 5.0]]))
    >>> z.tolist(), sae.decode(z).tolist()
    ([[3.0]], [[6.0, 0.0]])
    """

    W_enc: Float[np.ndarray, "d_in d_sae"]
    W_dec: Float[np.ndarray, "d_sae d_in"]
    b_dec: Float[np.ndarray, " d_in"] | float = 0.0

    def encode(self, x: Float[np.ndarray, "state d_in"]) -> Float[np.ndarray, "state d_sae"]:
        """z = ReLU((x − b) W_enc)."""
        return np.maximum(0, (x - self.b_dec) @ self.W_enc)

    def decode(self, z: Float[np.ndarray, "state d_sae"]) -> Float[np.ndarray, "state d_in"]:
        """x̂ = z W_dec + b."""
        return z @ self.W_dec + self.b_dec


def directions(cosine: float = 0.0) -> Float[np.ndarray, "2 2"]:
    """Parent and child, unit vectors at that cosine, as rows.

    >>> directions(cosine=0.6).round(3).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    return np.array([[1.0, 0.0], [cosine, np.sqrt(1 - cosine**2)]])


def family_member(delta: float, cosine: float = 0.0) -> NumericSAE:
    """e1 = f1* − δ f2*, e2 = f2*, d1 = f1, d2 = f2 + δ f1.

    >>> family_member(delta=0.5).W_dec.tolist()
    [[1.0, 0.0], [0.5, 1.0]]
    """
    f1, f2 = directions(cosine)
    dual1, dual2 = np.linalg.inv(directions(cosine)).T
    return NumericSAE(np.stack([dual1 - delta * dual2, dual2], axis=1), np.stack([f1, f2 + delta * f1]))


def expected_loss(
    sae: NumericSAE,
    x: Float[np.ndarray, "state d_in"],
    probabilities: Float[np.ndarray, " state"],
    sparsity: float,
    *,
    weighted: bool = False,
    exponent: float = 1.0,
    aggregate: str = "sum",
    k: int | None = None,
) -> float:
    """Mean of ‖x − x̂‖² + λ · penalty.

    >>> import numpy as np
    >>> x, p = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.5, 0.5])
    >>> [round(expected_loss(family_member(delta), x, p, sparsity=0.1), 3) for delta in (0.0, 1.0)]
    [0.15, 0.1]

    Args:
        sae: Any ReLU SAE.
        x: Activations of the states.
        probabilities: Of the states; states that cost nothing may be left out.
        sparsity: λ.
        weighted: Whether an activation is multiplied by its decoder's norm before it is penalised.
        exponent: p > 0.
        aggregate: `sum` of p-th powers, or their p-th root, `norm`.
        k: Keep only the k largest activations.
    """
    z = sae.encode(x)
    if k is not None:
        rank = np.argsort(np.argsort(-z, axis=1, kind="stable"), axis=1)
        z = z * (rank < k)
    error = ((x - sae.decode(z)) ** 2).sum(1)
    sizes = z * np.linalg.norm(sae.W_dec, axis=1) if weighted else z
    penalty = (sizes**exponent).sum(1)
    if aggregate == "norm":
        penalty = penalty ** (1 / exponent)
    return float(probabilities @ (error + sparsity * penalty))
