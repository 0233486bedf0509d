"""All that one SAE is asked about latents in place of a letter's own: ablations, nulls and planted absorption, as numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from absorption.experiments.ablating import Inside, Silenced
from absorption.experiments.asked import Asked
from absorption.experiments.in_place import InPlace, Places, first_of_each, mean_lost, planted
from absorption.experiments.mediating import Partial, Sets
from absorption.experiments.verdicts import Verdicts, of_oracle
from absorption.measures.absorption import LetterRates
from absorption.measures.letters import by_letter
from absorption.saes.stack import SAEStack

ANY, SHARE, COUNT = (-np.inf, np.inf), (0, 1), (0, np.inf)
POSSIBLE = {
    **dict.fromkeys(("causal", "causal_all", "full", "full_all", "fraction", "silent", "silent_all"), SHARE),
    **dict.fromkeys(("planted", "weak", "covered", "covered_best", "covered_known", "covered_main", "mediated", "visible"), SHARE),
    **dict.fromkeys(("rated", "dead", "spelled", "best_f1", "probe_f1", "frozen", "frozen_f1"), SHARE),
    **dict.fromkeys(("in_place", "in_place_all", "fires", "nonsense", "left", "left_random", "planted_place"), ANY),
    **dict.fromkeys(("planted_left", "partial", "beyond_sum", "of_probe", "of_probe_known", "alike_best"), ANY),
    **dict.fromkeys(("random_direction", "frozen_place"), ANY),
    **dict.fromkeys(("explained", "frozen_explained"), (-np.inf, 1)),
    **dict.fromkeys(("l0", "narrow", "both_words", "full_words", "causal_words"), COUNT),
    "kappa": (-1, 1),
}  # fmt: skip
"""In which range a number of an SAE can lie, but for those that are only counted or that must be nothing: `Absorbers.numbers` and what
`frozen` gives."""


@dataclass(frozen=True)
class Design:
    """How many words are taken, of each letter at most (or half-space), and by which rules words are called absorbed.

    >>> Design(silent=6, planted=1, half=2, sets=8).min_lead
    1.0
    """

    silent: int
    """Words whose main latents are silent; as many are taken of those whose main latents fire."""
    planted: int
    """Words on which absorption is planted."""
    half: int
    """Words of a half-space."""
    sets: int
    """Words without sets of latents."""
    min_f1: float = 0.4
    """A letter is rated if its main latents together have more, on training words."""
    min_cosine: float = 0.025
    min_lead: float = 1.0


@dataclass(frozen=True, eq=False)
class Absorbers:
    """What one SAE's ablations came to.

    `numbers` by name; `silent`, `fires`, `nonsense`: what the latent that carries most costs in such places; `partial`; `sets`;
    absorbed words as `cases` of a table; `letters`, tables for the explorer.
    """

    numbers: dict[str, float]
    silent: InPlace
    fires: InPlace
    nonsense: InPlace
    planted: InPlace
    partial: Partial
    sets: Sets
    cases: list[tuple[float, dict[str, str]]]
    letters: list[dict[str, Any]]

    @property
    def words(self) -> int:
        """Silent words on which latents were taken out, of all letters."""
        return int(self.numbers["words_all"])

    @classmethod
    def of(cls, stack: SAEStack, asked: Asked, design: Design, seed: int) -> "Absorbers":
        """Take latents of the first SAE of a stack out of the model; the seed draws half-spaces and random directions."""
        inside, generator = Inside.of(stack, asked), torch.Generator().manual_seed(seed)
        known = inside.known(design.min_f1)
        rated = known[asked.letters]
        word = _silent(inside, design.silent)
        made = Silenced.of(inside, word, design.min_cosine, design.min_lead)
        verdicts = Verdicts.of(inside, made, word)
        silent = InPlace.of(inside, Places.of_letters(inside, word), generator)
        firing = _firing(inside, word[rated[word]])
        fires = InPlace.of(inside, Places.of_letters(inside, firing))
        half_spaces = Places.of_half_spaces(inside, known, design.half, generator)
        nonsense = InPlace.of(inside, half_spaces)
        may = (rated & ~inside.carried.silent).nonzero()[:, 0]
        changed = planted(inside, _of_each_letter(asked, may, design.planted))
        on = changed.carried.silent & ~inside.carried.silent
        found = Silenced.of(changed, on.nonzero()[:, 0], design.min_cosine, design.min_lead)
        places = Places.of_letters(changed, on.nonzero()[:, 0])
        in_planted = InPlace.of(changed, places, generator)
        partial = Partial.of(inside, rated)
        every = torch.arange(len(asked.rows))
        sets = Sets.of(inside, _of_each_letter(asked, every, design.sets), generator)
        numbers = (
            _learned(inside, known)
            | _rates(verdicts, known)
            | _in_place(silent, fires, nonsense, in_planted, rated)
            | {"planted": float(found.found.absorbed[on].float().mean()) if on.any() else 0.0}
            | _of_sets(sets, rated, design.min_lead)
            | {"partial": partial.lesser, "beyond_sum": partial.beyond_sum}
            | {"weak": len(partial.word) / max(int(rated.sum()), 1), "weak_words": float(len(partial.word))}
        )
        return cls(
            numbers, silent.on(rated), fires, nonsense, in_planted, partial, sets, list(verdicts.cases()),
            by_letter(asked.task, inside.whole, inside.dictionary, inside.examined),
        )  # fmt: skip


def frozen(stack: SAEStack, asked: Asked, design: Design, n_words: int) -> dict[str, float]:
    """The same metrics, of all letters, of an SAE whose decoder never learned: on so many silent words, letters in turn."""
    inside = Inside.of(stack, asked)
    word = in_turn(_silent(inside, len(asked.rows)), asked.letters, n_words)
    made = Silenced.of(inside, word, design.min_cosine, design.min_lead)
    rates = Verdicts.of(inside, made, word).by_causal()
    place = InPlace.of(inside, Places.of_letters(inside, word)).ahead
    learned = {"frozen_explained": inside.fit.explained, "frozen_f1": float(inside.examined.f1.mean())}
    return {"frozen": rates.mean(), "frozen_place": place} | learned


def over(rates: LetterRates, known: Bool[Tensor, " letter"]) -> float:
    """The mean over known letters; 0 without one.

    >>> over(LetterRates(torch.tensor([0.5, 0.25]), torch.ones(2) > 0), known=torch.tensor([True, False]))
    0.5
    """
    values = rates.rate[known & ~rates.rate.isnan()]
    return float(values.mean()) if len(values) else 0.0


def in_turn(rows: Int64[Tensor, " row"], letters: Int64[Tensor, " word"], n: int) -> Int64[Tensor, " chosen"]:
    """The first row of every letter, then the second, and so on, n in all.

    >>> in_turn(torch.tensor([0, 1, 2]), letters=torch.tensor([5, 5, 7]), n=2).tolist()
    [0, 2]
    """
    before = (torch.nn.functional.one_hot(letters[rows], 26).cumsum(0) - 1).gather(1, letters[rows, None])
    return rows[before[:, 0].argsort(stable=True)[:n]].sort().values


def _silent(inside: Inside, most: int) -> Int64[Tensor, " word"]:
    return _of_each_letter(inside.asked, inside.carried.silent.nonzero()[:, 0], most)


def _of_each_letter(asked: Asked, rows: Int64[Tensor, " row"], most: int) -> Int64[Tensor, " chosen"]:
    return rows[first_of_each(asked.letters[rows], torch.full((26,), most))]


def _firing(inside: Inside, silent: Int64[Tensor, " word"]) -> Int64[Tensor, " word"]:
    """Words on which main latents fire, of each letter as many as there are of those silent ones, if there are."""
    y, rows = inside.asked.letters, (~inside.carried.silent).nonzero()[:, 0]
    return rows[first_of_each(y[rows], torch.bincount(y[silent], minlength=26))]


def _learned(inside: Inside, known: Bool[Tensor, " letter"]) -> dict[str, float]:
    return {
        "explained": inside.fit.explained,
        "dead": inside.dead,
        "l0": inside.fit.l0,
        "best_f1": float(inside.examined.f1.mean()),
        "rated": float(known.float().mean()),
        "spelled": float(inside.asked.right.float().mean()),
        "probe_f1": float(inside.asked.task.probe_f1.mean()),
        "oracle": of_oracle(inside),
    }


def _rates(verdicts: Verdicts, known: Bool[Tensor, " letter"]) -> dict[str, float]:
    causal, full, silent = verdicts.by_causal(), verdicts.by_full(), verdicts.inside.carried.silent
    ablated = verdicts.ablated
    return {
        "causal": over(causal, known),
        "causal_all": causal.mean(),
        "full": over(full, known),
        "full_all": full.mean(),
        "fraction": over(verdicts.rate(verdicts.fraction), known),
        "silent": over(verdicts.rate(silent), known),
        "silent_all": verdicts.rate(silent).mean(),
        "narrow": verdicts.narrowness(),
        "kappa": verdicts.kappa(),
        "words_all": float(ablated.sum()),
        "words": float((ablated & known[verdicts.inside.asked.letters]).sum()),
        "both_words": float((ablated & verdicts.causal & verdicts.full).sum()),
        "full_words": float((ablated & ~verdicts.causal & verdicts.full).sum()),
        "causal_words": float((ablated & verdicts.causal & ~verdicts.full).sum()),
    }


def _in_place(
    silent: InPlace, fires: InPlace, nonsense: InPlace, in_planted: InPlace, rated: Bool[Tensor, " word"]
) -> dict[str, float]:
    own = silent.on(rated)
    return {
        "in_place": own.ahead,
        "in_place_all": silent.ahead,
        "left": own.left("spared"),
        "left_random": own.left("random"),
        "fires": fires.ahead,
        "nonsense": nonsense.ahead,
        "nonsense_words": float(len(nonsense.word)),
        "planted_place": in_planted.ahead,
        "planted_left": in_planted.left("spared"),
    }


def _of_sets(sets: Sets, rated: Bool[Tensor, " word"], min_lead: float) -> dict[str, float]:
    of_known = sets.on(rated)
    names = ("best", "nearest")
    return {
        "covered": max(sets.covered(name) for name in names),
        "covered_best": sets.covered("best"),
        "covered_known": max(of_known.covered(name) for name in names),
        "covered_main": sets.covered("all_main"),
        "of_probe": max(sets.share(name) for name in names),
        "of_probe_known": max(of_known.share(name) for name in names),
        "mediated": sets.mediated("best"),
        "alike_best": mean_lost(sets.alike),
        "random_direction": mean_lost(sets.random),
        "visible": float((sets.probe >= min_lead).float().mean()),
    }
