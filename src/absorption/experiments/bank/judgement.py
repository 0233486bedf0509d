"""Every SAE that a page wants, judged on every split, from the cache where that was done before."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.judging import LETTERS, MATCHED, judge_stack
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import with_l0
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.runtime.progress import track

AT_ONCE = 12
"""Jobs between two steps of the progress bar."""


@dataclass(frozen=True)
class Judgement:
    """One SAE at the L0 at which it is judged.

    `by[kind][measure] [split letter]`, nan where a letter is not rated or has no such half-space; kinds and measures are those of
    `bank.judging`. `explained`, `l0` and `dead` are means over splits.

    >>> rates = {"letters": {"full": np.array([[0.2, 0.4]])}, "matched": {"full": np.array([[0.1, np.nan]])}}
    >>> found = Judgement(rates, explained=0.7, l0=16.0, dead=0.0)
    >>> round(found.mean("full"), 3), round(found.above("full"), 3)
    (0.3, 0.1)
    """

    by: dict[str, dict[str, Float[np.ndarray, "split letter"]]]
    explained: float
    l0: float
    dead: float

    def mean(self, measure: str, kind: str = LETTERS) -> float:
        """Over letters, then over splits; not a number where there is none."""
        return _mean(self.by[kind][measure])

    def above(self, measure: str, null: str = MATCHED) -> float:
        """How much more letters have of it than their half-spaces, over the letters that have both."""
        return _mean(self.by[LETTERS][measure] - self.by[null][measure])


def judged(
    wanted: Sequence[Wanted], l0: float | None, splits: Sequence[int], nulls: bool = True
) -> list[Judgement]:
    """Judge SAEs on words, as many at once as there are cores.

    >>> judged([], l0=16, splits=(0, 1))
    []

    Args:
        wanted: SAEs on words; they are trained, one after the other, if they are not in the bank (`fill` trains several at once).
        l0: Each gets the threshold at which so many latents fire on an average word; None leaves it as it was trained.
        splits: Seeds of the splits into training and held-out words.
        nulls: Also half-spaces, a free and a matched one a letter and split, which take most of the time.

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`.
    """
    found: dict[Wanted, Judgement] = {}
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
        in_parallel(partial(yardstick, source), splits)
        of_source = [each for each in wanted if each.source == source]
        found |= zip(of_source, _judged(of_source, l0, splits, nulls), strict=True)
    return [found[each] for each in wanted]


def _judged(
    wanted: Sequence[Wanted], l0: float | None, splits: Sequence[int], nulls: bool
) -> list[Judgement]:
    jobs = [(each, seed) for each in wanted for seed in splits]
    found: list[dict[str, Tensor]] = []
    for at in track(range(0, len(jobs), AT_ONCE), f"SAEs judged, {wanted[0].source.name}"):
        found += in_parallel(lambda job: _kept(*job, l0, nulls), jobs[at : at + AT_ONCE])
    return [_gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(wanted: Wanted, split: int, l0: float | None, nulls: bool) -> dict[str, Tensor]:
    by = yardstick(wanted.source, split)
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name

    def compute() -> dict[str, Tensor]:
        stack = wanted.get()[0]
        return judge_stack(stack if l0 is None else with_l0(stack, Table(by.x), l0), by, nulls)

    parameters = {"sae": sae, "split": split, "l0": l0, "nulls": nulls}
    return cached("judged", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))


def _gathered(splits: Sequence[dict[str, Tensor]]) -> Judgement:
    by: dict[str, dict[str, np.ndarray]] = {}
    for name in splits[0]:
        if "." in name:
            kind, measure = name.split(".")
            by.setdefault(kind, {})[measure] = np.stack([split[name].numpy() for split in splits])
    return Judgement(
        by, *(float(np.mean([split[name] for split in splits])) for name in ("explained", "l0", "dead"))
    )


def _mean(values: Float[np.ndarray, "split letter"]) -> float:
    there = np.isfinite(values)
    of_split = [row[known].mean() for row, known in zip(values, there, strict=True) if known.any()]
    return float(np.mean(of_split)) if of_split else float("nan")
