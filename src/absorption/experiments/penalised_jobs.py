"""What is trained to compare plain and penalised SAEs: schemes of the penalty, and searches for one L0 by kind of world and start."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from absorption.experiments.cosines import trainer
from absorption.experiments.families import Families
from absorption.experiments.matched import at_l0, best_within
from absorption.experiments.penalised import Pairs
from absorption.experiments.penalised_summary import TREES
from absorption.runtime.parallel import in_parallel
from absorption.saes.losses.orthogonality import multiplications
from absorption.saes.losses.schemes import AllPairs, FrozenBatches, Neighbours, RandomChunks, Scheme

ALL = "|cos|, all pairs"
SCHEMES: dict[str, Scheme] = {
    ALL: AllPairs(exponent=1),
    "cos², all pairs": AllPairs(),
    "neighbour lists": Neighbours(exponent=1, count=2, every=50),
    "frozen batches": FrozenBatches(2, exponent=1),
    "OrtSAE, nearest": RandomChunks(),
    "OrtSAE, chunks": RandomChunks(3),
}
"""Over which pairs of decoder rows, and of what, the cost is taken; the first is the source's."""
CLOSE = 0.2
"""Noise of starts close to the truth, in the test of the prior."""


class Search(NamedTuple):
    """SAEs of one kind of world, searched until each has its world's own L0."""

    kind: Hashable
    scheme: str
    gammas: tuple[float, ...]
    """Weights of the penalty; the first of a pair is 0."""
    beside: float | None
    """Length of the random direction added to each true one; None: random starts."""
    n: int
    """Worlds."""
    starts: int = 1
    """Of which the SAE with the least loss counts."""
    longer: int = 1
    """How many times the usual steps."""


def searches(
    gamma: float,
    strong: float,
    cosines: Sequence[float],
    noise: float,
    *,
    n_worlds: int,
    n_trees: int,
    n_few: int,
    n_leaning: int,
    n_starts: int,
) -> dict[Hashable, Search]:
    """Everything that is trained, by name: `partners`, `apart, random`, a cosine, (scheme, kind), `partners, longer`.

    >>> jobs = searches(0.03, 0.1, [0.0], 1.0, n_worlds=9, n_trees=4, n_few=2, n_leaning=3, n_starts=5)
    >>> jobs["apart, random"].beside, jobs[0.0].gammas, jobs["OrtSAE, chunks", "meeting"].n, jobs["partners, longer"].longer
    (None, (0.0, 0.03, 0.1), 2, 2)

    Args:
        gamma: Weight of each pair. strong: That of the test of the prior.
        cosines: Between true features there.
        noise: Beside the truth.
        n_worlds: With partners, and with strangers. n_trees: With children, of each kind.
        n_few: For schemes, longer training, the null and the best of several starts. n_leaning: At each cosine.
        n_starts: Of which the best counts.
    """
    pair = (0.0, gamma)
    beside = {"partners": None} | dict.fromkeys(TREES, noise)
    jobs: dict[Hashable, Search] = {
        **{kind: Search(kind, ALL, pair, None, n_worlds) for kind in ("partners", "strangers")},
        **{kind: Search(kind, ALL, pair, noise, n_trees) for kind in TREES},
        **{f"{kind}, random": Search(kind, ALL, pair, None, n_trees) for kind in TREES},
        "nobody's": Search("nobody's", ALL, pair, noise, n_few),
        **{cosine: Search(cosine, ALL, (*pair, strong), CLOSE, n_leaning) for cosine in cosines},
        "best": Search("partners", ALL, pair, None, n_few, n_starts),
    }
    for kind, start in beside.items():
        others = list(SCHEMES)[1:]
        jobs |= {(scheme, kind): Search(kind, scheme, (gamma,), start, n_few) for scheme in others}
        jobs[f"{kind}, longer"] = Search(kind, ALL, pair, start, n_few, longer=2)
    return jobs


def search_all(
    jobs: Mapping[Hashable, Search],
    worlds: Mapping[Hashable, Callable[[Sequence[int]], Families]],
    seeds: Sequence[int],
    first: Mapping[Hashable, Sequence[float]],
    finer: Sequence[int],
    one_l0: float,
    *,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Pairs:
    """Train them; of the SAEs whose L0 is that of their world the one with the least error counts.

    >>> from absorption.experiments.cosines import partners
    >>> jobs = {"partners": Search("partners", ALL, (0.0, 0.1), None, 1)}
    >>> pairs = search_all(jobs, {"partners": partners}, [0], {"partners": [0.1, 0.2]}, (1,), 0.05, steps=2, lr=0.01)
    >>> pairs.found["partners"]["l0"].shape, pairs.tried["partners"]["l0"].shape
    ((2, 1), (3, 2, 1))

    Args:
        jobs: By name.
        worlds: By kind, what makes a world for each seed.
        seeds: Of which each job takes the first.
        first: By kind, values of λ of the first round.
        finer: Values tried in each further round.
        one_l0: L0s that differ by less than this share are one.
        steps, lr: Of training.
        device: Where.
    """

    def run(job: Search) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        train = trainer(
            worlds[job.kind](seeds[: job.n]), SCHEMES[job.scheme], job.gammas, beside=job.beside, starts=job.starts,
            steps=job.longer * steps, lr=lr, device=device,
        )  # fmt: skip
        search = at_l0(train, np.array(first[job.kind]), 1.0, (len(job.gammas), job.n), finer)
        return best_within(search, 1.0, one_l0, "unexplained"), search.tried

    results = dict(zip(jobs, in_parallel(run, jobs.values(), device), strict=True))
    found, tried = ({name: result[i] for name, result in results.items()} for i in (0, 1))
    return Pairs(found, tried, one_l0)


def costs(n: int, d_in: int) -> dict[str, float]:
    """Multiplications of each scheme with so many latents in so many dimensions, over those of all pairs.

    >>> round(costs(32768, 768)["OrtSAE, chunks"], 2)
    0.13

    Lists have sixteen neighbours, and OrtSAE's chunks the size of its paper, as they would at this size.
    """
    in_large = SCHEMES | {"neighbour lists": Neighbours(exponent=1), "OrtSAE, chunks": RandomChunks()}
    each = {name: multiplications(scheme, n=n, d_in=d_in) for name, scheme in in_large.items()}
    return {name: value / each[ALL] for name, value in each.items()}
