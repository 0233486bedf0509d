"""Settings of an SAE chosen on some seeds and splits of the words, and scored on a seed and a split that had no say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from absorption.experiments.bank.judgement import Judgement

LEAST_EXPLAINED, MOST_DEAD, LEAST_F1 = 0.45, 0.1, 0.4
"""A setting whose SAEs explain less, have more dead latents, or letters with worse best latents has not learned, and is not chosen."""
MET = 0.01
"""From so many of its words on a letter counts as still absorbed: of about 200 that are judged these are two."""
RATES = ("full", "fraction", "silent", "f1")
Here = Float[np.ndarray, "setting letter"]


@dataclass(frozen=True, eq=False)
class Choice:
    """Positions of settings, in the order in which they were given."""

    common: int
    """The one with the least full absorption, over all letters."""
    most: int
    """The one with the most."""
    own: Int[np.ndarray, " letter"]
    """The one with each letter's least, of those that may be chosen for all; where that is no better, `common`."""
    by_width: tuple[int, int]
    """Two with one k that differ most in full absorption, the one with more first."""
    by_k: tuple[int, int]
    """Two of one width, likewise."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """SAEs of several settings (width, k), judged, and what choosing among them gives.

    `by[name] [setting seed split letter]`: rates of letters, and, named `matched.full` and so on, those of their matched half-spaces, and
    `above.full`, by how much letters have more; nan where there is none; `left`: 1 where more than `MET` of a letter's words are absorbed in full. `explained`, `dead` `[setting seed]`.

    >>> full = np.full((2, 3, 2, 26), 0.3)
    >>> full[1] = 0.2
    >>> by, learned = {"full": full, "f1": np.full_like(full, 0.8)}, np.ones((2, 3))
    >>> tuned = Tuned(((64, 4), (64, 8)), by, explained=learned, dead=0 * learned)
    >>> tuned.at_common("full").round(3).tolist(), tuned.between("by_k").round(3).tolist()
    ([0.2, 0.2, 0.2], [0.1, 0.1, 0.1])
    """

    settings: Sequence[tuple[int, int]]
    by: Mapping[str, Float[np.ndarray, "setting seed split letter"]]
    explained: Float[np.ndarray, "setting seed"]
    dead: Float[np.ndarray, "setting seed"]
    least_f1: float = LEAST_F1
    """What best latents need, the mean over letters: one rule for a setting for all and for one for a letter alone."""

    @classmethod
    def of(cls, settings: Sequence[tuple[int, int]], found: Sequence[Sequence[Judgement]]) -> "Tuned":
        """From one list of judgements a setting, the same seeds in each."""

        def table(kind: str, name: str) -> np.ndarray:
            return np.array([[each.by[kind][name] for each in seeds] for seeds in found])

        by = {name: table("letters", name) for name in RATES}
        by |= {f"matched.{name}": table("matched", name) for name in RATES}
        by |= {f"above.{name}": by[name] - by[f"matched.{name}"] for name in RATES}
        by["left"] = np.where(np.isfinite(by["full"]), by["full"] > MET, np.nan)
        explained, dead = (
            np.array([[getattr(each, name) for each in seeds] for seeds in found])
            for name in ("explained", "dead")
        )
        return cls(tuple(settings), by, explained, dead)

    def only(self, at: Sequence[int]) -> "Tuned":
        """The settings at these positions."""
        by = {name: values[list(at)] for name, values in self.by.items()}
        return replace(
            self,
            settings=tuple(self.settings[i] for i in at),
            by=by,
            explained=self.explained[list(at)],
            dead=self.dead[list(at)],
        )

    def asking(self, f1: float) -> "Tuned":
        """The same where the letters' best latents need another F1."""
        return replace(self, least_f1=f1)

    def by_score(self, name: str) -> "Tuned":
        """The same where `name` is what a choice makes least, in place of full absorption: what had been chosen by that score.

        Its `full`, too, is then that score.
        """
        return replace(self, by={**self.by, "full": self.by[name]})

    @property
    def names(self) -> list[str]:
        """Of the settings, for people."""
        return [f"{d_sae:,} latents, k = {k}" for d_sae, k in self.settings]

    @property
    def passes(self) -> Bool[np.ndarray, " setting"]:
        """Which settings have learned, by all seeds and splits, as the page marks them; a choice goes by those that it may see."""
        return self._learned(known_mean(self.by["f1"], (1, 2)), np.arange(self.dead.shape[1]))

    @property
    def chosen(self) -> str:
        """Every setting that was chosen for all letters, the one most often chosen first."""
        return self._named([choice.common for choice in self.choices.values()])

    @property
    def most(self) -> str:
        """Every setting that was chosen for having the most full absorption, likewise."""
        return self._named([choice.most for choice in self.choices.values()])

    @property
    def moved(self) -> float:
        """Of the letters that are rated, the share whose own setting is another than the one for all; mean over choices."""
        rated = np.isfinite(self.by["full"]).any((0, 1, 2))
        return float(np.mean([(choice.own != choice.common)[rated] for choice in self.choices.values()]))

    def pair(self, which: str) -> str:
        """The two settings that were chosen for `by_width` or `by_k` where the first seed and split are scored."""
        first, second = (self.settings[i] for i in getattr(self.choices[0, 0], which))
        return f"{first[0]:,} latents, k = {first[1]} against {second[0]:,}, k = {second[1]}"

    @cached_property
    def choices(self) -> dict[tuple[int, int], Choice]:
        """By the seed and the split on which the choice is scored: made on all other seeds and all other splits."""
        _, seeds, splits, _ = self.by["full"].shape
        return {(seed, split): self._choose(seed, split) for seed in range(seeds) for split in range(splits)}

    @property
    def favourite(self) -> int:
        """The setting that is chosen for all letters most often, of several the first."""
        chosen = [choice.common for choice in self.choices.values()]
        return max(range(len(self.settings)), key=chosen.count)

    def of_seeds(self, name: str) -> Float[np.ndarray, "setting seed"]:
        """Means over letters, then over splits."""
        return known_mean(known_mean(self.by[name], 3), 2)

    def at_common(self, name: str) -> Float[np.ndarray, " seed"]:
        """What the setting chosen for all letters has on the seed and the split that had no say, mean over splits."""
        return self._scored(name, lambda choice, here: here[choice.common])

    def at_own(self, name: str) -> Float[np.ndarray, " seed"]:
        """The same, every letter at the setting chosen for it."""
        return self._scored(name, lambda choice, here: here[choice.own, np.arange(here.shape[1])])

    def at_most(self, name: str) -> Float[np.ndarray, " seed"]:
        """The same of the setting that was chosen for having the most full absorption."""
        return self._scored(name, lambda choice, here: here[choice.most])

    def at_others(self, name: str) -> Float[np.ndarray, " seed"]:
        """The same, every letter at the settings chosen for each of the others."""

        def dealt(choice: Choice, here: Here) -> Float[np.ndarray, " letter"]:
            given = here[choice.own]  # [chosen for, letter]
            return known_mean(np.where(np.eye(len(given), dtype=bool), np.nan, given), 0)

        return self._scored(name, dealt)

    def between(self, which: str, name: str = "full") -> Float[np.ndarray, " seed"]:
        """How far the two settings chosen for it (`by_width` or `by_k`) are apart."""

        def apart(choice: Choice, here: Here) -> Float[np.ndarray, " letter"]:
            more, less = getattr(choice, which)
            return here[more] - here[less]

        return self._scored(name, apart)

    def learned_at_common(self, name: str) -> Float[np.ndarray, " seed"]:
        """`explained` or `dead` of the setting chosen for all letters, on the seed that had no say."""
        values: np.ndarray = getattr(self, name)
        found = np.zeros(values.shape[1])
        n_splits = len(self.choices) // len(found)
        for (seed, _), choice in self.choices.items():
            found[seed] += values[choice.common, seed] / n_splits
        return found

    def _named(self, at: list[int]) -> str:
        return " or ".join(self.names[i] for i in sorted(set(at), key=lambda i: (-at.count(i), i)))

    def _scored(
        self, name: str, score: Callable[[Choice, Here], Float[np.ndarray, " letter"]]
    ) -> Float[np.ndarray, " seed"]:
        values = self.by[name]
        scores = np.full(values.shape[1:3], np.nan)
        for (seed, split), choice in self.choices.items():
            scores[seed, split] = known_mean(score(choice, values[:, seed, split]), 0)
        return known_mean(scores, 1)

    def _choose(self, seed: int, split: int) -> Choice:
        full = self._rest("full", seed, split)
        learned = self._learned(self._rest("f1", seed, split), np.delete(np.arange(self.dead.shape[1]), seed))
        passing = learned if learned.any() else np.ones_like(learned)  # gates will say so
        over = np.where(passing, known_mean(full, 1), np.nan)
        common = int(np.nanargmin(over))
        rates = np.where(passing[:, None] & np.isfinite(full), full, np.inf)
        own = np.where(rates[common] <= rates.min(0), common, rates.argmin(0))
        by_width, by_k = self._pair(over, same=1), self._pair(over, same=0)
        return Choice(common, int(np.nanargmax(over)), own, by_width, by_k)

    def _rest(self, name: str, seed: int, split: int) -> Here:
        """Means over all seeds but one and all splits but one."""
        others = np.delete(np.delete(self.by[name], seed, axis=1), split, axis=2)
        return known_mean(others, (1, 2))

    def _learned(self, f1: Here, seeds: Int[np.ndarray, " some"]) -> Bool[np.ndarray, " setting"]:
        """Which settings have learned, by these seeds and these F1."""
        return (
            (self.explained[:, seeds].mean(1) > LEAST_EXPLAINED)
            & (self.dead[:, seeds].mean(1) < MOST_DEAD)
            & (known_mean(f1, 1) > self.least_f1)
        )

    def _pair(self, over: Float[np.ndarray, " setting"], same: int) -> tuple[int, int]:
        """The two settings with one k (same = 1) or width (same = 0) that differ most; of settings not to be chosen none."""
        known = [int(at) for at in np.flatnonzero(np.isfinite(over))]
        pairs = [(a, b) for a in known for b in known if self.settings[a][same] == self.settings[b][same]]
        return max(pairs, key=lambda pair: float(over[pair[0]] - over[pair[1]]))


def known_mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The mean over what is there; nan where nothing is.

    >>> known_mean(np.array([[1.0, np.nan], [np.nan, np.nan]]), 1).tolist()
    [1.0, nan]
    """
    there = np.isfinite(values)
    n = there.sum(axis)
    return np.where(n > 0, np.where(there, values, 0.0).sum(axis) / np.maximum(n, 1), np.nan)
