"""Evidence of a ratio."""

from jaxtyping import Float
from numpy import inf, ndarray

from absorption.claims.evidence import Evidence


def of_ratio(
    name: str,
    first: Float[ndarray, " block"],
    second: Float[ndarray, " block"],
    note: str = "",
    of: str = "seeds",
) -> Evidence:
    """The mean over blocks of `first` over `second`, block by block; not available where one has nothing to divide by.

    >>> import numpy as np
    >>> of_ratio("left", np.array([0.2, 0.3]), np.array([0.4, 0.6])).value
    0.5
    >>> print(of_ratio("left", np.array([0.2, 0.3]), np.array([0.4, 0.0])))
    not available: 1 of 2 seeds have nothing to divide by

    Args:
        name: Of the evidence.
        first, second: One number a block, none negative.
        note: As kept.
        of: What a block is, in the plural.

    Raises:
        ValueError: fewer than two blocks, or a negative number.
    """
    lacking = int((second <= 0).sum())
    if lacking:
        return Evidence.not_available(name, f"{lacking} of {len(second)} {of} have nothing to divide by")
    return Evidence.of_samples(name, first / second, of=of, possible=(0, inf), note=note)
