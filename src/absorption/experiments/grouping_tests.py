"""Five tests that are to tell a clustering from a dictionary of features, asked of trained SAEs and of the same with frozen decoders.

T1: the combination index. T2: pairs of factors that training never showed. T3: what grades of activation carry. T4: absorption, and how
well latents find factors, in pairs of a trained and a frozen SAE with one L0. T5: what two seeds share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments import groupings
from absorption.experiments.factors import Worlds
from absorption.experiments.groupings import ByWorld, Pairs, as_numbers, by_world, parts
from absorption.experiments.learners import Code, agreement, chance_agreement

Starts = Float[ndarray, "start world"]
NAMES = ("sae", "frozen")
SHOWN = ("wide_common", "wide_rare", "wide_varied", "narrow_common", "frozen_l1", "true_l0", "frozen")


@dataclass(frozen=True)
class Asked:
    """The worlds: factors that are common, rare, or vary in strength, and hierarchies.

    Args:
        common, rare, varied: Factors.
        seen, unseen: The common ones without a pair of factors, and how what is left out is distributed.
        hierarchies, pairs: Families, as many times as there are starts, and their parents with their children.
        n_long, n_starts: Worlds that are trained twice as long; SAEs for each family.
        wide: Latents of a wide SAE.
        one_l0: L0s that differ by less than this share are one.
    """

    common: Worlds
    rare: Worlds
    varied: Worlds
    seen: Worlds
    unseen: Float[Tensor, "world state"]
    hierarchies: Worlds
    pairs: Pairs
    n_long: int
    n_starts: int
    wide: int
    one_l0: float


@dataclass(frozen=True)
class Answers:
    """What was found, world by world; `done` holds the codes by job, those at the true L0 with how far they are off."""

    at: Asked
    done: Mapping[str, Any]

    @cached_property
    def codes(self) -> dict[str, tuple[str, Code, Worlds]]:
        """By the name of their index: what they are called, the codes, their worlds."""
        at, done = self.at, self.done
        first, _, rare, _ = self._wide
        return {
            "index_wide_common": ("L1, wide", first, at.common),
            "index_wide_varied": ("L1, wide, magnitudes vary", done["varied"], at.varied),
            "index_wide_rare": ("L1, wide, rare", rare, at.rare),
            "index_narrow_common": ("L1, narrow", self._narrow[0], at.common),
            "index_true_l0": ("true L0, wide", done["factors"][0], at.common),
            "index_frozen": ("true L0, decoder frozen", done["factors, frozen"][0], at.common),
            "index_untrained": ("before training", done["untrained"], at.common),
            "index_true_l0_longer": ("true L0, longer", done["factors, longer"][0], at.common),
            "index_frozen_l1": ("L1, decoder frozen", done["L1, frozen"], at.common),
        }

    @cached_property
    def index(self) -> dict[str, ByWorld]:
        """T1: the combination index of each."""
        return {
            name: as_numbers(code.index(group.effective)) for name, (_, code, group) in self.codes.items()
        }

    @cached_property
    def longer(self) -> tuple[ByWorld, ByWorld]:
        """The index after twice the steps, common and rare."""
        n, (common, rare, _) = self.at.n_long, self._long
        of_common, of_rare = (of.effective[:n] for of in (self.at.common, self.at.rare))
        return as_numbers(common.index(of_common)), as_numbers(rare.index(of_rare))

    @cached_property
    def new(self) -> ByWorld:
        """T2: what is missed of new pairs."""
        return as_numbers(self._wide[3].missed(self.at.unseen))

    @cached_property
    def new_k_means(self) -> ByWorld:
        """What k-means misses of them."""
        return groupings.missed_by_k_means(self.at.seen, self.at.unseen, self.at.wide)

    @cached_property
    def paired(self) -> dict[str, Bool[ndarray, "start world"]]:
        """T4: whether a trained SAE and a frozen one have one L0."""
        off = {
            kind: [self.done[name][1] for name in (kind, f"{kind}, frozen")]
            for kind in ("factors", "families")
        }
        return {
            "f1": np.maximum(*off["factors"])[None] < self.at.one_l0,
            "absorption": np.maximum(*off["families"]).reshape(self.at.n_starts, -1) < self.at.one_l0,
        }

    @cached_property
    def scores(self) -> dict[str, list[Starts]]:
        """T4: F1 and absorption, of trained SAEs and of frozen ones."""
        at = self.at
        of = {
            kind: [self.done[name][0] for name in (kind, f"{kind}, frozen")]
            for kind in ("factors", "families")
        }
        return {
            "f1": [groupings.told(one, at.common)[None] for one in of["factors"]],
            "absorption": [
                groupings.absorbed(one, at.hierarchies, at.pairs, at.n_starts) for one in of["families"]
            ],
        }

    def at_one_l0(self, trained: int) -> list[ByWorld]:
        """F1 and absorption of the pairs at one L0, of trained SAEs (0) or frozen ones (1): in the worlds that have such a pair."""
        return [by_world(self.scores[score][trained], self.paired[score]) for score in ("f1", "absorption")]

    @property
    def gaps(self) -> dict[str, ByWorld]:
        """Trained less frozen, in the worlds with a pair at one L0."""
        return {
            f"{score}_gap": by_world(values[0] - values[1], self.paired[score])
            for score, values in self.scores.items()
        }

    @property
    def alike(self) -> dict[str, ByWorld]:
        """The scores of these pairs."""
        return {
            f"{score}_{NAMES[at]}_alike": by_world(self.scores[score][at], self.paired[score])
            for score, at in product(self.scores, (0, 1))
        }

    @cached_property
    def missed(self) -> dict[str, ByWorld]:
        """What the trained SAEs miss of what they were trained on."""
        families = self.done["families"][0].missed().reshape(self.at.n_starts, -1).mean(0)
        each = {
            "L1, wide": self._wide[0].missed(), "L1, on what T2 showed": self._wide[3].missed(),
            "L1, magnitudes vary": self.done["varied"].missed(), "true L0, factors": self.done["factors"][0].missed(),
            "true L0, hierarchy": families,
        }  # fmt: skip
        return {name: as_numbers(values) for name, values in each.items()}

    @property
    def worst(self) -> str:
        """Who misses most."""
        return max(self.missed, key=lambda name: self.missed[name].mean())

    @property
    def samples(self) -> dict[tuple[float, float], dict[str, Any]]:
        """What stands for itself, by its range and its name."""
        at, n = self.at, self.at.n_long
        graded = {"graded_share": "varied", "graded_frozen": "varied, frozen"}
        seeds = {"wide": self._wide[:2], "narrow": self._narrow[:2]}
        shared = {width: agreement(*both) for width, both in seeds.items()}
        twice, once = self.longer, (self.index["index_wide_common"][:n], self.index["index_wide_rare"][:n])
        new_longer = as_numbers(self._long[2].missed(at.unseen[:n]))
        return {
            (-np.inf, 1): self.index,
            (-np.inf, np.inf): {name: groupings.graded(self.done[job], at.varied) for name, job in graded.items()}
            | {"longer_common": twice[0] - once[0], "longer_rare": twice[1] - once[1]}
            | {"longer_heldout": (new_longer - self.new[:n]) / self.new_k_means[:n]},
            (0, 1): {f"{score}_{NAMES[k]}": self.scores[score][k].mean(0) for score, k in product(self.scores, (0, 1))}
            | {f"agreement_{width}": decoders for width, (decoders, _) in shared.items()}
            | {f"chance_{width}": chance_agreement(one, other, at.common.features) for width, (one, other) in seeds.items()},
            (-1, 1): {f"zones_{width}": zones for width, (_, zones) in shared.items()},
        }  # fmt: skip

    @property
    def placed(self) -> dict[str, float]:
        """What is known by construction: the index of a quantiser and of an extractor, and what the truth absorbs."""
        at, put = self.at, {"quantiser": groupings.quantiser, "extractor": groupings.extractor}
        truth = groupings.absorbed(groupings.extractor(at.hierarchies), at.hierarchies, at.pairs, 1)
        return _indices(put, at.common) | {"oracle_absorbed": float(truth.mean())}

    @cached_property
    def table(self) -> dict[str, dict[str, float]]:
        """L0, what is missed, and F1, for each kind of SAE."""
        of = {words: (code, group) for words, code, group in (self.codes[f"index_{name}"] for name in SHOWN)}
        trained, frozen = (self.done[name][0] for name in ("families", "families, frozen"))
        families = {"hierarchy, true L0": trained, "hierarchy, decoder frozen": frozen}
        return groupings.summary(
            of | {words: (code, self.at.hierarchies) for words, code in families.items()}
        )

    def for_prose(self) -> dict[str, float]:
        """Further numbers by name: L0s over the true one, what is missed, and how many pairs have one L0."""
        table, at, l0 = self.table, self.at, "L0 / true L0"
        missed = {
            "budget_missed": "true L0, wide", "frozen_missed": "true L0, decoder frozen",
            "family_missed": "hierarchy, true L0", "family_frozen_missed": "hierarchy, decoder frozen",
        }  # fmt: skip
        return {name: table[row]["missed"] for name, row in missed.items()} | dict(
            l0_wide=table["L1, wide"][l0], l0_rare=table["L1, wide, rare"][l0], l0_frozen_l1=table["L1, decoder frozen"][l0],
            l0_quantiser=groupings.l0_of_quantiser(at.common), l0_rare_quantiser=groupings.l0_of_quantiser(at.rare),
            new_sae=float(self.new.mean()), new_k_means=float(self.new_k_means.mean()),
            pairs_factors=int(self.paired["f1"].sum()), pairs_families=int(self.paired["absorption"].any(0).sum()),
            end_common=float(self.longer[0].mean()), end_rare=float(self.longer[1].mean()),
        )  # fmt: skip

    @cached_property
    def _wide(self) -> list[Code]:
        return parts(self.done["wide"], len(self.at.common.seeds))

    @cached_property
    def _narrow(self) -> list[Code]:
        return parts(self.done["narrow"], len(self.at.common.seeds))

    @cached_property
    def _long(self) -> list[Code]:
        return parts(self.done["long"], self.at.n_long)


def _indices(put: Mapping[str, Callable[[Worlds], Code]], worlds: Worlds) -> dict[str, float]:
    return {f"oracle_{kind}": groupings.index_of_first(place(worlds), worlds) for kind, place in put.items()}
