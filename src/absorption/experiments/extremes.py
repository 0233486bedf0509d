"""Of several kinds the mean, or the one that is worst on average, which is what a gate asks about."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def extreme(kinds: Iterable[Float[ndarray, " _"]], pick: Callable[..., Any]) -> Float[ndarray, " _"]:
    """The numbers of the kind whose mean is largest (`max`) or least (`min`); one with no number at all is passed over.

    >>> extreme([np.array([0.1, np.nan]), np.array([0.3, 0.5]), np.array([np.nan])], max).tolist()
    [0.3, 0.5]

    Args:
        kinds: For each, one number a block (world, seed); NaN where there is none.
        pick: `max` or `min`.

    Returns:
        All NaN where no kind has a number.
    """
    every = list(kinds)
    return pick((of for of in every if not np.isnan(of).all()), key=np.nanmean, default=every[0])


def of_both(kinds: Iterable[Float[ndarray, " block"]]) -> Float[ndarray, " block"]:
    """The mean of the kinds, NaN where one of them is.

    >>> of_both([np.array([0.2, np.nan]), np.array([0.4, 0.4])]).round(2).tolist()
    [0.3, nan]
    """
    return np.mean(list(kinds), axis=0)
