"""The source's test of feature arithmetic, at one L0: composed latents of plain SAEs beside sums of an orthogonal SAE's latents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from absorption.experiments.arithmetic import (
    Dictionaries,
    Sums,
    Texts,
    compare,
    neighbours,
    summarised,
    trained,
)
from absorption.experiments.matched import at_l0

ByWorld = Float[ndarray, " world"]


def at_truth_l0(
    texts: Texts, owned: Texts, n_latents: int, weight: float, first: Sequence[float], **how: Any
) -> tuple[Dictionaries, Dictionaries]:
    """SAEs with the L0 of the truth, found by a search for λ; and SAEs at the same λ in worlds with other activations.

    >>> from absorption.experiments.arithmetic import drawn_texts
    >>> worlds = [drawn_texts(2, 16, seed=0, own=own) for own in (0.0, 2.0)]
    >>> [found.z.shape[0] for found in at_truth_l0(*worlds, 7, 0.0, (0.1, 0.2), steps=2, lr=0.01)]
    [2, 2]

    Args:
        texts, owned: Worlds in which λ is searched; those in which combinations have a direction of their own.
        n_latents: Of each SAE.
        weight: Of the penalty on cosines between decoder rows.
        first: The λ of the first round.
        how: `seed`, `steps`, `lr`, `device` of `arithmetic.trained`.
    """
    how = how | dict(orthogonality=weight)

    def measured(lam: Float[ndarray, "value world"]) -> dict[str, Float[ndarray, "value world"]]:
        return {"l0": trained(texts, n_latents, lam, **how).l0.reshape(lam.shape)}

    lam = at_l0(measured, np.array(first), 1.0, (len(texts.x),)).found["pressure"]
    return trained(texts, n_latents, lam, **how), trained(owned, n_latents, lam, **how)


@dataclass(frozen=True)
class WordSums:
    """What is read off the SAEs.

    Args:
        texts, owned: The worlds; those whose combinations have a direction of their own.
        plain, orthogonal: SAEs in both, at the L0 of the truth.
        by_width: Plain ones in the first, by their latents.
        one_l0: L0s that differ by less than this share are one.
    """

    texts: Texts
    owned: Texts
    plain: tuple[Dictionaries, Dictionaries]
    orthogonal: tuple[Dictionaries, Dictionaries]
    by_width: Mapping[int, Dictionaries]
    one_l0: float

    @property
    def alike(self) -> Bool[ndarray, " world"]:
        """Where the plain and the orthogonal SAE have one L0."""
        return np.abs(self.orthogonal[0].l0 / self.plain[0].l0 - 1) < self.one_l0

    @cached_property
    def sums(self) -> Sums:
        """Composed latents of the plain SAE beside sums of the orthogonal one's."""
        return compare(self.plain[0], self.orthogonal[0], self.texts)

    @property
    def usable(self) -> Bool[ndarray, " world"]:
        """Where both have one L0 and something is composed."""
        return self.alike & (self.sums.n_composed > 0)

    @cached_property
    def cosines(self) -> dict[str, ByWorld]:
        """Cosines of composed latents with sums; the last in all worlds with own directions in which something is composed."""
        itself = compare(self.plain[0], self.plain[0], self.texts)
        own = compare(self.plain[1], self.orthogonal[1], self.owned)
        return {
            "its constituents": self.sums.right[self.usable],
            "random pairs": self.sums.wrong[self.usable],
            "constituents, plain SAE": itself.right[self.usable],
            "constituents, own directions": own.right[own.n_composed > 0],
        }

    @cached_property
    def near(self) -> dict[int, ByWorld]:
        """How many others lie within a cosine of 0.5 of a latent, by width."""
        return {n: neighbours(found) for n, found in self.by_width.items()}

    @property
    def composed(self) -> dict[int, ByWorld]:
        """How many latents are composed, by width."""
        return {n: found.composed.float().sum(1).numpy() for n, found in self.by_width.items()}

    @property
    def covered(self) -> ByWorld:
        """Composed latents of the widest SAE that one latent of the narrowest covers; in the worlds that have some."""
        share = summarised(self.by_width[max(self.by_width)], self.by_width[min(self.by_width)], self.texts)
        return share[np.isfinite(share)]
