"""What an adversary changes: SAEs of the same worlds without one and with each of several, at one L0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.families import Families
from absorption.experiments.matched import at_l0, best_within
from absorption.experiments.rivals import Arm, Rivalry, rival
from absorption.runtime.parallel import in_parallel

BLOCK = 32
"""Worlds trained as one stack: small enough for a processor's cache."""


@dataclass(frozen=True)
class Search:
    """How λ is searched until an SAE with an adversary has the L0 of its twin without.

    Args:
        sparsity: λ without an adversary.
        spans: The first values of λ, over that.
        finer: How many values each further round tries.
        one_l0: L0s that differ by less than this share are one.
    """

    sparsity: float
    spans: tuple[float, ...]
    finer: tuple[int, ...]
    one_l0: float


@dataclass(frozen=True)
class Rivalled:
    """Each measure of `rival`, and `pressure` (λ) of those with an adversary."""

    without: Mapping[str, Float[ndarray, " world"]]
    against: Mapping[str, Float[ndarray, "arm world"]]
    """NaN where no λ that was tried gives the L0 of the SAE without."""

    def more(self, measure: str, arm: int = 0) -> Float[ndarray, " world"]:
        """With this adversary less without."""
        return self.against[measure][arm] - self.without[measure]

    def left(self, measure: str = "delta", arm: int = 0) -> Float[ndarray, " world"]:
        """With this adversary, over the mean of what there is without."""
        return self.against[measure][arm] / self.without[measure].mean()

    def beyond(self, measure: str, arm: int = 0, other: int = 1) -> Float[ndarray, " world"]:
        """With one adversary less with another."""
        return self.against[measure][arm] - self.against[measure][other]

    def alike(self, arm: int = 0) -> Float[ndarray, " world"]:
        """1 where the SAE with this adversary has the L0 of the one without, else 0."""
        return 1.0 - np.isnan(self.against["delta"][arm])


def rivalled(worlds: Families, how: Rivalry, search: Search) -> Rivalled:
    """Train both, the worlds in blocks.

    Of the λ that give one L0 the one counts that reconstructs best, since several can, and differ in how much they shrink.

    >>> from absorption.experiments.families import families
    >>> how = Rivalry(((0.1, False), (0.1, True)), steps=2)
    >>> found = rivalled(families([0, 1], "apart"), how, Search(0.05, (0.5, 2.0), (), one_l0=0.05))
    >>> found.without["delta"].shape, found.against["delta"].shape, found.beyond("delta").shape
    ((2,), (2, 2), (2,))

    Args:
        worlds: Of one kind.
        how: Of the adversaries, and how all are trained.
        search: Of λ.
    """
    starts = range(0, len(worlds.seeds), BLOCK)
    blocks = [
        replace(worlds, seeds=worlds.seeds[at : at + BLOCK], worlds=worlds.worlds[at : at + BLOCK])
        for at in starts
    ]
    parts = in_parallel(lambda block: _one_block(block, how, search), blocks, how.device)
    return Rivalled(_joined([part.without for part in parts]), _joined([part.against for part in parts]))


def without(worlds: Families, how: Rivalry, sparsity: float) -> dict[str, Float[ndarray, " world"]]:
    """SAEs with no adversary: each measure of `rival`.

    >>> from absorption.experiments.families import families
    >>> without(families([0, 1], "apart"), Rivalry((), steps=2), 0.05)["recall"].shape
    (2,)
    """
    train = rival(worlds, replace(how, arms=((0.0, False),)))
    return {name: of[0, 0] for name, of in train(np.full((1, 1, len(worlds.seeds)), sparsity)).items()}


def best_weight(found: Rivalled, weights: Sequence[float], enough: float = 0.5) -> int:
    """Which of the weights leaves least δ: its place, among those where at least a share `enough` of the SAEs have one L0.

    Where there are none, it is the one where most have.

    >>> delta = np.array([[0.8, 0.6], [0.4, 0.2], [0.0, np.nan]])
    >>> best_weight(Rivalled({"delta": np.ones(2)}, {"delta": delta}), (0.1, 0.2, 0.4), enough=0.9)
    1
    """
    shares = np.array([found.alike(arm).mean() for arm in range(len(weights))])
    if (shares < enough).all():
        return int(shares.argmax())
    among = [arm for arm, share in enumerate(shares) if share >= enough]
    return min(among, key=lambda arm: float(np.nanmean(found.left(arm=arm))))


def arms_of(weights: Sequence[float], nonsense: bool = False) -> tuple[Arm, ...]:
    """An adversary of each weight, one that sees rows or one that sees nonsense.

    >>> arms_of((0.1, 0.2))
    ((0.1, False), (0.2, False))
    """
    return tuple((weight, nonsense) for weight in weights)


def _one_block(worlds: Families, how: Rivalry, search: Search) -> Rivalled:
    plain = without(worlds, how, search.sparsity)
    first, shape = search.sparsity * np.array(search.spans), (len(how.arms), len(worlds.seeds))
    matched = at_l0(rival(worlds, how, plain["l0"]), first, 1.0, shape, search.finer)
    best = best_within(matched, 1.0, search.one_l0, "unexplained")
    one_l0 = matched.off < search.one_l0
    return Rivalled(plain, {name: np.where(one_l0, of, np.nan) for name, of in best.items()})


def _joined(parts: Sequence[Mapping[str, ndarray]]) -> dict[str, ndarray]:
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
