"""All SAEs of one large world of trees looked at, and what is asked of them: one number a world for each SAE.

`at_scale.looked` says what became of every pair of a parent and a child. Here pairs are picked (roots with a child, both with a latent; the
most frequent child of a root and its rarest; thirds by frequency), and a world's pairs are averaged.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64
from numpy import ndarray

from absorption.experiments.at_scale import Look, Setting, looked, looked_at, recipe_of, trained
from absorption.experiments.large_worlds import Sample, absorbing_codes, true_stack
from absorption.saes.stack import SAEStack

ORACLE, UNTRAINED, ABSORBER = "oracle", "untrained", "absorber"
"""What needs no training: true latents for the most frequent features, random weights, a dictionary that absorbs by construction."""


def mean(values: Float[ndarray, " pair"] | Bool[ndarray, " pair"]) -> float:
    """Not a number where there are none.

    >>> mean(np.array([]))
    nan
    """
    return float(np.mean(values)) if len(values) else np.nan


@dataclass(frozen=True)
class Survey:
    """One world: its SAEs looked at, and its pairs.

    Args:
        looks: By setting, and by the names of what needs no training.
        rate: How often each pair's child is present; `given`: the same, given its parent.
        parent: The number of each pair's parent; `of_root`: whether that is a root.
        common: Which pairs are of a root and a child that are both among the most frequent features, as many as there are latents.
        ceiling: What true latents would explain at a setting's L0.
        overlap: Largest cosine of a feature with another one, on average; `true_l0`: features present on average.
    """

    looks: Mapping[Hashable, Look]
    rate: Float[ndarray, " pair"]
    given: Float[ndarray, " pair"]
    parent: Int64[ndarray, " pair"]
    of_root: Bool[ndarray, " pair"]
    common: Bool[ndarray, " pair"]
    ceiling: Mapping[Hashable, float]
    overlap: float
    true_l0: float

    def two(self, at: Hashable) -> Bool[ndarray, " pair"]:
        """Which pairs are of a root and a child with a latent each."""
        return self.looks[at].both & self.of_root

    def absorbed(self, at: Hashable) -> float:
        """Mean absorption over these."""
        return mean(self.looks[at].absorbed[self.two(at)])

    def silent(self, at: Hashable) -> float:
        """How often their root's latent is silent, whoever writes it."""
        return mean(self.looks[at].silent[self.two(at)])

    def some(self, at: Hashable, least: float = 0.05) -> float:
        """Share of them that are absorbed in more than so many of the appearances."""
        return mean(self.looks[at].absorbed[self.two(at)] > least)

    def density(self, at: Hashable) -> float:
        """Absorbed from the most frequent less from the rarest child with a latent, mean over the roots with two such."""
        found, absorbed = [], self.looks[at].absorbed
        for root in np.unique(self.parent[self.of_root]):
            own = np.flatnonzero(self.two(at) & (self.parent == root))
            if len(own) > 1:
                own = own[np.argsort(self.given[own])]
                found.append(absorbed[own[-1]] - absorbed[own[0]])
        return mean(np.array(found))

    def thirds(self, at: Hashable, values: Float[ndarray, " pair"]) -> Float[ndarray, " third"]:
        """Mean of all judged pairs' values, from the most frequent children to the rarest."""
        pairs = self.looks[at].pairs
        order = np.argsort(-self.rate[pairs], kind="stable")
        return np.array([part.mean() for part in np.array_split(values[pairs][order], 3)])

    def by_third(self, at: Hashable, measure: str, third: int) -> float:
        """The same of a measure of `Look`, or of `of_root`, in one third."""
        values = self.of_root if measure == "of_root" else getattr(self.looks[at], measure)
        return float(self.thirds(at, values.astype(float))[third])

    def at_rate(self, at: Hashable, rate: float) -> float:
        """Absorbed of the roots' children that are present at one rate given their root, where both have a latent."""
        return mean(self.looks[at].absorbed[self.two(at) & (self.given == rate)])

    def having(self, at: Hashable, rate: float) -> float:
        """Of the children at that rate whose root has a latent, how many have one, too."""
        look = self.looks[at]
        return mean(look.both[look.pairs & self.of_root & (self.given == rate)])

    def represented(self, at: Hashable) -> float:
        """Share of the common roots and children that have a latent each."""
        return mean(self.looks[at].both[self.common])

    def learned(self, at: Hashable) -> float:
        """Explained, as a share of what true latents would explain at that L0."""
        return self.looks[at].explained / self.ceiling[at]

    def strange(self, at: Hashable) -> float:
        """Of all inputs with a parent and a stranger, how many count as absorbed."""
        look = self.looks[at]
        return float(np.nansum(look.strangers) / np.nansum(look.met))

    def both(self, at: Hashable) -> float:
        """Share of all pairs in which both have a latent."""
        return float(self.looks[at].both.mean())

    def of_roots(self, at: Hashable) -> float:
        """Of the pairs with a latent each, how many are of a root and its child."""
        return float(self.two(at).sum() / max(1, self.looks[at].both.sum()))

    def more(self, at: Hashable, less: Hashable) -> float:
        """Absorption of one SAE less another's, over the roots and children with a latent each in both."""
        pairs = self.two(at) & self.two(less)
        return mean(self.looks[at].absorbed[pairs]) - mean(self.looks[less].absorbed[pairs])

    def found(self, at: Hashable) -> float:
        """How many roots and children have a latent each."""
        return float(self.two(at).sum())

    def of_look(self, at: Hashable, measure: str) -> float:
        """A number of `Look`, such as `dead`."""
        return float(getattr(self.looks[at], measure))


def survey(
    sample: Sample, settings: Sequence[Setting], *, seed: int, absorber: bool = False, **schedule: Any
) -> Survey:
    """Train and look at every SAE of one world, and at what needs no training, which takes size and L0 of the first setting.

    >>> from absorption.experiments.large_worlds import drawn
    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> found = survey(sample, [Setting("plain", 8, 2.0, 128)], seed=0, batch_size=32, lr=1e-3)
    >>> len(found.rate), sorted(name for name in found.looks if isinstance(name, str))
    (40, ['oracle', 'untrained'])

    Args:
        sample: The world and its inputs.
        settings: Of its SAEs.
        seed: Of their weights.
        absorber: Whether the dictionary that absorbs by construction is looked at, too.
        schedule: `batch_size`, `lr` and `device`, as for `at_scale.trained`.
    """
    looks: dict[Hashable, Look] = {}
    for at in settings:
        stack = trained(sample, recipe_of(at.name, at.k), at.d_sae, samples=at.samples, seed=seed, **schedule)
        looks[at] = looked(sample, stack)
    first = settings[0]
    looks[ORACLE] = looked(sample, true_stack(sample, first.d_sae, first.k))
    blank = SAEStack(recipe_of("plain", first.k), sample.x.shape[1], first.d_sae, [seed])
    looks[UNTRAINED] = looked(sample, blank)
    if absorber:
        looks[ABSORBER] = looked_at(sample, *absorbing_codes(sample), rebuilt=1.0)
    return _described(sample, looks, settings)


def over(surveys: Iterable[Survey], at: Hashable, measure: str, *more: Any) -> Float[ndarray, " world"]:
    """One number a world that has such an SAE: a method of `Survey` by its name, with further arguments, or a number of `Look`.

    >>> from absorption.experiments.large_worlds import drawn
    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> at = Setting("plain", 8, 2.0, 128)
    >>> found = survey(sample, [at], seed=0, batch_size=32, lr=1e-3)
    >>> over([found, found], at, "dead").shape, over([found], ABSORBER, "absorbed").shape
    ((2,), (0,))
    """
    return np.array(
        [
            getattr(one, measure)(at, *more) if hasattr(Survey, measure) else one.of_look(at, measure)
            for one in surveys
            if at in one.looks
        ]
    )


def _described(sample: Sample, looks: Mapping[Hashable, Look], settings: Sequence[Setting]) -> Survey:
    features, rates, pairs = sample.world.features, sample.world.probabilities, sample.world.pairs
    ceiling: dict[Hashable, float] = {}
    known: dict[tuple[int, float], float] = {}
    for at in settings:
        size = (at.d_sae, at.k)
        known[size] = known[size] if size in known else sample.ceiling(*size)
        ceiling[at] = known[size]
    return Survey(
        looks,
        rate=np.array([rates[child] for _, child in pairs]),
        given=np.array([sample.world.rates[child] for _, child in pairs]),
        parent=np.array([parent for parent, _ in pairs]),
        of_root=np.array([sample.world.parents[parent] < 0 for parent, _ in pairs]),
        common=sample.common(settings[0].d_sae),
        ceiling=ceiling,
        overlap=float((features @ features.T).fill_diagonal_(0).amax(1).mean()),
        true_l0=sample.world.true_l0,
    )
