"""Which member of a stack is which: named axes of an experiment (seed, point, weight), and the way back from `[sae]`."""

from collections.abc import Mapping
from math import prod

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from absorption.measures.toy import absorption_delta
from absorption.saes.stack import SAEStack


class Members:
    """The members of a stack, one for each combination of named axes, the last axis running fastest.

    >>> members = Members(seed=2, point=3)
    >>> len(members), members.index("seed"), members.where(point=2)
    (6, [0, 0, 0, 1, 1, 1], [2, 5])
    >>> members.spread([0.1, 0.2, 0.4], "point")
    tensor([0.1000, 0.2000, 0.4000, 0.1000, 0.2000, 0.4000])

    Args:
        axes: Name and length of each, in order: `Members(seed=5, point=24)` has 120 members, the first 24 of which
            are seed 0 at every point.

    Raises:
        ValueError: no axis, or one that is empty.
    """

    def __init__(self, **axes: int) -> None:
        if not axes or min(axes.values()) < 1:
            raise ValueError(f"every axis needs a length of at least 1, got {axes}.")
        self.axes: Mapping[str, int] = axes
        self.shape = tuple(axes.values())

    def __len__(self) -> int:
        """How many members there are."""
        return prod(self.shape)

    def index(self, axis: str) -> list[int]:
        """Each member's position along an axis `[sae]`; `index("seed")` is what `SAEStack` takes for seeds."""
        return self.spread(torch.arange(self.axes[axis]), axis).tolist()

    def spread(self, values: ArrayLike | Tensor, *axes: str) -> Tensor:
        """Values that are given along some axes, `[axis … rest]`, one for each member: `[sae … rest]`.

        Args:
            values: One value, or tensor, for each combination of the axes.
            axes: Their names, in the order of the stack; one that is not named gets the same values everywhere.

        Raises:
            ValueError: an unknown axis, names out of order, or values of another length.
        """
        given = torch.as_tensor(values)
        wanted = tuple(length for name, length in self.axes.items() if name in axes)
        if tuple(name for name in self.axes if name in axes) != axes:
            raise ValueError(f"axes {axes} must be named in the order of {tuple(self.axes)}.")
        if given.shape[: len(axes)] != wanted:
            raise ValueError(f"values for {axes} must begin with {wanted}, got {tuple(given.shape)}.")
        rest = given.shape[len(axes) :]
        placed = given.reshape(*(n if name in axes else 1 for name, n in self.axes.items()), *rest)
        return placed.expand(*self.shape, *rest).reshape(len(self), *rest)

    def shaped(self, values: ArrayLike | Tensor) -> np.ndarray:
        """`[sae … rest]` → `[axis … rest]` with the axes of this experiment, as numpy."""
        array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
        return array.reshape(*self.shape, *array.shape[1:])

    def where(self, **at: int) -> list[int]:
        """The members at the given positions, in order; `where(weight=2)` is every member with that weight."""
        chosen = torch.ones(len(self), dtype=torch.bool)
        for axis, position in at.items():
            chosen &= torch.tensor(self.index(axis)) == range(self.axes[axis])[position]
        return chosen.nonzero()[:, 0].tolist()


def deltas(
    stack: SAEStack, features: Tensor, members: Members, child: int = 1, parent: int = 0
) -> np.ndarray:
    """Absorption δ of every member, `[axis …]`; 0 is the truth, 1 is full absorption.

    >>> import torch
    >>> from absorption.experiments.starts import absorbing, start_at
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> members = Members(seed=2)
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, members.index("seed"))
    >>> start_at(stack, *absorbing(torch.eye(2), [(0, 1)], delta=0.5))
    >>> deltas(stack, torch.eye(2), members).round(2).tolist()
    [0.5, 0.5]

    Args:
        stack: Trained or not.
        features: True directions `[feature d_in]`, or one set a member `[sae feature d_in]`.
        members: The axes that the stack was made with.
        child, parent: Numbers of the two features.
    """
    dictionary = stack.dictionary.detach().cpu()
    if features.ndim == 2:
        return members.shaped(absorption_delta(dictionary, features.cpu(), child, parent))
    each = zip(dictionary, features.cpu(), strict=True)
    return members.shaped(torch.cat([absorption_delta(rows[None], f, child, parent) for rows, f in each]))


def of_best(values: ArrayLike, loss: ArrayLike, axis: int = 0) -> np.ndarray:
    """Of the runs along `axis`, what the one with the least loss has: `[… run …]` → the same without `run`.

    The winner is chosen by the loss alone, which knows nothing of what is claimed; on equal losses the first one wins.

    >>> of_best([[0.2, 0.7], [0.9, 0.8]], loss=[[3.0, 1.0], [1.0, 2.0]]).tolist()
    [0.9, 0.7]
    """
    values, loss = np.asarray(values), np.asarray(loss)
    return np.take_along_axis(values, np.expand_dims(loss.argmin(axis), axis), axis).squeeze(axis)
