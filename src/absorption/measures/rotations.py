"""How far the directions of an SAE can turn before it notices: turning them, and refitting what may adapt."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import nnls


def turned(
    directions: Float[np.ndarray, "latent d_in"],
    towards: Float[np.ndarray, "latent d_in"],
    angle: float,
) -> Float[np.ndarray, "latent d_in"]:
    """Each row turned by `angle` radians, within the plane that it spans with its row of `towards`; norms are kept.

    >>> import numpy as np
    >>> turned(np.array([[2.0, 0.0]]), towards=np.array([[1.0, 1.0]]), angle=np.pi / 2).round(3).tolist()
    [[0.0, 2.0]]

    A negative angle turns away. Rows and their targets must not be parallel.
    """
    norms = np.linalg.norm(directions, axis=1, keepdims=True)
    unit = directions / norms
    across = towards - (towards * unit).sum(1, keepdims=True) * unit
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    return norms * (np.cos(angle) * unit + np.sin(angle) * across)


def random_in(
    basis: Float[np.ndarray, "dim d_in"], count: int, rng: np.random.Generator
) -> Float[np.ndarray, "count d_in"]:
    """Random unit vectors of the subspace with this orthonormal basis, uniform on its sphere.

    >>> import numpy as np
    >>> found = random_in(np.eye(3)[:2], count=4, rng=np.random.default_rng(0))
    >>> np.linalg.norm(found, axis=1).round(3).tolist(), bool((found[:, 2] == 0).all())
    ([1.0, 1.0, 1.0, 1.0], True)
    """
    draws = rng.normal(size=(count, len(basis))) @ basis
    return draws / np.linalg.norm(draws, axis=1, keepdims=True)


def refit(
    x: Float[np.ndarray, "state d_in"],
    dictionary: Float[np.ndarray, "d_sae d_in"],
    allowed: Bool[np.ndarray, "state d_sae"] | None = None,
) -> Float[np.ndarray, "state d_sae"]:
    """The non-negative activations that reconstruct each state best with these decoder rows (scipy's NNLS).

    >>> import numpy as np
    >>> refit(np.array([[2.0, -1.0]]), np.eye(2)).round(3).tolist()
    [[2.0, 0.0]]

    Args:
        x: What is to be reconstructed, less the decoder's bias.
        dictionary: Decoder rows.
        allowed: Which latents may fire where; by default all.
    """
    best = np.zeros((len(x), len(dictionary)))
    for state, target in enumerate(x):
        usable = np.arange(len(dictionary)) if allowed is None else np.flatnonzero(allowed[state])
        if len(usable):
            best[state, usable] = nnls(dictionary[usable].T, target)[0]
    return best


def first_beyond(
    angles: Float[np.ndarray, " angle"], values: Float[np.ndarray, " angle"], bound: float
) -> float:
    """The angle at which a curve first exceeds a bound, interpolated; the last angle if it never does.

    >>> import numpy as np
    >>> first_beyond(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 4.0]), bound=1.0)
    1.25
    """
    beyond = np.flatnonzero(values > bound)
    if not len(beyond):
        return float(angles[-1])
    at = beyond[0]
    if at == 0:
        return float(angles[0])
    share = (bound - values[at - 1]) / (values[at] - values[at - 1])
    return float(angles[at - 1] + share * (angles[at] - angles[at - 1]))
