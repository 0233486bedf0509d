"""What training takes, said beforehand: seconds, from a few steps of each kind, and memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from absorption.experiments.bank.fitting import Fit
from absorption.runtime.parallel import threads
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

STEPS = 4
"""Steps of each kind that are timed, after one that is not."""
INTERPRETER = 0.4 * 2**30
"""Bytes of a process that has imported torch."""
COPIES = 5
"""Of every weight: itself, its gradient, Adam's two moments, and the last sound value."""


@dataclass(frozen=True)
class Needs:
    """A fit to a table of `rows` activations of `d_in` numbers.

    >>> from absorption.experiments.bank.fitting import Schedule
    >>> needs = Needs(Fit(Recipe(), d_sae=2048, seed=0, schedule=Schedule(10_000)), rows=30_000, d_in=576)
    >>> round(needs.memory / 2**30, 1)
    0.6
    """

    fit: Fit
    rows: int
    d_in: int

    @property
    def memory(self) -> float:
        """About how many bytes a process needs that makes it.

        The activations; every weight with its gradient and moments; and what a step holds of `[batch d_sae]`, six such
        tables on the dense path and one and a half on the sparse one.
        """
        fit, members = self.fit, len(self.fit.seeds)
        weights = (1 if fit.recipe.tied else 2) * self.d_in * fit.d_sae
        small = SAEStack(fit.recipe, 1, fit.d_sae, fit.seeds, sweep=fit.sweep)
        step = (1.5 if SparseObjective.pays(small) else 6) * fit.schedule.batch_size * fit.d_sae
        return INTERPRETER + 4 * (self.rows * self.d_in + members * (COPIES * weights + step))

    @property
    def seconds(self) -> float:
        """About how long one thread of this machine takes, from a few steps on random data."""
        fit, how = self.fit, self.fit.schedule
        step = _step(fit.recipe, self.d_in, fit.d_sae, how.batch_size, fit.device)
        return len(fit.seeds) * step * (how.samples // how.batch_size)


def seconds(needs: Sequence[Needs]) -> float:
    """About how long one thread takes for all of them.

    >>> seconds([])
    0
    """
    return sum(each.seconds for each in needs)


def insist_on_memory(needs: Sequence[Needs], jobs: int) -> None:
    """Do nothing if so many processes find the memory that they need.

    >>> insist_on_memory([], jobs=2)

    Raises:
        MemoryError: they do not; the message says how many would.
    """
    import psutil

    most = max((each.memory for each in needs if each.fit.device == "cpu"), default=0.0)
    free = psutil.virtual_memory().available
    if jobs * most > free:
        fitting = int(free // most)
        remedy = f"ask for {fitting} at once (--jobs {fitting})" if fitting else "close other programs"
        raise MemoryError(
            f"{jobs} SAEs at once need about {jobs * most / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free: {remedy}."
        )


@lru_cache
def _step(recipe: Recipe, d_in: int, d_sae: int, batch: int, device: str) -> float:
    """Seconds of one training step, on one thread, on random data."""
    stack = SAEStack(recipe, d_in, d_sae, seeds=[0], device=device)
    data = list(torch.randn(1 + STEPS, batch, d_in, generator=torch.Generator().manual_seed(0)))
    with threads(1):
        fit_batches(stack, data[:1], quiet=True)
        start = time.perf_counter()
        fit_batches(stack, data[1:], quiet=True)
        return (time.perf_counter() - start) / STEPS
