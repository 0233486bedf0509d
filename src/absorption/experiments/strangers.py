"""Every architecture beside strangers: what it absorbs of parents beyond what the rule finds where nothing is implied.

Strangers are the same features with the same frequencies without a hierarchy, read off at the same L0, world by world.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.architectures import ARCHITECTURES
from absorption.experiments.curves import Curve, at_l0, known
from absorption.experiments.families import Families
from absorption.experiments.pressed import NESTED, placed, pressures, reached
from absorption.experiments.starts import absorbing

KINDS = MappingProxyType({"apart": "children apart", "meeting": "children meet", "strangers": "strangers"})
PARENTED = ("apart", "meeting")
JUDGED = tuple(ARCHITECTURES)
FIXED = ("TopK", "pursuit")
"""Those whose count is the same for every input."""
COUNTED = ("TopK", "pursuit", "BatchTopK", NESTED)
"""Those that are pressed by a count k."""
HELD = 0.05
"""Beyond strangers, from here on an architecture counts as absorbing: one appearance of twenty."""
Gains = dict[str, Float[ndarray, " world"]]
Places = Sequence[tuple[str, bool]]
"""Kinds of worlds, each crowded or not."""
LEARNED: Places = (("apart", False), ("meeting", False), ("apart", True))
MEASURED: Places = (*((kind, False) for kind in KINDS), ("apart", True), ("strangers", True))


class Trained(NamedTuple):
    """One curve: an architecture in one kind of world, trained `length` times as long as usual (0: not at all) on `n` worlds."""

    kind: str
    name: str
    crowded: bool
    length: int
    n: int


@dataclass(frozen=True)
class Beside:
    """All curves, and how they are read.

    Args:
        found: Each measure of each curve, from random weights and, where it was asked for, from beside the truth.
        worlds: Of each kind, n of them.
        sparser: The L0 at which SAEs from beside the truth are read, over the world's own.
        covering: The count of k that is enough for most inputs.
    """

    found: Mapping[Trained, Mapping[str, Float[ndarray, "pressure start world"]]]
    worlds: Mapping[str, Families]
    sparser: float
    covering: int

    @property
    def n(self) -> int:
        """Worlds of a kind."""
        return len(self.worlds["apart"].seeds)

    def curve(self, kind: str, name: str, start: str = "random", crowded: bool = False) -> Curve:
        """Each measure of an architecture."""
        values = self.found[Trained(kind, name, crowded, 1, self.n)]
        return {measure: each[:, int(start == "beside")] for measure, each in values.items()}

    def read(
        self, measure: str, kind: str, name: str, start: str = "random", crowded: bool = False, l0: float | None = None
    ) -> Float[ndarray, " world"]:  # fmt: skip
        """A measure at the L0 of this start, or at another."""
        asked = l0 or (self.sparser if start == "beside" else 1.0)
        return at_l0(self.curve(kind, name, start, crowded), measure, asked)

    def beyond(
        self, kind: str, start: str = "random", crowded: bool = False, names: Iterable[str] = JUDGED, l0: float | None = None
    ) -> Gains:  # fmt: skip
        """Absorbed, less what strangers of the same frequencies show, of each architecture; worlds without a latent to judge are left out."""
        return {
            name: known(
                self.read("absorbed", kind, name, start, crowded, l0)
                - self.read("absorbed", "strangers", name, start, crowded, l0)
            )
            for name in names
        }

    def held(self, kind: str, start: str = "random", crowded: bool = False, l0: float | None = None) -> int:
        """How many architectures absorb more than 5% beyond strangers, by their means."""
        return int(sum(gain.mean() > HELD for gain in self.beyond(kind, start, crowded, l0=l0).values()))

    def untrained(self, name: str) -> Float[ndarray, " world"]:
        """Beyond strangers without any training, the mean over pressures."""
        shares = []
        for kind in ("apart", "strangers"):
            of = self.found[Trained(kind, name, False, 0, self.n)]
            shares.append(of["absorbed"][:, 0].mean(0) / of["stands"][:, 0].mean(0))
        return known(shares[0] - shares[1])

    def longer(self, name: str, n: int) -> Float[ndarray, " world"]:
        """Change of the share absorbed with twice the steps, children apart, in the first n worlds."""
        long = {m: each[:, 0] for m, each in self.found[Trained("apart", name, False, 2, n)].items()}
        return known(at_l0(long, "absorbed") - self.read("absorbed", "apart", name)[:n])

    def covered(self, name: str, kind: str) -> Float[ndarray, " world"]:
        """Beyond strangers with a count of k that is enough for most inputs."""
        at = [list(pressures(name, self.worlds[kind])[:, 0]).index(self.covering)]
        of = [{m: each[at] for m, each in self.curve(k, name).items()} for k in (kind, "strangers")]
        return known(at_l0(of[0], "absorbed") - at_l0(of[1], "absorbed"))

    def all_covered(self) -> Gains:
        """That of both architectures whose count is the same for every input, in either kind of world."""
        return {f"{name}, {KINDS[kind]}": self.covered(name, kind) for kind in PARENTED for name in FIXED}

    def given(self, name: str, kind: str) -> Float[ndarray, " world"]:
        """Beyond strangers with k at the true L0; nan for architectures that have no count."""
        if name not in COUNTED:
            return np.full(self.n, np.nan)
        asked = pressures(name, self.worlds[kind])
        at = np.abs(asked - self.worlds[kind].true_l0.numpy()).argmin(0)[None]

        def share(kind: str) -> Float[ndarray, " world"]:
            absorbed, stands = (
                np.take_along_axis(self.curve(kind, name)[m], at, 0)[0] for m in ("absorbed", "stands")
            )
            with np.errstate(invalid="ignore"):
                return absorbed / stands

        return share(kind) - share("strangers")

    def gets_to(self, name: str, kind: str, l0: float) -> float:
        """Share of the worlds whose curve from beside the truth gets to this L0, to 1%."""
        return float(reached(self.curve(kind, name, "beside")["l0"], l0, within=0.01).mean())

    def everywhere(self, measure: str, places: Places = LEARNED) -> Gains:
        """A measure of each judged architecture in each kind of world that has parents, at the true L0 from random weights."""
        return {
            f"{name}, {_words(*at)}": self.read(measure, at[0], name, crowded=at[1])
            for at, name in product(places, JUDGED)
        }

    def passed(self, places: Places = MEASURED) -> Gains:
        """Whether each judged architecture's curve passes the true L0, in each kind of world."""
        return {
            f"{name}, {_words(*at)}": reached(self.curve(at[0], name, crowded=at[1])["l0"], 1.0).astype(float)
            for at, name in product(places, JUDGED)
        }

    def others(self) -> Float[ndarray, " world"]:
        """Parents paired with another one's children, in the same SAEs: the mean over kinds and architectures."""
        return np.nanmean([self.read("strange", *at) for at in product(PARENTED, JUDGED)], 0)

    def gained_sparser(self) -> Float[ndarray, " world"]:
        """What the sparser L0 adds to the share absorbed, children apart, from random weights: the mean over architectures."""
        each = [at_l0(self.curve("apart", name), "absorbed", self.sparser) for name in JUDGED]
        now = [self.read("absorbed", "apart", name) for name in JUDGED]
        return np.nanmean([there - here for there, here in zip(each, now, strict=True)], 0)

    def over_l0(
        self, kind: str, name: str
    ) -> tuple[Float[ndarray, " pressure"], Float[ndarray, " pressure"]]:
        """L0 and the share absorbed at each pressure, means over worlds, sparsest first; from random weights."""
        seen = self.curve(kind, name)
        l0 = seen["l0"].mean(1)
        absorbed = seen["absorbed"].sum(1) / np.maximum(seen["stands"].sum(1), 1e-9)
        return l0[l0.argsort()], absorbed[l0.argsort()]


def _words(kind: str, crowded: bool) -> str:
    return f"{KINDS[kind]}{', crowded' if crowded else ''}"


def by_construction(worlds: Mapping[str, Families]) -> dict[str, float]:
    """What the true dictionary absorbs at most, and at least one that is built to absorb; over worlds and kinds.

    >>> from absorption.experiments.families import families
    >>> {name: round(share, 4) for name, share in by_construction({kind: families([0], kind) for kind in PARENTED}).items()}
    {'truth': 0.0, 'built': 1.0}
    """
    features, pairs = worlds["apart"].features, worlds["apart"].pairs
    shares = [
        [placed(worlds[kind], *weights)["absorbed"] for kind in PARENTED]
        for weights in ((features, features.T), absorbing(features, pairs))
    ]
    return {"truth": float(np.max(shares[0])), "built": float(np.min(shares[1]))}
