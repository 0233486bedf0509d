"""Turning the directions of an SAE by an angle."""

import numpy as np
from jaxtyping import Float


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
