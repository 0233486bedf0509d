"""Which worlds lose their rare feature to a combination: all runs of the comparison of `combinations`, and what is read off them.

Three kinds of runs are kept apart: random starts, of which the best has the least loss; runs from beside the truth; and runs from beside the
pair's dictionary, which show what the loss prefers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from absorption.experiments.combinations import Runs, Start, derived_rarity, on_worlds, sweet_again
from absorption.experiments.crowds import Worlds, apart
from absorption.experiments.members import of_best
from absorption.runtime.parallel import in_parallel

ByWorld = Float[ndarray, " world"]


@dataclass(frozen=True)
class Job:
    """SAEs of one width from one kind of start, at several λ, `n_runs` of them in each world."""

    worlds: Worlds
    n_latents: int
    sparsities: Sequence[float]
    n_runs: int
    start: Start = "random"

    def run(self, times: int = 1, *, steps: int, **training: Any) -> Runs:
        """Train them, so many times `steps`; `training` as for `combinations.on_worlds`.

        >>> from absorption.experiments.crowds import pair_worlds
        >>> Job(pair_worlds(2, seed=0), 3, [0.1], 2).run(steps=2).loss.shape
        (2, 1, 2)
        """
        training |= dict(start=self.start, steps=times * steps)
        return on_worlds(self.worlds, self.n_latents, self.sparsities, self.n_runs, **training)


def jobs(
    pairs: Worlds, turned: Worlds, crowds: Worlds, sparsities: Sequence[float], judged: float, n_runs: int, n_spare: int
) -> dict[str, Job]:  # fmt: skip
    """By name: a latent a feature in worlds with one pair and in crowded ones, their nulls, and latents to spare.

    >>> from absorption.experiments.crowds import crowded_worlds, pair_worlds
    >>> some = jobs(pair_worlds(2, seed=0), pair_worlds(2, seed=0), crowded_worlds(2, seed=0), [0.1, 0.2], 0.2, 8, 2)
    >>> some["crowd, spare"].n_latents, some["pair, truth"].n_runs
    (8, 1)

    Args:
        pairs, turned, crowds: Worlds with one pair, with a pair in several proportions, with overlapping combinations.
        sparsities: All λ. judged: the one at which features are counted as lost.
        n_runs: Random starts in each world at each λ. n_spare: latents beyond one a feature.
    """
    n_three, n_six = (worlds.present.shape[1] for worlds in (pairs, crowds))
    return {
        "pair": Job(pairs, n_three, sparsities, n_runs),
        "pair, truth": Job(pairs, n_three, sparsities, 1, "truth"),
        "pair, planted": Job(pairs, n_three, sparsities, 1, "pair"),
        "pair, apart": Job(apart(pairs), n_three, [judged], n_runs),
        "pair, without": Job(pairs, n_three, [0.0], n_runs),
        "pair, four": Job(pairs, n_three + 1, [judged], n_runs),
        "varying, four": Job(turned, n_three + 1, [judged], n_runs),
        "crowd": Job(crowds, n_six, sparsities, n_runs),
        "crowd, truth": Job(crowds, n_six, sparsities, 1, "truth"),
        "crowd, apart": Job(apart(crowds), n_six, sparsities, n_runs),
        "crowd, without": Job(crowds, n_six, [0.0], n_runs),
        "crowd, spare": Job(crowds, n_six + n_spare, sparsities, n_runs),
    }


@dataclass(frozen=True)
class Displaced:
    """What became of all jobs."""

    jobs: Mapping[str, Job]
    runs: Mapping[str, Runs]
    judged: float

    def best(self, name: str, measure: str, at: float | None = None) -> ByWorld:
        """Of the best run of each world, at one λ; by default at the one that is judged."""
        at = self.judged if at is None else at
        return self.of_best(name, measure)[:, list(self.jobs[name].sparsities).index(at)]

    def of_best(self, name: str, measure: str) -> Float[ndarray, "world setting"]:
        """Of the best run of each world, at every λ."""
        of = self.runs[name]
        return of_best(np.asarray(getattr(of, measure), dtype=float), of.loss, axis=2)

    def not_sweet(self, name: str) -> ByWorld:
        """Worlds without a sweet spot; a lone run has to be sweet at some λ."""
        return without_sweet(self.runs[name])

    def single(self, name: str, measure: str) -> Float[ndarray, "world run"]:
        """Of every run, at the λ that is judged."""
        return getattr(self.runs[name], measure)[:, list(self.jobs[name].sparsities).index(self.judged)]

    @property
    def cheaper(self) -> Bool[ndarray, " world"]:
        """Where the run from beside the pair's dictionary ends with a lower loss than the one from beside the truth."""
        return (self.single("pair, planted", "loss") < self.single("pair, truth", "loss"))[:, 0]

    @property
    def as_derived(self) -> Bool[ndarray, " world"]:
        """Where the best random run loses the rare feature, or keeps it, as `derived_rarity` says."""
        job = self.jobs["pair"]
        rarer = job.worlds.rarity[:, 0] < derived_rarity(job.worlds, self.judged, job.n_latents)
        return (self.best("pair", "lost") > 0) == rarer

    @property
    def shares(self) -> dict[str, ndarray]:
        """What stands for itself, by its name: shares of worlds, or of the runs in a world."""
        kinds = ("pair", "crowd")
        return {
            "lost": self.best("pair", "displaced"),
            "lost_crowded": self.best("crowd", "displaced"),
            "lost_varying": self.best("varying, four", "displaced"),
            "no_sweet": self.not_sweet("crowd"),
            "no_sweet_spare": self.not_sweet("crowd, spare"),
            "lost_apart": np.concatenate([self.best(f"{kind}, apart", "lost") for kind in kinds]),
            "lost_without": np.concatenate([self.best(f"{kind}, without", "displaced", at=0.0) for kind in kinds]),
            "lost_single": self.single("pair", "displaced").mean(1),
            "lost_from_truth": self.single("pair, truth", "displaced")[:, 0],
            "pair_cheaper": self.cheaper,
            "as_derived": self.as_derived,
            "four_kept": 1 - self.best("pair, four", "lost"),
            "no_sweet_three": self.not_sweet("pair"),
            "no_sweet_apart": self.not_sweet("crowd, apart"),
            "no_sweet_truth": self.not_sweet("crowd, truth"),
        }  # fmt: skip


def without_sweet(runs: Runs) -> ByWorld:
    """Worlds without a setting that is sweet in both halves of the runs; a lone run has to be sweet in some setting.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> without_sweet(on_worlds(pair_worlds(2, seed=0), 3, [0.01], start="truth", steps=20)).tolist()
    [0.0, 0.0]
    """
    return 1 - (sweet_again(runs) if runs.loss.shape[2] > 1 else runs.sweet.any((1, 2)).astype(float))


def displaced(asked: Mapping[str, Job], judged: float, **training: Any) -> Displaced:
    """Train all jobs, several at once.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> found = displaced({"pair": Job(pair_worlds(2, seed=0), 3, [0.1], 2)}, 0.1, steps=2)
    >>> found.best("pair", "lost").shape
    (2,)

    Args:
        asked: By name.
        judged: The λ at which features are counted as lost.
        training: Of `Job.run`, its device among them.
    """
    runs = in_parallel(lambda job: job.run(**training), asked.values(), training.get("device", "cpu"))
    return Displaced(asked, dict(zip(asked, runs, strict=True)), judged)


def longer(pilots: Sequence[Job], judged: float, **training: Any) -> dict[str, tuple[ByWorld, ByWorld]]:
    """After twice the steps and after once, by name: the share lost by the best runs, and the share without a sweet spot.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> changed = longer([Job(pair_worlds(2, seed=0), 3, [0.1], 2)], 0.1, steps=2)
    >>> [[len(values) for values in both] for both in changed.values()]
    [[2, 2], [2, 2]]

    Args:
        pilots: Worlds one after the other.
        judged: As for `displaced`.
        training: Of `Job.run`, its device among them.
    """
    tasks = [(job, times) for times in (2, 1) for job in pilots]
    runs = in_parallel(lambda of: of[0].run(of[1], **training), tasks, training.get("device", "cpu"))
    halves = runs[: len(pilots)], runs[len(pilots) :]

    def lost(every: Sequence[Runs]) -> ByWorld:
        found = [Displaced({"": job}, {"": of}, judged) for job, of in zip(pilots, every, strict=True)]
        return np.concatenate([one.best("", "displaced") for one in found])

    def sour(every: Sequence[Runs]) -> ByWorld:
        return np.concatenate([without_sweet(runs) for runs in every])

    twice, once = halves
    return {"longer_lost": (lost(twice), lost(once)), "longer_sweet": (sour(twice), sour(once))}


def oracle(worlds: Worlds, sparsity: float, **training: Any) -> float:
    """The truth counts as sweet, the pair's dictionary as a loss: the smaller share of the two.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> oracle(pair_worlds(2, seed=0), 0.2)
    1.0
    """
    training |= dict(noise=0.0, steps=1, lr=1e-9)
    n = worlds.present.shape[1]
    truth, pair = (on_worlds(worlds, n, [sparsity], start=start, **training) for start in ("truth", "pair"))
    return float(min(truth.sweet.mean(), pair.displaced.mean()))
