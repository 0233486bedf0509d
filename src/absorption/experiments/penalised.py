"""Plain and penalised SAEs compared at one L0, world by world; what is read off them, and what must be exact.

`cosines.trainer` trains them, and `matched.at_l0` brings each to its world's own L0. A pair of a plain and a penalised SAE counts where
their L0s are one; elsewhere there is no number.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.cosines import read
from absorption.experiments.families import Families
from absorption.experiments.starts import start_at
from absorption.saes.losses.pairs import directions, mean_cost
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

CELLS = {"rare": ("partners", "rare"), "apart": ("apart", "absorbed"), "meet": ("meeting", "absorbed")}
"""What schemes are compared by: rare features found with partners, parents absorbed where children exclude each other or meet."""


@dataclass(frozen=True)
class Pairs:
    """SAEs of every experiment at their worlds' own L0, weight 0 of the penalty being plain; L0s are over the world's own.

    >>> found = {"partners": {"l0": np.array([[1.0, 1.0], [1.01, 1.2]]), "rare": np.array([[0.2, 0.5], [0.5, 0.9]])}}
    >>> pairs = Pairs(found, {}, one_l0=0.05)
    >>> pairs.change("partners", "rare").round(1).tolist(), pairs.both("partners", "rare").tolist()
    ([0.3, nan], [[0.2], [0.5]])

    Args:
        found: Each measure of `cosines.read`, [weight world], of the SAE that counts.
        tried: The same of all that were trained on the way, [value weight world], the values of λ first that all worlds share.
        one_l0: L0s that differ by less than this share are one.
    """

    found: Mapping[Hashable, Mapping[str, Float[ndarray, "weight world"]]]
    tried: Mapping[Hashable, Mapping[str, Float[ndarray, "value weight world"]]]
    one_l0: float

    def change(self, name: Hashable, measure: str, weight: int = 1) -> Float[ndarray, " world"]:
        """Penalised less plain, nan where their L0s differ."""
        at = self.found[name]
        alike = np.abs(at["l0"][weight] / at["l0"][0] - 1) < self.one_l0
        return np.where(alike, at[measure][weight] - at[measure][0], np.nan)

    def both(self, name: Hashable, measure: str) -> Float[ndarray, "weight pair"]:
        """Plain and penalised, of the pairs with one L0."""
        return self.found[name][measure][:, ~np.isnan(self.change(name, measure))]

    def kinds(self, names: Iterable[Hashable], measure: str) -> list[Float[ndarray, " world"]]:
        """A measure of each kind of SAE, plain and penalised, of every experiment named."""
        return [self.found[name][measure][weight] for name in names for weight in (0, 1)]

    def shared(
        self, name: Hashable, weight: int, n: int
    ) -> tuple[Float[ndarray, " value"], Float[ndarray, " value"]]:
        """L0 and the share of rare features that are found, means over worlds at each of the first n values of λ, which all share."""
        of = self.tried[name]
        return of["l0"][:n, weight].mean(1), of["rare"][:n, weight].mean(1)

    def row(self, scheme: str | None, all_pairs: str, n: int) -> dict[str, float | int]:
        """What one scheme finds and absorbs, and leaves unexplained, in those of the first n worlds whose own L0 is met.

        `None` is no penalty. The scheme called `all_pairs` and no penalty are those of the experiments by kind; others have
        experiments of their own, named (scheme, kind).
        """
        row: dict[str, float | int] = {}
        for name, (kind, measure) in CELLS.items():
            at = self.found[kind] if scheme in (None, all_pairs) else self.found[scheme, kind]
            at = {m: at[m][int(scheme == all_pairs), :n] for m in (measure, "unexplained", "l0")}
            met = np.abs(at["l0"] - 1) < self.one_l0
            row |= {f"{name} {m}": float(at[m][met].mean()) for m in (measure, "unexplained")}
            row[f"{name} worlds"] = int(met.sum())
        return row

    def means(self, names: Iterable[str], weights: tuple[str, str]) -> dict[str, float | int]:
        """Of the pairs with one L0: `partners_rare_plain` for each measure, and `partners_pairs`, their number."""
        found: dict[str, float | int] = {}
        for name in names:
            short = name.replace(", ", "_")
            for weight, words in enumerate(weights):
                for measure in self.found[name]:
                    found[f"{short}_{measure}_{words}"] = float(self.both(name, measure)[weight].mean())
            found[f"{short}_pairs"] = int(self.both(name, "l0").shape[1])
        return found

    def prior(self, names: Mapping[str, Hashable], weights: tuple[str, ...]) -> dict[str, float]:
        """Of the test of the prior: `far_truth_weak` at one L0, and `far_truth_weak_same` at the first λ, means over all worlds."""
        found = {}
        for short, name in names.items():
            for weight, words in enumerate(weights):
                for m in ("truth", "unexplained", "l0"):
                    found[f"{short}_{m}_{words}"] = float(self.found[name][m][weight].mean())
                    found[f"{short}_{m}_{words}_same"] = float(self.tried[name][m][0, weight].mean())
        return found

    def at_value(self, name: Hashable, value: int, weights: tuple[str, str]) -> dict[str, float]:
        """Of all SAEs at one of the shared values of λ: `rare_plain`, and the like of `l0`, `unexplained` and `combined`."""
        measures = ("rare", "l0", "unexplained", "combined")
        of = self.tried[name]
        return {
            f"{m}_{words}": float(of[m][value, weight].mean())
            for weight, words in enumerate(weights)
            for m in measures
        }


def faults(worlds: Families) -> float:
    """What is wrong with the true dictionary in the first world, all together: what it misses, leaves unexplained and absorbs.

    >>> from absorption.experiments.cosines import partners
    >>> round(faults(partners([0])), 5)
    0.0
    """
    n = len(worlds.features)
    stack = SAEStack(Recipe(decoder_bias=False), n, n, seeds=[0])
    start_at(stack, worlds.features, worlds.features.T)
    one = read(stack, worlds, worlds.probabilities[:1], worlds.true_l0[:1])
    return float(1 - one["found"] + one["unexplained"] + one.get("absorbed", torch.zeros(1)))


def gram_error(seed: int, d_sae: int = 512, d_in: int = 64) -> float:
    """How far Σ cos² in its Gram form is from the sum over all pairs, as a share of it, for random rows.

    >>> gram_error(0) < 1e-12
    True
    """
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(1, d_sae, d_in, generator=generator, dtype=torch.float64)
    unit = directions(rows)[0]
    every = (unit @ unit.T).fill_diagonal_(0).square().sum() / (d_sae * (d_sae - 1))
    return float((mean_cost(rows) / every - 1).abs())
