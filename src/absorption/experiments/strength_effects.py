"""Where absorption stops part-way: shares of a child's appearances with the parent's latent weak or silent, and what it makes up, world by world.

Runs are by family of distributions (or `by chance`, or one world in particular) and by start; the first spread is a strength that never varies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.strengths import Varied, values
from absorption.theory.partial import partial_law

FAMILIES = ("gamma", "uniform")
STARTS = ("truth", "random")
VARIES = slice(1, None)
"""All spreads but none."""
ByWorld = Float[ndarray, " world"]


def mean(measured: Float[ndarray, "world ..."]) -> ByWorld:
    """Over all settings of a world.

    >>> mean(np.array([[[0.25, 0.75]]])).tolist()
    [0.5]
    """
    return measured.reshape(len(measured), -1).mean(1)


@dataclass(frozen=True)
class Strengths:
    """All runs, by family and start."""

    runs: Mapping[tuple[str, str], Varied]

    def of_worlds(
        self, start: str, measure: str = "partial", of: Sequence[str] = FAMILIES
    ) -> Float[ndarray, "world start spread sparsity"]:
        """A measure in the worlds of some families, one after the other."""
        return np.concatenate([getattr(self.runs[family, start], measure) for family in of])

    def both(self, measure: str, at: slice = slice(None), of: Sequence[str] = FAMILIES) -> dict[str, ByWorld]:
        """A measure at some spreads, from each kind of start."""
        return {start: mean(self.of_worlds(start, measure, of)[:, :, at]) for start in STARTS}

    def made_up(self, start: str) -> ByWorld:
        """Of the squared error left on partial appearances by the others, what the parent's latent removes: in worlds that have some."""
        of = (self.of_worlds(start, name)[:, :, VARIES] for name in ("error", "error_without"))
        left, without = (values.sum((1, 2, 3)) for values in of)
        return 1 - left[without > 0] / without[without > 0]

    def made_up_each(self, start: str) -> ByWorld:
        """The same for single appearances at the smallest spread that is not none: in worlds that have some."""
        removed, partial = (
            mean_free(self.of_worlds(start, name)[:, :, 1]) for name in ("removed", "partial")
        )
        weight = np.where(np.isfinite(removed), partial, 0)
        some = weight.sum(1) > 0
        return ((weight * np.nan_to_num(removed)).sum(1) / np.maximum(weight.sum(1), 1e-12))[some]

    def shares(self, spreads: Sequence[int] = (1, 2, 3)) -> dict[str, ByWorld]:
        """By name: weak and silent at each spread from each start, and weak with a tenth or a fifth of the usual or more."""
        found = {
            f"{name}_{start}_{at}": mean(self.of_worlds(start, name)[:, :, at])
            for name, start, at in product(("partial", "silent"), STARTS, spreads)
        }
        for end, start in product(("tenth", "fifth"), STARTS):
            found[f"{end}_{start}"] = mean(self.of_worlds(start, f"above_{end}")[:, :, VARIES])
        return found


def mean_free(measured: Float[ndarray, "world start sparsity"]) -> Float[ndarray, "world setting"]:
    """Starts and λ as one axis.

    >>> mean_free(np.zeros((2, 1, 3))).shape
    (2, 3)
    """
    return measured.reshape(len(measured), -1)


def of_one(found: Varied, spreads: Sequence[int] = (1, 2, 3)) -> dict[str, ByWorld]:
    """Weak and silent at each spread in one kind of world, by name.

    >>> sorted(of_one(_still()))[0]
    'partial_1'
    """
    return {
        f"{name}_{at}": mean(getattr(found, name)[:, :, at])
        for name, at in product(("partial", "silent"), spreads)
    }


def rows(found: Varied, parent: str, child: str) -> dict[str, list[str]]:
    """A column for each share, a row for each spread, means over worlds and λ: who brings the parent, and how often its latent is silent or weak.

    >>> rows(_still(), "S", "snake")["weak"]
    ['0%', '0%', '0%', '0%']
    """
    columns = {
        f"{parent} in the {child}'s row": found.row,
        f"of the {parent}: brought by the {child} latent": found.of_child,
        f"by the {parent} latent": found.of_parent,
        f"{child}s on which the {parent} latent is silent": found.silent,
        "weak": found.partial,
    }
    return {name: [f"{share:.0%}" for share in values.mean((0, 1, 3))] for name, values in columns.items()}


def law_of_child(
    parent: float, child: float, spreads: Sequence[float], sparsities: Sequence[float], n_nodes: int
) -> Float[ndarray, "spread sparsity"]:
    """What the child's latent brings of the parent by `theory.partial`, as a part of it; strengths vary by a gamma distribution.

    >>> law_of_child(0.25, 0.75, (0.1, 0.5), (0.05,), 8).round(2).tolist()
    [[1.01], [0.71]]

    Args:
        parent, child: Mean strength, and strength.
        spreads: Standard deviation of the parent's strength over its mean.
        sparsities: λ.
        n_nodes: Equally likely strengths.
    """
    nodes, ratio = np.full(n_nodes, 1 / n_nodes), parent / child
    strengths = [ratio * values("gamma", spread, n_nodes) for spread in spreads]
    return np.array(
        [[partial_law(lam / child, m, nodes) * child / parent for lam in sparsities] for m in strengths]
    )


def _still() -> Varied:
    """Measures that are all 0, of one world at four spreads; for examples."""
    return Varied(**dict.fromkeys(Varied.__dataclass_fields__, np.zeros((1, 1, 4, 1))))
