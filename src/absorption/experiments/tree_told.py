"""What is said of architectures that were trained on two-level trees: numbers a world, pairs to compare, and tables of means.

Jobs have names: of the architecture alone on the kinds `orthogonal` and `correlated`; `…, aside` on other kinds, `spread …` among them;
`…, crowded`; `nested, long`; and of pursuits `one or two steps` and `from absorbed`, on the spreads alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.levels import MOST_STEPS
from absorption.experiments.tree_jobs import Found

EVEN, SOURCE = "spread 0.0", "spread 0.25"
"""Magnitudes that do not vary, and those of the cited tree."""
STEPS = (1, 2, MOST_STEPS, 20)
"""Of pursuits at inference, in tables."""
ByWorld = Float[ndarray, " world"]


def shares(toy: Mapping[str, Found], names: Iterable[str]) -> dict[str, ByWorld]:
    """By the name of the evidence: scores and shares of each architecture (`names`), and of pursuit in particular.

    >>> shares({}, ())
    Traceback (most recent call last):
    KeyError: 'pursuit, aside'

    `constant` is pursuit's score where magnitudes do not vary, `one_step` and `two_steps` where they do and it has so few steps in training,
    `one_step_more` how often parents' latents then fire beside a child at `MOST_STEPS`.

    Raises:
        KeyError: a job is missing.
    """
    pursuit, few = toy["pursuit, aside"], toy["one or two steps"]
    found = {
        "constant": pursuit.of("between", EVEN), "pursuit_absorbed_constant": pursuit.of("absorbed", EVEN),
        "one_step": few.of("between", SOURCE, 0), "one_step_more": few.of("recall", SOURCE, 0, MOST_STEPS),
        "two_steps": few.of("between", SOURCE, 1), "pursuit_within_orthogonal": toy["pursuit"].of("within", "orthogonal"),
    }  # fmt: skip
    for name in names:
        found |= {
            f"{name}_orthogonal": toy[name].of("between", "orthogonal"),
            f"{name}_absorbed": toy[name].of("absorbed", "orthogonal"),
            f"{name}_crowded": toy[f"{name}, crowded"].of("between", "crowded"),
        }
    return found


def pairs(toy: Mapping[str, Found], names: Sequence[str]) -> dict[str, tuple[ByWorld, ByWorld]]:
    """By the name of the evidence what is compared in the same worlds, the first less the second.

    >>> pairs({}, ())
    Traceback (most recent call last):
    KeyError: 'nested, long'

    `nested_long`: the larger error of nested SAEs with long training and without; `…_longer`: the score with more training and with less;
    `tilted_…`: how far children tilted away from their parents have gone to them, and those tilted towards them.

    Raises:
        KeyError: a job is missing.
    """
    aside = {name: toy[f"{name}, aside"] for name in names}
    found = {"nested_long": (toy["nested, long"].of("worse", "orthogonal"), toy["nested"].of("worse", "orthogonal"))}  # fmt: skip
    for name, of in aside.items():
        less = of.of("between", SOURCE)
        found[f"{name}_longer"] = toy[name].of("between", "orthogonal")[: len(less)], less
    return found | {f"tilted_{name}": (of.of("first", "tilted"), of.of("third", "tilted")) for name, of in aside.items()}  # fmt: skip


def every_table(toy: Mapping[str, Found], names: Sequence[str]) -> dict[str, dict[Any, dict[str, float]]]:
    """Rows of every table by its title: `tables`, children that are tilted, and pursuit's score by its start.

    >>> every_table({}, ())
    Traceback (most recent call last):
    KeyError: 'one or two steps'

    Raises:
        KeyError: a job is missing.
    """
    kinds = dict.fromkeys(names, ("orthogonal", "correlated"))
    kinds |= {f"{name}, crowded": ("crowded",) for name in names}
    kinds |= {f"{name}, aside": (EVEN, "strangers") for name in names}
    found = tables(toy, kinds | {"one or two steps": (SOURCE,)}, STEPS)
    starts = {"random weights": toy["pursuit, aside"], "beside absorbed": toy["from absorbed"]}
    spreads = toy["from absorbed"].job.kinds
    return found | {
        "tilted children": {name: toy[f"{name}, aside"].tilted("tilted") for name in names},
        "score, by start": {start: {kind: of.means(kind)["score"] for kind in spreads} for start, of in starts.items()},
    }  # fmt: skip


def tables(
    found: Mapping[str, Found], kinds: Mapping[str, Iterable[str]], steps: Sequence[int]
) -> dict[str, dict[Any, dict[str, float]]]:
    """Means over worlds: of every architecture by kind, and of pursuits that are given other numbers of steps at inference.

    >>> tables({}, {}, steps=())
    {'kind, architecture': {}, 'kind, steps in training, at inference': {}}

    Args:
        found: Jobs by name; what follows a comma is no part of the architecture's name.
        kinds: Of each job, which kinds are shown.
        steps: At inference; shown of pursuits, value by value, in the first kind of their job.
    """
    shown = {
        (kind, name.split(",")[0]): found[name].means(kind)
        for name, of_job in kinds.items()
        for kind in of_job
        if len(found[name].job.values) == 1 or found[name].job.how.name != "pursuit"
    }
    other = {
        (kind, int(k), n): found[name].means(kind, at, n)
        for name, (kind, *_) in ((name, list(of_job)) for name, of_job in kinds.items())
        if found[name].job.how.name == "pursuit"
        for at, k in enumerate(found[name].job.values)
        for n in steps
    }
    return {"kind, architecture": shown, "kind, steps in training, at inference": other}
