"""Tied SAEs and their untied twins, read off their curves over L0: what tying saves of absorption, beyond what strangers show.

Each architecture is trained tied and untied at several pressures in every world (`pressed.on_curve`). Twins are compared where the
curves of both pass one L0, and what the same rule finds among strangers, features as frequent and nobody's children, is subtracted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.curves import at_l0, known
from absorption.experiments.families import Families, Kind
from absorption.experiments.pressed import pressures, reached

TWINS = ("L1", "JumpReLU", "TopK", "BatchTopK")
TIED = (False, True)
TIED_L1 = (0.35, 0.45, 0.6)
"""Further λ for tied L1 SAEs, whose L0 falls steeply there."""


class Twin(NamedTuple):
    """What is trained together: one architecture, tied or not, in all worlds of a kind.

    >>> Twin("apart", "L1", tied=True).crowded
    False
    """

    kind: Kind
    name: str
    tied: bool
    crowded: bool = False
    longer: bool = False


class Where(NamedTuple):
    """In which worlds, and from which start (`random` or `beside` the truth)."""

    kind: Kind
    start: str = "random"
    crowded: bool = False


def asked(twin: Twin, worlds: Families) -> Float[ndarray, "pressure world"]:
    """The pressures of an architecture, and further ones where the tied one needs them.

    >>> from absorption.experiments.families import families
    >>> asked(Twin("apart", "L1", tied=True), families([0, 1], "apart")).shape
    (8, 2)
    """
    further = np.array(TIED_L1 if twin.tied and twin.name == "L1" else ())
    return np.vstack([pressures(twin.name, worlds), np.repeat(further[:, None], len(worlds.seeds), 1)])


def averaged(of: Iterable[Float[ndarray, " world"]]) -> Float[ndarray, " some"]:
    """The mean over architectures in each world in which some of them has a number.

    >>> averaged([np.array([0.0, np.nan]), np.array([1.0, np.nan])]).tolist()
    [0.5]
    """
    values = np.array([*of])
    return known(np.nanmean(values[:, ~np.isnan(values).all(0)], 0))


@dataclass(frozen=True)
class Twins:
    """The curves of all twins.

    Args:
        found: Each measure, [pressure start world], starts in the order random, beside.
        sparser: The L0 at which SAEs from beside the truth are read, over the world's own; others are read at 1.
    """

    found: Mapping[Twin, Mapping[str, Float[ndarray, "pressure start world"]]]
    sparser: float = 1.0

    def curve(self, where: Where, name: str, tied: bool) -> dict[str, Float[ndarray, "pressure world"]]:
        """Each measure over the pressures."""
        start = int(where.start == "beside")
        of = self.found[Twin(where.kind, name, tied, where.crowded)]
        return {measure: each[:, start] for measure, each in of.items()}

    def read(self, measure: str, where: Where, name: str, tied: bool) -> Float[ndarray, " world"]:
        """A measure at the L0 of this start."""
        l0 = self.sparser if where.start == "beside" else 1.0
        return at_l0(self.curve(where, name, tied), measure, l0)

    def beyond(self, where: Where, name: str, tied: bool) -> Float[ndarray, " world"]:
        """Absorbed, less what strangers of the same frequencies show."""
        null = Where("strangers", where.start)
        return self.read("overlooked", where, name, tied) - self.read("overlooked", null, name, tied)

    def each_beyond(self, where: Where, tied: bool) -> dict[str, Float[ndarray, " some"]]:
        """The same of each architecture, in the worlds in which it is known."""
        return {name: known(self.beyond(where, name, tied)) for name in TWINS}

    def less(self, where: Where) -> dict[str, Float[ndarray, " world"]]:
        """Untied less tied, both beyond strangers, of each architecture."""
        return {name: self.beyond(where, name, False) - self.beyond(where, name, True) for name in TWINS}

    def beside(self, wheres: Iterable[Where], words: Mapping[str, str]) -> dict[str, Float[ndarray, " some"]]:
        """Tied SAEs, absorbed beyond strangers, under the architecture and the kind of world in words."""
        return {
            f"{name}, {words[where.kind]}": known(self.beyond(where, name, True))
            for where in wheres
            for name in TWINS
        }

    def each(self, measure: str, where: Where, tied: bool) -> dict[str, Float[ndarray, " some"]]:
        """A measure of each architecture, in the worlds in which it is known."""
        return {name: known(self.read(measure, where, name, tied)) for name in TWINS}

    def more(self, measure: str, where: Where) -> dict[str, Float[ndarray, " world"]]:
        """A measure of tied SAEs less that of their untied twins."""
        return {n: self.read(measure, where, n, True) - self.read(measure, where, n, False) for n in TWINS}

    def few(self, *wheres: Where, below: float = 0.05) -> int:
        """How many tied architectures stay below a bound in all of these, by their means."""
        means = [[known(self.beyond(where, name, True)).mean() for where in wheres] for name in TWINS]
        return sum(all(mean < below for mean in of) for of in means)

    def covered(self, where: Where, count: int, worlds: Families) -> Float[ndarray, " some"]:
        """What tying saves TopK at one count instead of one L0."""
        k = [list(pressures("TopK", worlds)[:, 0]).index(count)]
        of = {
            (here, tied): at_l0(
                {m: each[k] for m, each in self.curve(here, "TopK", tied).items()}, "overlooked"
            )
            for here, tied in product((where, Where("strangers")), TIED)
        }
        null = Where("strangers")
        return known(of[where, False] - of[null, False] - of[where, True] + of[null, True])

    def longer(self, name: str, where: Where) -> Float[ndarray, " some"]:
        """Change of the share that tied SAEs absorb with longer training, in those worlds that have it."""
        long = self.found[Twin(where.kind, name, True, longer=True)]
        change = at_l0({measure: each[:, 0] for measure, each in long.items()}, "overlooked")
        return known(change - self.read("overlooked", where, name, True)[: len(change)])

    def everyone(
        self, measure: str, wheres: Iterable[Where], words: Mapping[str, str]
    ) -> dict[str, Float[ndarray, " world"]]:
        """A measure of every architecture, tied or not, under its name and the kind of world in words."""
        return {
            labelled(name, tied, words[where.kind]): self.read(measure, where, name, tied)
            for where, name, tied in product(wheres, TWINS, TIED)
        }

    def passed(
        self, wheres: Iterable[Where], words: Mapping[str, str]
    ) -> dict[str, Float[ndarray, " world"]]:
        """1 in each world in which a curve passes the world's own L0, else 0; named as in `everyone`."""
        return {
            labelled(name, tied, words[where.kind]): reached(self.curve(where, name, tied)["l0"], 1.0).astype(
                float
            )
            for where, name, tied in product(wheres, TWINS, TIED)
        }

    def told(
        self, where: Where, name: str, tied: bool
    ) -> tuple[Float[ndarray, " pressure"], Float[ndarray, " pressure"]]:
        """L0 and share absorbed of the parents that are told, means over worlds at each pressure, from the sparsest on."""
        of = self.curve(where, name, tied)
        l0, absorbed, tells = (of[measure].mean(1) for measure in ("l0", "overlooked", "tells"))
        order = l0.argsort()
        return l0[order], (absorbed / np.maximum(tells, 1e-9))[order]

    def table(
        self, wheres: Iterable[Where], columns: Mapping[str, str], words: Mapping[str, str]
    ) -> dict[tuple[str, str], dict[str, float]]:
        """Means over worlds, a row for each twin in each of these worlds: {(worlds, twin): {title of the measure: mean}}."""
        return {
            (words[where.kind] + ", crowded" * where.crowded, labelled(name, tied)): {
                title: float(known(self.read(measure, where, name, tied)).mean())
                for measure, title in columns.items()
            }
            for where, name, tied in product(wheres, TWINS, TIED)
        }


def labelled(name: str, tied: bool, *words: str) -> str:
    """What a twin is called.

    >>> labelled("L1", True, "children apart")
    'L1, tied, children apart'
    """
    return ", ".join([name, "tied" if tied else "untied", *words])
