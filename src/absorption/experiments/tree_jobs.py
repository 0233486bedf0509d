"""Architectures on many kinds of two-level trees: what is trained together, and how it is read kind by kind at one L0."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.levels import PRESSURES, Training, read, train
from absorption.experiments.members import Members
from absorption.experiments.pressed import reached, read_at
from absorption.runtime.parallel import in_parallel
from absorption.saes.stack import SAEStack
from absorption.worlds.two_levels import TRUE_L0, Tree, two_levels

SHOWN = MappingProxyType(
    {
        "score": "between",
        "within": "within",
        "absorbed": "absorbed",
        "parent fires": "recall",
        "explained": "explained",
        "L0": "l0",
        "coherence": "coherence",
    }
)
"""What tables show, by its title there."""


@dataclass(frozen=True)
class Job:
    """One architecture, trained on all kinds of worlds in one stack.

    Args:
        how: Architecture, start and training.
        kinds: Worlds of each kind, all of as many dimensions.
        values: λ, or k: one, or several between which the tree's own L0 is looked for.
    """

    how: Training
    kinds: Mapping[str, Sequence[Tree]]
    values: Sequence[float]

    @classmethod
    def of(
        cls,
        name: str,
        kinds: Mapping[str, Mapping[str, Any]],
        seeds: Sequence[int],
        steps: int,
        values: Sequence[float] | None = None,
        start: str = "random",
        *,
        batch_size: int,
        rates: Mapping[str, float],
    ) -> "Job":
        """A world of each kind for every seed, and the architecture's own λ or k where none are given.

        >>> job = Job.of("L1", {"even": dict(spread=0.0)}, range(3, 5), 10, batch_size=50, rates={"L1": 0.02})
        >>> len(job.worlds), job.how.lr, job.how.seed, job.values == PRESSURES["L1"]
        (2, 0.02, 3, True)

        Args:
            name: Of the architecture, a key of `levels.RECIPES`.
            kinds: Of each kind what `two_levels` is told.
            seeds: Of the worlds; the first one is that of weights and draws, too.
            steps: Of the optimiser.
            values: As above.
            start: As for `levels.Training`.
            batch_size: Inputs a step.
            rates: Of each architecture its peak learning rate.
        """
        how = Training(name, start, steps, batch_size, rates[name], seeds[0])
        worlds = {kind: [two_levels(seed, **told) for seed in seeds] for kind, told in kinds.items()}
        return cls(how, worlds, PRESSURES[name] if values is None else values)

    @property
    def worlds(self) -> list[Tree]:
        """All of them, kind by kind."""
        return [world for of_kind in self.kinds.values() for world in of_kind]

    def run(self) -> "Found":
        """Train, and read what came out.

        >>> from absorption.worlds.two_levels import two_levels
        >>> kinds = {"even": [two_levels(0, spread=0.0)], "varied": [two_levels(0), two_levels(1)]}
        >>> found = Job(Training("pursuit", steps=1), kinds, [2]).run()
        >>> found.of("between", "even").shape, found.of("between", "varied").shape
        ((1,), (2,))
        """
        asked = np.repeat(np.array(self.values, dtype=float)[:, None], len(self.worlds), 1)
        stack, members = train(self.worlds, self.how, asked)
        return Found(self, stack, members, read(stack, members, self.worlds))


@dataclass(frozen=True, eq=False)
class Found:
    """What a job came to: the SAEs, and `measures[name] [value world]`, as in `levels.MEASURES`."""

    job: Job
    stack: SAEStack
    members: Members
    measures: Mapping[str, Float[ndarray, "value world"]]
    _read: dict[int, Mapping[str, Float[ndarray, "value world"]]] = field(default_factory=dict)

    def at(self, kind: str) -> slice:
        """Where the worlds of a kind are."""
        names, sizes = list(self.job.kinds), [len(of_kind) for of_kind in self.job.kinds.values()]
        start = sum(sizes[: names.index(kind)])
        return slice(start, start + len(self.job.kinds[kind]))

    def of(
        self, measure: str, kind: str, value: int | None = None, steps: int | None = None
    ) -> Float[ndarray, " world"]:
        """A measure in every world of a kind, where the SAEs have the tree's own L0.

        >>> from absorption.worlds.two_levels import two_levels
        >>> found = Job(Training("L1", steps=1), {"varied": [two_levels(0)]}, [0.1, 1.0]).run()
        >>> low, high = sorted(float(found.of("explained", "varied", value)[0]) for value in (0, 1))
        >>> low <= float(found.of("explained", "varied")[0]) <= high
        True

        Args:
            measure: A name in `levels.MEASURES`.
            kind: Of the worlds.
            value: Which of the job's values, if not at that L0; a job with one value has no choice.
            steps: Of a pursuit at inference, if others than in training.
        """
        by = self._with_steps(steps) if steps else self.measures
        if value is None and len(self.job.values) == 1:
            value = 0
        values, l0 = by[measure][:, self.at(kind)], by["l0"][:, self.at(kind)]
        return read_at(l0, values, TRUE_L0) if value is None else values[value]

    def means(self, kind: str, value: int | None = None, steps: int | None = None) -> dict[str, float]:
        """Means over the worlds of a kind, by what a table calls them (`SHOWN`); arguments as for `of`."""
        return {title: float(self.of(name, kind, value, steps).mean()) for title, name in SHOWN.items()}

    def tilted(self, kind: str) -> dict[str, float]:
        """Means over worlds, child by child of a parent: how far its row has gone to the parent, and how often it takes its place."""
        return {
            f"{what}, {child} child": float(self.of(of + child, kind).mean())
            for what, of in (("gone", ""), ("absorbed", "hole_"))
            for child in ("first", "second", "third")
        }

    def passes(self, kind: str) -> Float[ndarray, " world"]:
        """1 for each world whose curve over the values passes the tree's own L0, else 0."""
        return reached(self.measures["l0"][:, self.at(kind)], TRUE_L0).astype(float)

    def _with_steps(self, steps: int) -> Mapping[str, Float[ndarray, "value world"]]:
        if steps not in self._read:
            self._read[steps] = read(with_steps(self.stack, steps), self.members, self.job.worlds)
        return self._read[steps]


def run_all(jobs: Mapping[str, Job]) -> dict[str, Found]:
    """Every job, as many at once as there are cores, the longest first.

    >>> run_all({})
    {}
    """

    def size(name: str) -> float:
        job = jobs[name]
        return job.how.steps * job.how.batch_size * len(job.worlds) * len(job.values)

    names = sorted(jobs, key=size, reverse=True)
    found = dict(zip(names, in_parallel(lambda name: jobs[name].run(), names), strict=True))
    return {name: found[name] for name in jobs}


def with_steps(stack: SAEStack, k: int) -> SAEStack:
    """The same pursuit with another number of steps at inference.

    >>> from absorption.worlds.two_levels import two_levels
    >>> stack, _ = train([two_levels(0)], Training("pursuit", steps=0), np.array([[1.0]]))
    >>> with_steps(stack, 3).k.tolist(), stack.k.tolist()
    ([3.0], [1.0])
    """
    changed = stack.select(range(len(stack)))
    changed.k.fill_(k)
    return changed


def each(
    found: Mapping[str, Found], measure: str, kinds: Iterable[str], beyond: Found | None = None
) -> dict[str, Float[ndarray, " world"]]:
    """A measure of every architecture in every kind, by `name, kind`; less what another has of it in the same worlds, if one is given.

    >>> each({}, "worse", ["orthogonal"])
    {}
    """
    values = {(name, kind): one.of(measure, kind) for name, one in found.items() for kind in kinds}
    if beyond is not None:
        values = {
            (name, kind): of - beyond.of(measure, kind)[: len(of)] for (name, kind), of in values.items()
        }
    return {f"{name}, {kind}": of for (name, kind), of in values.items()}
