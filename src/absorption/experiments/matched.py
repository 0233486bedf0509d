"""SAEs compared at one L0: what presses each to be sparse is searched until it has the L0 that was asked for.

No SAE is told its L0: with an L1 penalty it follows from λ, and BatchTopK reaches k only nearly. So a grid of pressures is
trained, then finer ones between the two that lie on either side of the target, and the SAE that comes nearest is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64
from numpy import ndarray

Measures = Mapping[str, Float[ndarray, "value *block"]]


@dataclass(frozen=True)
class Matched:
    """SAEs at the L0 that was asked for, and all that were trained on the way."""

    tried: dict[str, Float[ndarray, "value *block"]]
    """Each measure of every SAE, its `pressure` among them."""
    found: dict[str, Float[ndarray, " *block"]]
    """Each measure of the SAE that comes nearest to the target."""
    off: Float[ndarray, " *block"]
    """How far that SAE's L0 is from the target, as a share of it."""


def at_l0(
    train: Callable[[Float[ndarray, "value *block"]], Measures],
    pressures: Float[ndarray, " value"],
    target: float,
    shape: tuple[int, ...],
    finer: Sequence[int] = (3, 2),
) -> Matched:
    """Search the pressure of every block for the one target, in rounds of training.

    >>> import numpy as np
    >>> shrink = lambda pressures: {"l0": 2 / pressures, "loss": pressures}
    >>> matched = at_l0(shrink, np.array([0.5, 1.0, 4.0]), target=1.0, shape=(1,), finer=[1])
    >>> matched.tried["pressure"][:, 0].tolist(), matched.found["l0"].tolist(), matched.off.tolist()
    ([0.5, 1.0, 4.0, 2.0], [1.0], [0.0])

    Args:
        train: Trains an SAE for each pressure and measures it; gives `l0` and whatever else is wanted.
        pressures: The first round, the same for every block: values of k or λ, positive.
        target: The L0 wanted, in the units in which `train` gives it.
        shape: Of the blocks, such as (recipe, world).
        finer: How many values each further round tries, evenly spaced on a logarithmic scale.
    """
    first = np.broadcast_to(pressures.reshape(-1, *[1] * len(shape)), (len(pressures), *shape)).copy()
    tried = dict(train(first)) | {"pressure": first}
    for n in finer:
        values = between(tried["pressure"], tried["l0"], target, n)
        more = dict(train(values)) | {"pressure": values}
        tried = {name: np.concatenate([seen, more[name]]) for name, seen in tried.items()}
    at = nearest(tried["l0"], target)[None]
    found = {name: np.take_along_axis(values, at, 0)[0] for name, values in tried.items()}
    return Matched(tried, found, np.abs(found["l0"] / target - 1))


def best_within(
    matched: Matched, target: float, share: float, measure: str
) -> dict[str, Float[ndarray, " *block"]]:
    """Of the SAEs whose L0 lies within this share of the target, the one with the least of a measure, block by block.

    Where none does it is the one that comes nearest. Several pressures can give one L0, and differ in how much they shrink.

    >>> import numpy as np
    >>> train = lambda pressures: {"l0": np.round(2 / pressures), "error": 4 - pressures}
    >>> matched = at_l0(train, np.array([1.0, 1.5, 1.9, 4.0]), target=1.0, shape=(1,), finer=[])
    >>> matched.found["pressure"].tolist(), best_within(matched, 1.0, 0.05, "error")["pressure"].tolist()
    ([1.5], [1.9])

    Args:
        matched: What `at_l0` found.
        target: As for `at_l0`.
        share: How far an L0 may be from the target, as a share of it.
        measure: Of which less is better, never negative.
    """
    off = np.abs(matched.tried["l0"] / target - 1)
    worst = matched.tried[measure].max() + 1
    at = np.where(off < share, matched.tried[measure], worst + off).argmin(0)[None]
    return {name: np.take_along_axis(values, at, 0)[0] for name, values in matched.tried.items()}


def nearest(l0: Float[ndarray, "value *block"], target: float) -> Int64[ndarray, " *block"]:
    """Which value's L0 comes nearest to the target, block by block; the first of equals.

    >>> import numpy as np
    >>> nearest(np.array([[3.0], [1.9], [1.0]]), target=2.0)
    array([1])
    """
    return np.abs(l0 - target).argmin(0)


def between(
    pressures: Float[ndarray, "value *block"], l0: Float[ndarray, "value *block"], target: float, n: int
) -> Float[ndarray, "n *block"]:
    """`n` pressures between the two neighbours whose L0s enclose the target most closely, block by block.

    Where none do, between the two neighbours that come nearest to it.

    >>> import numpy as np
    >>> between(np.array([[1.0], [4.0], [5.0]]), np.array([[3.0], [1.0], [0.5]]), target=2.0, n=1)
    array([[2.]])

    Args:
        pressures: In any order.
        l0: What they gave.
        target: As for `at_l0`.
        n: How many.
    """
    order = pressures.argsort(0)
    pressures, l0 = (np.take_along_axis(values, order, 0) for values in (pressures, l0))
    gap = l0 - target
    enclosed = gap[:-1] * gap[1:] <= 0
    distance = np.abs(gap[:-1]) + np.abs(gap[1:])
    at = np.where(enclosed, distance, distance + 2 * distance.max()).argmin(0)[None]
    low, high = (np.take_along_axis(np.log(ends), at, 0) for ends in (pressures[:-1], pressures[1:]))
    steps = np.arange(1, n + 1).reshape(-1, *[1] * (l0.ndim - 1)) / (n + 1)
    return np.exp(low + steps * (high - low))
