"""When one row for parent and child pays for matching pursuit: closed forms for two orthogonal directions.

x = a p + b c with p and c orthogonal unit vectors. The *apart* dictionary has the rows p and c, the *absorbed* one p and
g = (p + c)/√2. Nothing but the error is counted, since a pursuit has no penalty; how many steps it may take decides.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

Dictionary = Literal["apart", "absorbed"]


def error_left(
    a: Float[ndarray, " input"], b: Float[ndarray, " input"], dictionary: Dictionary, steps: int
) -> Float[ndarray, " input"]:
    """Squared length of what a pursuit leaves of a p + b c after so many steps (or fewer, where no row gains).

    >>> a, b = np.array([1.0, 1.0]), np.array([1.0, 2.0])
    >>> error_left(a, b, "apart", 1).tolist(), error_left(a, b, "absorbed", 1).round(3).tolist()
    ([1.0, 1.0], [0.0, 0.5])
    >>> error_left(a, b, "apart", 2).tolist(), error_left(a, b, "absorbed", 9).round(3).tolist()
    ([0.0, 0.0], [0.0, 0.5])

    Args:
        a, b: Magnitudes of parent and child, not negative.
        dictionary: `apart` or `absorbed`.
        steps: At least 1.
    """
    if dictionary == "apart":
        return np.minimum(a, b) ** 2 if steps == 1 else np.zeros_like(a)
    first = (a + b) / 2**0.5 >= a  # whether the shared row is the longer projection
    alone = np.where(
        a > b, (a - b) ** 2 / 4, (a - b) ** 2 / 2
    )  # p takes half of the rest where more of p is left
    shared = (a - b) ** 2 / 2 if steps == 1 else alone
    # Where the parent's row comes first, b c is left, of which the shared row takes half and leaves half of it along −p.
    other = b**2 if steps == 1 else b**2 / 2
    return np.where(first, shared, other)


def absorbed_cost(spread: float, steps: int) -> float:
    """Expected squared error of the absorbed dictionary less that of the apart one, for independent magnitudes with equal
    means and the standard deviation `spread`, small beside the mean of 1.

    >>> absorbed_cost(0.1, steps=2).__round__(4), absorbed_cost(0.0, steps=2)
    (0.0075, 0.0)
    >>> absorbed_cost(0.1, steps=1) < 0  # one row for two
    True

    With two steps or more it is ¾ spread²: (a − b)²/4 where the parent is the stronger, (a − b)²/2 where the child is,
    and E(a − b)² = 2 spread². So absorbing never pays and costs nothing where magnitudes do not vary. With one
    step it is spread² − E min(a, b)², E min(a, b)² = 1 + spread² − 2 spread/√π.

    Raises:
        ValueError: no steps.
    """
    if steps < 1:
        raise ValueError(f"a pursuit takes at least one step, not {steps}.")
    if steps == 1:
        return spread**2 - (1 + spread**2 - 2 * spread / np.pi**0.5)
    return 0.75 * spread**2
