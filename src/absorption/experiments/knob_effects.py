"""What turning a knob changes: effects of sparsity, co-occurrence and magnitude on the level of absorption, world by world.

An effect is the difference between the ends of one knob for one child, where both can be read; then a mean over children, the settings of
the other knobs, and in each world over kinds and starts. Levels are `[world kind start bound scale λ child]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.knobs import Turned

KINDS = ("exclusive", "together")
STARTS = ("truth", "random")
ABOVE_CHANCE = slice(1, None)
NEAR = 0.1
"""Levels that differ by less are one."""
Levels = Float[ndarray, "world kind start bound scale sparsity child"]
ByWorld = Float[ndarray, " world"]


def mean(values: Float[ndarray, "world ..."]) -> ByWorld:
    """Over all that can be read of a world.

    >>> mean(np.array([[0.2, 0.4, np.nan]])).round(2).tolist()
    [0.3]
    """
    return np.nanmean(values.reshape(len(values), -1), axis=1)


def by_sparsity(level: Levels, at: slice | Sequence[int] = ABOVE_CHANCE) -> ByWorld:
    """At the largest λ less at the smallest; at some bounds, by default all but chance.

    >>> by_sparsity(np.linspace(0, 1, 8).reshape(1, 1, 1, 2, 1, 2, 2)).round(2).tolist()
    [0.29]
    """
    return mean((level[..., -1, :] - level[..., 0, :])[:, :, :, at])


def by_cooccurrence(level: Levels, to: int = -1) -> ByWorld:
    """Children that are bound to their parent, by default always, less those that come by chance.

    >>> by_cooccurrence(np.linspace(0, 1, 8).reshape(1, 1, 1, 2, 1, 2, 2)).round(2).tolist()
    [0.57]
    """
    return mean(level[:, :, :, to] - level[:, :, :, 0])


def by_magnitude(level: Levels, at: slice | Sequence[int] = ABOVE_CHANCE) -> ByWorld:
    """A parent at its strongest less at its weakest.

    >>> by_magnitude(np.linspace(0, 1, 8).reshape(1, 1, 1, 2, 2, 1, 2)).round(2).tolist()
    [0.29]
    """
    return mean((level[..., -1, :, :] - level[..., 0, :, :])[:, :, :, at])


EFFECTS = {"sparsity": by_sparsity, "cooccurrence": by_cooccurrence, "magnitude": by_magnitude}


def either_way(level: Levels, at: slice | Sequence[int] = ABOVE_CHANCE) -> ByWorld:
    """Size of what the magnitude changes, whichever its direction: the direction read off one start, the size off the other.

    >>> either_way(-np.linspace(0, 1, 16).reshape(1, 1, 2, 2, 2, 1, 2)).round(2).tolist()
    [0.13]
    """
    first, second = (by_magnitude(level[:, :, [i]], at) for i in (0, 1))
    return (np.sign(second.mean()) * first + np.sign(first.mean()) * second) / 2


@dataclass(frozen=True)
class Knobs:
    """All runs: by kind, number of children and start.

    Args:
        runs: As `knobs.turned` gives them, with the same settings for all.
        sizes: Numbers of children, each with as many worlds.
    """

    runs: Mapping[tuple[str, int, str], Turned]
    sizes: Sequence[int]

    def of_worlds(self, start: str, measure: str = "level", kinds: Sequence[str] = KINDS) -> ndarray:
        """`[world kind start bound scale λ]`, and of levels `[… child]` with NaN for a child that is not there; few children first."""
        each = [[getattr(self.runs[kind, n, start], measure) for kind in kinds] for n in self.sizes]
        if measure == "level":
            widths = [[(0, 0)] * 5 + [(0, max(self.sizes) - n)] for n in self.sizes]
            each = [
                [np.pad(one, w, constant_values=np.nan) for one in of]
                for of, w in zip(each, widths, strict=True)
            ]
        return np.concatenate([np.stack(of, 1) for of in each])

    def by_setting(self, start: str, kind: str) -> Float[ndarray, "world bound sparsity"]:
        """Levels of one kind, means over starts, magnitudes and children."""
        return np.nanmean(self.of_worlds(start, kinds=[kind]), axis=(1, 2, 4, 6))

    def both(self, of: str, end: bool = False) -> dict[str, ByWorld]:
        """A measure of each kind of start, the mean over all settings, or at the largest λ with the weakest parent (`end`)."""
        each = {start: self.of_worlds(start, of) for start in STARTS}
        return {start: mean(values[..., 0, -1] if end else values) for start, values in each.items()}

    def by_chance(self, effect: str) -> dict[str, ByWorld]:
        """The effect of sparsity, or of magnitude in either direction, where children come by chance, of each kind of start."""
        measure = by_sparsity if effect == "sparsity" else either_way
        return {start: measure(self.of_worlds(start), [0]) for start in STARTS}

    def readable(self, start: str) -> ByWorld:
        """Share of the levels that can be read."""
        each = [[np.isfinite(self.runs[kind, n, start].level) for kind in KINDS] for n in self.sizes]
        return np.concatenate(
            [np.concatenate([one.reshape(len(one), -1) for one in of], 1).mean(1) for of in each]
        )

    def reaches(self) -> ByWorld:
        """Share of the single runs from random weights whose level is that from beside the truth, children by chance left out."""
        runs = {
            start: np.nanmean(self.of_worlds(start)[:, :, :, 1:], axis=-1) for start in STARTS
        }  # one SAE: mean over its children
        gap = np.abs(runs["random"] - np.nanmean(runs["truth"], axis=2, keepdims=True))
        return mean(np.where(np.isfinite(gap), gap < NEAR, np.nan))

    def longer(
        self, twice: Mapping[str, Float[ndarray, "world start bound scale sparsity child"]]
    ) -> dict[str, ByWorld]:
        """What more steps change in two effects, by evidence's name: of two children that can meet, with the weakest parent.

        Args:
            twice: Levels after more steps, by the kind of start.
        """
        once = {start: self.runs["together", 2, start].level[:, None, ..., :1, :, :] for start in twice}
        return {
            f"longer_{name}_{start}": EFFECTS[name](level[:, None]) - EFFECTS[name](once[start])
            for name, (start, level) in product(("sparsity", "cooccurrence"), twice.items())
        }

    def effects(self) -> dict[str, ByWorld]:
        """Every effect by evidence's name: of all children, of each kind from each start, of sparsity at each bound, and half-way."""
        ends, bounds = {"truth": "", "random": "_random"}, {"half": 1, "most": 2, "always": -1}
        found = {
            f"by_{name}{end}": f(self.of_worlds(start))
            for start, end in ends.items()
            for name, f in _SIZES.items()
        }
        for kind, start in product(KINDS, STARTS):
            level = self.of_worlds(start, kinds=[kind])
            found |= {f"{name}_{kind}_{start}": f(level) for name, f in EFFECTS.items()}
            found |= {
                f"sparsity_{words}_{kind}_{start}": by_sparsity(level, [at]) for words, at in bounds.items()
            }
            found[f"halfway_{kind}_{start}"] = by_cooccurrence(level, 1)
        return found


_SIZES = {"sparsity": by_sparsity, "cooccurrence": by_cooccurrence, "magnitude": either_way}
