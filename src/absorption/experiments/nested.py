"""Flat and nested SAEs at one L0: who has more holes, by how much beyond strangers, and which recipe has the fewest faults."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.extremes import extreme
from absorption.experiments.families import Families, Training, measured
from absorption.experiments.matched import Matched
from absorption.experiments.starts import absorbing, start_at
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

At = tuple[str, str, str]
"""Kind of world, activation, and name of the recipe: `flat`, `nested`, …, `tied`, with `, random` or `, longer` behind it."""
Each = Mapping[str, Float[ndarray, "..."]]
FAULTS = ("holes", "hedging", "unexplained")
STRANGERS = "strangers"


@dataclass(frozen=True)
class Nested:
    """What was found at the L0 that was asked for, and what was tried in the first round on the way."""

    found: Mapping[At, Each]
    """Each measure, `[world]`."""
    tried: Mapping[At, Each]
    """Each measure, `[value world]`."""
    one_l0: float
    """L0s that differ by less than this share are one."""

    def more(self, kind: str, activation: str, measure: str, ending: str = "") -> Float[ndarray, " world"]:
        """What flat SAEs have more of than nested ones; NaN where their L0s differ."""
        flat, nested = (self.found[kind, activation, name + ending] for name in ("flat", "nested"))
        alike = np.abs(nested["l0"] / flat["l0"] - 1) < self.one_l0
        return np.where(alike, flat[measure] - nested[measure], np.nan)

    def of_both(self, kind: str, measure: str, ending: str = "") -> Float[ndarray, " world"]:
        """The same, mean of the activations that have a pair at one L0; NaN where none has."""
        each = np.stack([self.more(kind, a, measure, ending) for a in self.activations])
        there = ~np.isnan(each)
        total = np.where(there, each, 0.0).sum(0)
        return np.where(there.any(0), total / np.maximum(there.sum(0), 1), np.nan)

    def beyond(self, kind: str, measure: str, ending: str = "") -> Float[ndarray, " world"]:
        """The same, less what it is among strangers of the same frequencies; NaN where one of the two is."""
        return self.of_both(kind, measure, ending) - self.of_both(STRANGERS, measure, ending)

    def alike(self, kinds: Iterable[str], ending: str = "") -> Float[ndarray, " world"]:
        """The share of pairs whose L0s are one."""
        each = [self.more(kind, a, "l0", ending) for kind in kinds for a in self.activations]
        return 1 - np.isnan(each).mean(0)

    def worst(
        self, kinds: Iterable[str], measure: str, pick: Callable[..., Any], ending: str = ""
    ) -> Float[ndarray, " world"]:
        """Of flat and nested SAEs of all activations, those with the largest (`max`) or least (`min`) mean."""
        names = [name + ending for name in ("flat", "nested")]
        each = (
            self.found[kind, a, name][measure] for kind in kinds for a in self.activations for name in names
        )
        return extreme(each, pick)

    def line(
        self, kind: str, activation: str, name: str, measure: str
    ) -> tuple[Float[ndarray, " value"], Float[ndarray, " value"]]:
        """L0 and a measure, means over worlds at each value that was tried first, in the order of L0."""
        seen = self.tried[kind, activation, name]
        l0, values = seen["l0"].mean(1), seen[measure].mean(1)
        order = l0.argsort()
        return l0[order], values[order]

    @property
    def activations(self) -> tuple[str, ...]:
        """In the order in which they were searched."""
        return tuple(dict.fromkeys(activation for _, activation, _ in self.found))


def named(
    searches: Mapping[tuple[str, int, Training], Matched], one_l0: float, steps: int, first: int
) -> Nested:
    """Name what was searched.

    >>> import numpy as np
    >>> of = {name: np.array([[0.4, 0.2], [0.1, 0.2]]) for name in ("holes", "l0")} | {"l0": np.array([[1.0, 1.0], [1.0, 1.2]])}
    >>> matched = Matched({name: values[None] for name, values in of.items()}, of, np.zeros((2, 2)))
    >>> pair = Training("L1", ("flat", "nested"), steps=5)
    >>> seen = named({("apart", 2, pair): matched}, one_l0=0.05, steps=5, first=1)
    >>> list(seen.found), seen.of_both("apart", "holes", ", random").round(2).tolist()  # the second world's L0s differ
    ([('apart', 'L1', 'flat, random'), ('apart', 'L1', 'nested, random')], [0.3, nan])

    Args:
        searches: By kind, number of worlds and training; each measure `[nesting world]`.
        one_l0: As in `Nested`.
        steps: As many as usual; more of them are `, longer`.
        first: Values of the first round.
    """
    found, tried = {}, {}
    for (kind, _, how), search in searches.items():
        for i, nesting in enumerate(how.nestings):
            ending = ", random" * (how.beside is None) + ", longer" * (how.steps > steps)
            at = kind, how.activation, ("tied" if how.tied else nesting) + ending
            found[at] = {name: values[i] for name, values in search.found.items()}
            tried[at] = {name: values[:first, i] for name, values in search.tried.items()}
    return Nested(found, tried, one_l0)


def fewest_faults(
    nested: Nested, kind: str, names: Sequence[str], n: int
) -> tuple[str, Float[ndarray, " world"]]:
    """The recipe with the least sum of holes, hedging and error on the first half of `n` worlds, and its sums on the second half.

    >>> import numpy as np
    >>> holes = {"flat": [0.4, 0.4], "tied": [0.1, 0.6]}
    >>> found = {("apart", "L1", name): dict.fromkeys(FAULTS, np.array(of)) for name, of in holes.items()}
    >>> fewest_faults(Nested(found, {}, 0.05), "apart", ["flat", "tied"], n=2)[0]
    'tied, L1'
    """
    faults = {
        f"{name}, {a}": np.sum([nested.found[kind, a, name][measure][:n] for measure in FAULTS], axis=0)
        for a in nested.activations
        for name in names
    }
    best = min(faults, key=lambda recipe: faults[recipe][: n // 2].mean())
    return best, faults[best][n // 2 :]


def placed(
    worlds: Families, W_dec: Float[Tensor, "d_sae d_in"], W_enc: Float[Tensor, "d_in d_sae"]
) -> dict[str, float]:
    """What is measured of one dictionary in the first world.

    >>> from absorption.experiments.families import families
    >>> worlds = families([0], "apart")
    >>> placed(worlds, worlds.features, worlds.features.T)["holes"]
    0.0
    """
    stack = SAEStack(Recipe(), *W_enc.shape, seeds=[0])
    start_at(stack, W_dec, W_enc)
    found = measured(stack, worlds, worlds.probabilities[:1], worlds.true_l0[:1])
    return {name: float(value) for name, value in found.items()}


def controls(kinds: Iterable[Families]) -> tuple[float, float]:
    """Of dictionaries that are built: holes, alarms and hedging of the true one (the worst kind), and holes of one that absorbs (the best kind).

    >>> from absorption.experiments.families import families
    >>> controls([families([0], "apart"), families([0], "meeting")])
    (0.0, 1.0)
    """
    faults, holes = [], []
    for worlds in kinds:
        truth = placed(worlds, worlds.features, worlds.features.T)
        faults.append(truth["holes"] + truth["alarms"] + truth["hedging"])
        holes.append(placed(worlds, *absorbing(worlds.features, worlds.pairs))["holes"])
    return max(faults), min(holes)


WORST = {"unexplained": max, "alone": min, "alarms": max}
"""Of each gate's measure, whether the largest or the least is the worst."""


def gates(nested: Nested, kinds: Sequence[str]) -> dict[str, Float[ndarray, " world"]]:
    """What was learned beside the truth in the worst kind of SAE (`unexplained_worst`), and the share of pairs at one L0 (`alike`, `alike_random`).

    >>> import numpy as np
    >>> pair = {name: {"l0": np.ones(1)} | {m: np.array([of]) for m in WORST} for name, of in (("flat", 0.5), ("nested", 0.2))}
    >>> found = {("apart", "L1", name + end): of for name, of in pair.items() for end in ("", ", random")}
    >>> {name: round(float(of[0]), 2) for name, of in gates(Nested(found, {}, 0.05), ["apart"]).items()}
    {'unexplained_worst': 0.5, 'alone_worst': 0.2, 'alarms_worst': 0.5, 'alike': 1.0, 'alike_random': 1.0}
    """
    worst = {f"{measure}_worst": nested.worst(kinds, measure, pick) for measure, pick in WORST.items()}
    return worst | {"alike": nested.alike(kinds), "alike_random": nested.alike(kinds, ", random")}


SIGNS = {"holes": 1, "absorbed": 1, "hedging": -1, "unexplained": -1}
"""Flat less nested is what nesting saves (1); nested less flat is what it costs (−1)."""


def differences(nested: Nested, kinds: Sequence[str]) -> dict[str, Float[ndarray, " world"]]:
    """What nesting saves and costs, by the names `measure_kind`, `activation_kind_measure` and `beyond_kind`; `_random` behind for random starts.

    NaN in the worlds that have no pair at one L0.

    >>> import numpy as np
    >>> pair = {name: {"l0": np.ones(1)} | {m: np.array([of]) for m in SIGNS} for name, of in (("flat", 0.5), ("nested", 0.2))}
    >>> found = {(kind, "L1", name + end): of for kind in ("apart", STRANGERS) for name, of in pair.items() for end in ("", ", random")}
    >>> numbers = differences(Nested(found, {}, 0.05), ["apart"])
    >>> [round(float(numbers[name][0]), 2) for name in ("holes_apart", "l1_apart_hedging_random", "beyond_apart_random")]
    [0.3, -0.3, 0.0]

    Args:
        nested: What was found.
        kinds: With children; strangers are added.
    """
    numbers = {}
    for end, ending in (("", ""), ("_random", ", random")):
        for kind in (*kinds, STRANGERS):
            for measure, sign in SIGNS.items():
                numbers[f"{measure}_{kind}{end}"] = sign * nested.of_both(kind, measure, ending)
                for a in nested.activations:
                    each = sign * nested.more(kind, a, measure, ending)
                    numbers[f"{a.lower()}_{kind}_{measure}{end}"] = each
        numbers |= {f"beyond_{kind}{end}": nested.beyond(kind, "holes", ending) for kind in kinds}
    return numbers


def in_words(nested: Nested, kinds: Sequence[str], n: int) -> dict[str, float | int]:
    """Means that prose gives beside the differences: of every recipe, in the first `n` worlds, over all pairs, and how many have one L0.

    `activation_kind_measure_of_recipe`; `few_kind_measure_of_recipe`, mean of the activations; `of_all_kind`, holes of flat
    less nested whether or not they have one L0; `pairs_activation_kind`; `moved_kind`, holes of flat less nested, by twice the steps;
    `unexplained_worst_random` and the like of other gates.

    >>> import numpy as np
    >>> pair = {name: {"l0": np.ones(1)} | {m: np.array([of]) for m in (*SIGNS, *WORST)} for name, of in (("flat", 0.5), ("nested", 0.2))}
    >>> found = {("apart", "L1", name + end): of for name, of in pair.items() for end in ("", ", random", ", longer")}
    >>> numbers = in_words(Nested(found, {}, 0.05), ["apart"], n=1)
    >>> [round(numbers[name], 2) for name in ("l1_apart_holes_of_flat_random", "few_apart_hedging_of_nested", "of_all_apart", "moved_apart")]
    [0.5, 0.2, 0.3, 0.0]
    """
    numbers: dict[str, float | int] = {
        f"{measure}_worst_random": float(nested.worst(kinds, measure, pick, ", random").mean())
        for measure, pick in WORST.items()
    }
    for (kind, a, name), measures in nested.found.items():
        recipe = name.replace(", ", "_")
        numbers |= {f"{a.lower()}_{kind}_{m}_of_{recipe}": float(of.mean()) for m, of in measures.items()}
    for kind in kinds:
        for end, ending in (("", ""), ("_random", ", random")):
            each = {a: nested.more(kind, a, "holes", ending) for a in nested.activations}
            numbers |= {
                f"pairs_{a.lower()}_{kind}{end}": int((~np.isnan(of)).sum()) for a, of in each.items()
            }
            whole = Nested(nested.found, {}, np.inf).of_both(kind, "holes", ending)
            numbers[f"of_all_{kind}{end}"] = float(whole.mean())
        longer = nested.of_both(kind, "holes", ", longer") - nested.of_both(kind, "holes")[:n]
        numbers[f"moved_{kind}"] = float(np.nanmean(longer))
        for name in {name for of, _, name in nested.found if of == kind and ", " not in name}:
            for measure in FAULTS:
                few = [nested.found[kind, a, name][measure][:n] for a in nested.activations]
                numbers[f"few_{kind}_{measure}_of_{name}"] = float(np.mean(few))
    return numbers
