"""Formulas of how much exclusive children absorb, beside what trained SAEs absorb, at every setting of the knobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from absorption.experiments.knobs import Draws, probabilities, states
from absorption.theory.law import biased_law, simple_law

SMALL = 0.2
"""Levels below are what the formulas are for."""
Settings = Float[ndarray, "world bound scale sparsity"]


def odds(of: Draws, bound: float) -> Float[ndarray, "two world"]:
    """Of the parent with a child and with none, where children exclude each other.

    >>> odds(Draws(np.array([0.5]), np.array([[0.2]]), np.ones((1, 2))), bound=0.0).round(2).tolist()  # by chance
    [[1.0], [1.0]]
    """
    there = states("exclusive", of.rates.shape[1]) > 0
    p, child, parent = probabilities("exclusive", of, bound), there[:, 1:].any(1), there[:, 0]
    return np.array([p[:, at & parent].sum(1) / p[:, at & ~parent].sum(1) for at in (child, ~child)])


@dataclass(frozen=True)
class Laws:
    """A formula that knows of the decoder bias, one that does not, and what was measured."""

    biased: Settings
    plain: Settings
    measured: Settings

    @property
    def errors(self) -> dict[str, Float[ndarray, " some"]]:
        """Of each formula, above chance, where the one with a bias gives little or much: the mean over settings of worlds with such a one."""
        small = self.biased < SMALL
        return {
            "law_error_small": self._error(self.biased, small),
            "law_error_large": self._error(self.biased, ~small),
            "plain_error_small": self._error(self.plain, small),
        }

    def _error(
        self, law: Settings, where: Bool[ndarray, "world bound scale sparsity"]
    ) -> Float[ndarray, " some"]:
        pairs = zip(np.abs(law - self.measured)[:, 1:], where[:, 1:], strict=True)
        each = np.array([np.nanmean(np.append(one[at], np.nan)) for one, at in pairs])
        return each[np.isfinite(each)]


def laws(
    draws: Mapping[int, Draws], bounds: Sequence[float], scales: Sequence[float], sparsities: Sequence[float],
    level: Float[ndarray, "world start bound scale sparsity child"],
) -> Laws:  # fmt: skip
    """The formulas at every setting where children are sometimes without their parent.

    >>> draws = {1: Draws(np.array([0.5]), np.array([[0.2]]), np.ones((1, 2)))}
    >>> found = laws(draws, (0.0, 0.5, 1.0), (1.0,), (0.1,), np.zeros((1, 1, 3, 1, 1, 1)))
    >>> found.biased.ravel().round(2).tolist(), found.plain.ravel().round(2).tolist()
    ([0.0, 0.11], [0.05, 0.15])

    Args:
        draws: The worlds, by their number of children.
        bounds, scales, sparsities: Settings of the knobs; formulas have no number for children that imply their parent (bound 1).
        level: Of exclusive children, beside the truth.
    """
    apart = np.array(bounds) < 1
    each = [np.array([odds(of, bound) for bound in np.array(bounds)[apart]]) for of in draws.values()]
    with_child, without = np.concatenate(each, axis=-1).transpose(1, 2, 0)[
        ..., None, None
    ]  # [world bound 1 1]
    strength = np.concatenate([of.magnitudes[:, 0] for of in draws.values()])
    # λ / m, [world 1 scale λ]
    priced = (np.array(sparsities) / (strength[:, None, None] * np.array(scales)[:, None]))[:, None]
    measured = np.nanmean(level[:, :, apart], axis=(1, 5))
    return Laws(
        biased_law(priced, with_child, without, 1.0, 1.0), simple_law(priced, with_child, 1.0), measured
    )
