"""Two children at rates that are chosen and not drawn: what they take of their parent, beside what formulas say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.sibling_runs import FamilyRuns, on_families
from absorption.experiments.siblings import Families, fixed
from absorption.runtime.parallel import in_parallel
from absorption.theory.siblings import plain_siblings, shares, unit_slopes

P_PARENT = 0.4
MOST = 0.3
"""The larger of two rates, where one child comes more often."""


def first_order(sparsity: float, rate: float) -> float:
    """½ + λ C(q): δ of two equally frequent children to first order in λ.

    >>> round(first_order(0.02, 0.25), 4)
    0.5175
    """
    return 0.5 + sparsity * unit_slopes(rate).delta


LAWS = {"first_order": first_order, "plain": plain_siblings}
"""By name: the whole dictionary solved, and decoder length and shrinkage left out."""


@dataclass(frozen=True)
class AtRates:
    """SAEs of two children at chosen rates, one world a rate, one setting a λ.

    Args:
        rates: Of each of two equally frequent children, `[rate]`.
        sparsities: λ, `[λ]`.
        together: Children that can meet. exclusive: Children that exclude each other.
        by_ratio: Children that can meet and come unequally often, at one λ.
    """

    rates: Sequence[float]
    sparsities: Sequence[float]
    together: FamilyRuns
    exclusive: FamilyRuns
    by_ratio: FamilyRuns

    def drawn(
        self, sparsity: float, fine: Float[ndarray, " place"], within: float = 0.5
    ) -> tuple[
        Float[ndarray, " rate"], Float[ndarray, " rate"], Float[ndarray, " place"], Float[ndarray, " place"]
    ]:
        """At one λ: δ, how often the parent is silent, and both formulas at finer rates (the first where λ/q is `within`)."""
        at = list(self.sparsities).index(sparsity)
        first, plain = (np.array([law(sparsity, q) for q in fine]) for law in LAWS.values())
        known = np.where(sparsity / fine <= within, np.minimum(1, first), np.nan)
        silent = 1 - self.together.recall.mean(2)[:, at]
        return self.together.share.mean(2)[:, at], silent, known, plain

    def always(self) -> tuple[Float[ndarray, " rate"], Float[ndarray, " rate"]]:
        """Of exclusive children, over all λ: δ, and how often the parent is silent."""
        return self.exclusive.share.mean((1, 2)), 1 - self.exclusive.recall.mean((1, 2))

    def errors(self, within: float = 0.2) -> dict[str, Float[ndarray, " point"]]:
        """How far each formula is from δ, wherever λ/q is at most `within`."""
        small = np.array([[lam / q <= within for lam in self.sparsities] for q in self.rates])
        delta = self.together.share.mean(2)
        said = {name: [[law(lam, q) for lam in self.sparsities] for q in self.rates] for name, law in LAWS.items()}  # fmt: skip
        return {name: np.abs(np.array(of) - delta)[small] for name, of in said.items()}


def at_rates(
    rates: Sequence[float],
    ratios: Sequence[float],
    sparsities: Sequence[float],
    small: float,
    *,
    device: str = "cpu",
    **how: Any,
) -> AtRates:
    """Train them all, beside the truth.

    >>> runs = at_rates([0.2, 0.3], [1, 2], [0.02, 0.1], small=0.01, steps=2, lr=0.01)
    >>> runs.errors()["plain"].shape, runs.by_ratio.share.shape, [of.shape for of in runs.drawn(0.1, np.array([0.1, 0.2, 0.3]))]
    ((2,), (2, 1, 2), [(2,), (2,), (3,), (3,)])

    Args:
        rates: Of two equally frequent children, given the parent.
        ratios: How many times as often the first of two comes, at a rate of `MOST`.
        sparsities: λ of the first. small: λ of the second.
        device: Where.
        how: `steps`, `lr` and `seed`, as for `on_families`.
    """

    def train(job: tuple[Families, Sequence[float]]) -> FamilyRuns:
        return on_families(job[0], "L1", job[1], device=device, **how)

    equal, unequal = [[q, q] for q in rates], [[MOST, MOST / ratio] for ratio in ratios]
    jobs = [(fixed(kind, [P_PARENT] * len(equal), equal), sparsities) for kind in ("together", "exclusive")]
    jobs += [(fixed("together", [P_PARENT] * len(unequal), unequal), [small])]
    return AtRates(rates, sparsities, *in_parallel(train, jobs, device))


def shares_at(ratios: Sequence[float] | ndarray) -> Float[ndarray, "ratio child"]:
    """What each of two children takes as λ goes to 0, where the first comes so many times as often.

    >>> shares_at([1, 4]).round(2).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    return np.array([shares([MOST, MOST / float(ratio)]) for ratio in ratios])


def in_a_crowd(families: Families, sparsity: float, **how: Any) -> dict[str, str]:
    """A row of a table: what each child of the first world's parent takes, the formula for it, and what a grandchild takes.

    >>> in_a_crowd(fixed("together", [0.4], [[0.3, 0.3]]), 0.05, steps=2, lr=0.01)["formula"]
    '0.53'

    Args:
        families: One world, all rates alike.
        sparsity: λ.
        how: As for `on_families`.
    """
    runs, of_parent = on_families(families, "L1", [sparsity], **how), np.equal(families.parents, 0)
    return {
        "each takes": f"{runs.share[0, 0, of_parent].mean():.2f}",
        "formula": f"{plain_siblings(sparsity, families.rates[0, 0], int(of_parent.sum())):.2f}",
        "parent fires beside a child": f"{runs.recall[0, 0, of_parent].mean():.0%}",
        "grandchild takes": " ".join(f"{share:.2f}" for share in runs.share[0, 0, ~of_parent]),
    }
