"""What is told of architectures beside strangers: two tables, and the numbers of the prose."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.curves import mean_of_known
from absorption.experiments.strangers import COUNTED, FIXED, HELD, JUDGED, KINDS, PARENTED, Beside

Rows = dict[tuple[str, str], dict[str, float]]
Places = Mapping[str, tuple[str, bool]]
"""By what they are called, a start and whether the worlds are crowded."""
MEASURES = ("absorbed", "stands", "silent", "unexplained")
GROUPS = {"magnitude": JUDGED[:4], "counts": JUDGED[5:]}
"""Four prices on magnitude, three fixed counts."""


def rows(of: Beside, names: Sequence[str]) -> Rows:
    """For each kind and architecture, from random weights at the true L0: beyond strangers, `MEASURES`, and beyond them at two counts.

    >>> tiny = Beside(*_tiny())
    >>> {name: round(float(value), 2) for name, value in rows(tiny, ["L1"])["children apart", "L1"].items()}
    {'beyond': 0.5, 'absorbed': 0.5, 'stands': 1.0, 'silent': 0.5, 'unexplained': 0.1, 'k = 3': nan, 'k = L0': nan}

    What is not available is nan.
    """
    return {
        (KINDS[kind], name): {"beyond": of.beyond(kind, names=[name])[name].mean()}
        | {measure: mean_of_known(of.read(measure, kind, name)) for measure in MEASURES}
        | {f"k = {of.covering}": mean_of_known(of.covered(name, kind)) if name in FIXED else np.nan}
        | {"k = L0": mean_of_known(of.given(name, kind))}
        for kind, name in product(PARENTED, names)
    }


def rows_beside(of: Beside, names: Sequence[str]) -> Rows:
    """The same from beside the truth, at the true L0 and at the sparser one: beyond strangers, and the share of worlds that get there.

    >>> rows_beside(Beside(*_tiny()), ["L1"])["children apart", "L1"]["worlds, 1"]
    1.0
    """
    return {
        (KINDS[kind], name): {
            f"{words}, {l0:g}": value
            for l0 in (1.0, of.sparser)
            for words, value in (
                ("beyond", of.beyond(kind, "beside", names=[name], l0=l0)[name].mean()),
                ("worlds", of.gets_to(name, kind, l0)),
            )
        }
        for kind, name in product(PARENTED, names)
    }


def means(of: Beside, places: Places) -> dict[str, float]:
    """Beyond strangers, by place, kind and architecture; of crowded worlds with children apart alone. And of groups of architectures.

    >>> sorted(means(Beside(*_tiny()), {"random": ("random", False)}))[-2:]
    ['random_meeting_p_annealed', 'random_meeting_pursuit']
    """
    found = {
        f"{place}_{kind}_{name}".replace("½", "half").replace("-", "_"): float(gain.mean())
        for place, (start, crowded) in places.items()
        for kind in PARENTED[: 1 if crowded else 2]
        for name, gain in of.beyond(kind, start, crowded).items()
    }
    return found | {
        f"{group}_{kind}": float(np.mean([gain.mean() for gain in of.beyond(kind, names=names).values()]))
        for kind, (group, names) in product(PARENTED, GROUPS.items())
    }


def counts(of: Beside) -> dict[str, int]:
    """How many architectures absorb beyond strangers, by place and kind.

    >>> counts(Beside(*_tiny()))["held_apart"]
    8
    """
    found = {f"held_{kind}": of.held(kind) for kind in PARENTED}
    found |= {f"held_beside_{kind}": of.held(kind, "beside") for kind in PARENTED}
    return found | {f"held_true_{kind}": of.held(kind, "beside", l0=1.0) for kind in PARENTED}


def present(of: Beside) -> dict[str, float]:
    """Least and largest of the worlds: features present on average, inputs with more than two, and with no more than the covering count.

    >>> present(Beside(*_tiny()))["enough_largest"] <= 1
    True
    """
    true_l0 = of.worlds["apart"].true_l0
    at_once = [(of.worlds[kind].present.sum(1), of.worlds[kind].probabilities) for kind in PARENTED]
    more = [float((p * (n > 2)).sum()) for n, each in at_once for p in each]
    enough = [float((p * (n <= of.covering)).sum()) for n, each in at_once for p in each]
    return dict(
        l0_smallest=float(true_l0.min()), l0_largest=float(true_l0.max()), more_smallest=min(more), more_largest=max(more),
        enough_smallest=min(enough), enough_largest=max(enough),
    )  # fmt: skip


def extremes(of: Beside, n_long: int) -> dict[str, Any]:
    """The architecture that merges strangers most and the largest of the others; the one that twice the steps move most.

    >>> extremes(Beside(*_tiny()), 2)["settled"]
    ''
    """
    strangers = {name: mean_of_known(of.read("absorbed", "strangers", name)) for name in JUDGED}
    most = max(strangers, key=strangers.__getitem__)
    moves = {name: float(of.longer(name, n_long).mean()) for name in JUDGED}
    moved = max(moves, key=lambda name: abs(moves[name]))
    return dict(
        strangers_most_name=most, strangers_most=strangers[most],
        strangers_rest=max(value for name, value in strangers.items() if name != most),
        longer_most_name=moved, longer_most=moves[moved],
        settled=", so that it had not settled" if abs(moves[moved]) > HELD else "",
    )  # fmt: skip


def at_counts(of: Beside) -> dict[str, float]:
    """Beyond strangers of architectures with a count, where it covers most inputs and where it is the true L0.

    >>> len(at_counts(Beside(*_tiny())))
    10
    """
    covered = {f"covered_{kind}_{name}": of.covered(name, kind) for kind, name in product(PARENTED, FIXED)}
    given = {f"given_{kind}_{name}": of.given(name, kind) for kind, name in product(PARENTED, COUNTED[:3])}
    return {name: float(np.nanmean(values)) for name, values in (covered | given).items()}


def for_prose(of: Beside, places: Places, n_long: int) -> dict[str, Any]:
    """All of these numbers by name, and how many worlds' curves JumpReLU takes to the sparser L0 from beside the truth.

    >>> found = for_prose(Beside(*_tiny()), {"random": ("random", False)}, 2)
    >>> found["sparse_JumpReLU"]
    0.0
    """
    sparse = min(of.gets_to("JumpReLU", kind, of.sparser) for kind in PARENTED)
    parts = means(of, places), counts(of), present(of), extremes(of, n_long), at_counts(of)
    return {name: value for part in parts for name, value in part.items()} | {"sparse_JumpReLU": sparse}


def _tiny() -> tuple[Any, ...]:
    """Curves of two worlds in which parents are absorbed by half at every pressure, and strangers never; for examples."""
    from absorption.experiments.families import Kind, families
    from absorption.experiments.pressed import NESTED, PRESSURES
    from absorption.experiments.strangers import Trained

    kinds: tuple[Kind, ...] = ("apart", "meeting", "strangers")
    worlds = {kind: families([0, 1], kind) for kind in kinds}

    def curve(name: str, kind: str) -> dict[str, Float[ndarray, "pressure start world"]]:
        flat = np.ones((len(PRESSURES[name]), 2, 2))
        numbers = dict(
            absorbed=0.5 * (kind != "strangers"), stands=1.0, silent=0.5, unexplained=0.1, strange=0.0
        )
        l0 = np.linspace(1.2, 0.9, len(flat))[:, None, None] * flat
        return {measure: value * flat for measure, value in numbers.items()} | {"l0": l0}

    lengths = product(KINDS, (*JUDGED, NESTED), (False, True), (0, 1, 2))
    found = {
        Trained(kind, name, crowded, length, 2): curve(name, kind) for kind, name, crowded, length in lengths
    }
    return found, worlds, 0.85, 3
