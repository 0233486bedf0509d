"""SAEs that were judged by splits and holes, brought together: numbers an SAE, kinds of letters, and the letters to look at."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.split_controls import whole_split_and_taken
from absorption.experiments.bank.split_examples import Shown, shown
from absorption.experiments.bank.splitting import sortable
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0

ByLetter = Float[np.ndarray, "split letter"]
KINDS = ("whole", "split", "split, with holes", "holes")
"""Of letters, by whether several latents stand for one, and whether a share of its words is absorbed."""
TOLD = ("split_told", "hole_told", "taker_told", "silent_told", "split_dealt", "hole_dealt")
"""Scores with which the best property tells two sets of words."""
POSSIBLE: dict[str, tuple[float, float]] = {
    **dict.fromkeys((*TOLD, "full_above", "split_more", "full_grown", "their_told"), (-1, 1)),
    **dict.fromkeys(("main", "matched_main", "their_main"), (1, 26)), "grown": (-26, 26), "apart": (-2, 2), "narrow": (0, np.inf),
}  # fmt: skip
"""The range that a number cannot leave, by its name; what is not named is a share."""
COLUMNS = {
    "F1": "f1", "main": "main", "silent": "silent", "full": "full", "splits told": "split_told",
    "holes told": "hole_told", "silent told": "silent_told",
}  # fmt: skip
MEASURES = (
    *TOLD, "f1", "main", "silent", "full", "twice", "absorber_fires", "split_fires", "split_way", "hole_way", "taken", "taken_broadly",
)  # fmt: skip
"""Of a letter; those of `measures.sorting` that are used here."""


def letters_of(sae: Judgement, measure: str, kind: str = "letters") -> ByLetter:
    """A number a letter and split; nan where there is none.

    >>> sae = Judgement({"letters": {"main": np.array([[1.0, 2.0]])}}, 0.7, 16.0, 0.0)
    >>> letters_of(sae, "main").tolist(), letters_of(sae, "main", "matched").shape
    ([[1.0, 2.0]], (1, 26))
    """
    return sae.by.get(kind, {}).get(measure, np.full((1, 26), np.nan))


def mean_of(values: Float[np.ndarray, "..."]) -> np.floating:
    """Over what is there, in its own precision; nan where nothing is.

    >>> mean_of(np.array([1.0, np.nan])).item(), mean_of(np.array([np.nan])).item()
    (1.0, nan)
    """
    known = values[np.isfinite(values)]
    return np.mean(known) if len(known) else np.float64("nan")


def means(saes: Sequence[Judgement], measure: str, kind: str = "letters") -> Float[np.ndarray, " sae"]:
    """A number an SAE: the mean over letters; nan where no letter has one.

    >>> means([Judgement({"letters": {"main": np.array([[1.0, 2.0]])}}, 0.7, 16.0, 0.0)], "main")
    array([1.5])
    """
    return np.array([mean_of(letters_of(sae, measure, kind)) for sae in saes])


def among(sae: Judgement, measure: str, split: bool) -> np.floating:
    """The mean over letters with several main latents, or over those with one.

    >>> sae = Judgement({"letters": {"main": np.array([[1.0, 2.0]]), "full": np.array([[0.1, 0.3]])}}, 0.7, 16.0, 0.0)
    >>> among(sae, "full", split=True).item(), among(sae, "full", split=False).item()
    (0.3, 0.1)
    """
    main = letters_of(sae, "main")
    return mean_of(letters_of(sae, measure)[np.isfinite(main) & ((main > 1) == split)])


def grown(wide: Sequence[Judgement], narrow: Sequence[Judgement], measure: str) -> Float[np.ndarray, " seed"]:
    """Wide less narrow, over letters that both have: a number a seed.

    >>> sae = Judgement({"letters": {"main": np.array([[1.0, np.nan]])}}, 0.7, 16.0, 0.0)
    >>> more = Judgement({"letters": {"main": np.array([[3.0, 5.0]])}}, 0.7, 16.0, 0.0)
    >>> grown([more], [sae], "main")
    array([2.])
    """
    pairs = zip(wide, narrow, strict=True)
    return np.array([mean_of(letters_of(a, measure) - letters_of(b, measure)) for a, b in pairs])


def kinds_of_letters(saes: Sequence[Judgement], hole: float) -> Float[np.ndarray, " kind"]:
    """Shares of letters, in the order of `KINDS`; one has holes if a share `hole` of its words or more is absorbed in full.

    >>> letters = {"main": np.array([[1.0, 2.0, 2.0, np.nan]]), "full": np.array([[0.2, 0.0, 0.3, np.nan]])}
    >>> kinds_of_letters([Judgement({"letters": letters}, 0.7, 16.0, 0.0)], hole=0.1).round(2).tolist()
    [0.0, 0.33, 0.33, 0.33]
    """
    main, full = (np.concatenate([letters_of(one, name) for one in saes]) for name in ("main", "full"))
    known, is_split, has_holes = np.isfinite(main), main > 1, full >= hole
    sets = (~is_split & ~has_holes, is_split & ~has_holes, is_split & has_holes, ~is_split & has_holes)
    return np.array([(each & known).sum() / max(known.sum(), 1) for each in sets])


def told_best_by(saes: Sequence[Judgement], measure: str, way: int) -> Float[np.ndarray, " sae"]:
    """Of the letters whose splits or holes are told (`split_way`, `hole_way`) the share that this way tells best.

    >>> sae = Judgement({"letters": {"split_way": np.array([[1.0, 3.0, np.nan]])}}, 0.7, 16.0, 0.0)
    >>> told_best_by([sae], "split_way", 3)
    array([0.5])
    """
    ways = [letters_of(sae, measure) for sae in saes]
    return np.array([mean_of(np.where(np.isfinite(of), of == way, np.nan)) for of in ways])


def taken_broadly(saes: Sequence[Judgement]) -> Float[np.ndarray, " sae"]:
    """The share of absorbed words whose absorber takes many of the letter's; nan where none is absorbed.

    >>> sae = Judgement({"letters": {"taken": np.array([[8.0]]), "taken_broadly": np.array([[2.0]])}}, 0.7, 16.0, 0.0)
    >>> taken_broadly([sae])
    array([0.25])
    """
    broadly, taken = (
        np.array([np.nansum(letters_of(sae, name)) for sae in saes]) for name in ("taken_broadly", "taken")
    )
    return np.divide(broadly, taken, out=np.full(len(taken), np.nan), where=taken > 0)


def numbers(
    saes: Sequence[Judgement], ways: Sequence[str]
) -> dict[str, Sequence[np.floating] | Float[np.ndarray, " sae"]]:
    """What is said of SAEs of one kind, by its name: a number an SAE, nan for one that has none.

    >>> letters = {name: np.array([[1.0, 2.0, 2.0]]) for name in MEASURES}
    >>> found = numbers([Judgement({"letters": letters}, 0.7, 16.0, 0.0)], ("none", "capitals", "second letter", "frequency"))
    >>> found["apart"].item(), found["split_more"][0].item(), found["by_second"].round(2).item()
    (0.0, 1.0, 0.67)

    Means over letters, as in `measures.sorting` (`best_f1` is its `f1`), and with half-spaces for letters `matched_main`; `full_above`: more
    absorbed in full than matched half-spaces; `apart`: splits are told better than absorbed words; `narrow`: how many words an absorber
    fires on, over those of a further main latent. Of split letters `split_silent` and `overlap` (two main latents or more fire, of words
    with any), and how much more they are absorbed than others (`split_more`). `broadly`: as `taken_broadly`. `by_second` and so on:
    the share of letters whose splits (`by_frequency`: absorbed words) this one of the `ways` tells best.
    """
    found = {name: means(saes, name) for name in TOLD}
    return found | {
        "apart": found["split_told"] - found["hole_told"],
        "narrow": means(saes, "absorber_fires") / means(saes, "split_fires"),
        "split_silent": [among(one, "silent", split=True) for one in saes],
        "best_f1": means(saes, "f1"),
        "full_above": np.array([one.above("full") if "matched" in one.by else np.nan for one in saes]),
        "main": means(saes, "main"),
        "full": means(saes, "full"),
        "by_second": told_best_by(saes, "split_way", ways.index("second letter")),
        "by_capitals": told_best_by(saes, "split_way", ways.index("capitals")),
        "by_frequency": told_best_by(saes, "hole_way", ways.index("frequency")),
        "split_more": [among(one, "full", split=True) - among(one, "full", split=False) for one in saes],
        "overlap": [among(one, "twice", split=True) for one in saes],
        "broadly": taken_broadly(saes),
        "matched_main": means(saes, "main", "matched"),
    }


def row(saes: Sequence[Judgement], kind: str = "letters") -> dict[str, float]:
    """Means over letters and SAEs, as a table says them.

    >>> letters = {name: np.array([[1.0, 2.0, np.nan]]) for name in MEASURES}
    >>> row([Judgement({"letters": letters}, 0.7, 16.0, 0.0)])["splits told"]
    1.5
    """
    return {title: float(mean_of(means(saes, name, kind))) for title, name in COLUMNS.items()}


def rows_of_words(
    examples: Mapping[str, tuple[int, Shown]], titles: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Of each example its title, and one after the other who fires, on how many words, and the most frequent of them.

    >>> words = Shown(("so", "see"), torch.tensor([0, 4]), torch.tensor([0.9, 0.1]))
    >>> rows_of_words({"holes": (18, words)}, {"holes": "S, holes"})
    [('S, holes', 'the best main latent alone (1)', 'so'), ('S, holes', 'absorbed (1)', 'see')]
    """
    groups = [(titles[name], words.commonest()) for name, (_, words) in examples.items()]
    return [(title, group, words) for title, of in groups for group, words in of.items()]


def with_and_without_capitals(words: Sequence[str]) -> int:
    """How many words are there both in lower case and spelled with capitals.

    >>> with_and_without_capitals(["snake", "Snake", "SNAKE", "sun", "Paris"])
    1
    """
    lower = {word for word in words if word.islower()}
    return len(lower & {word.lower() for word in words if not word.islower()})


def planted_in(
    wanted: Wanted, l0: float, split: int, share: float, takers: int, seed: int
) -> dict[str, float]:
    """What is found in one SAE on words that was given the probes' directions: whole, split by capitals, or with words taken.

    `oracle`: the letter with the most absorbed in full; `oracle_main`: main latents a letter; `planted_split`: how well a property
    tells the split; `planted_holes`: absorbed in full where `takers` latents a letter take a random `share` of its words;
    `planted_told`: how well a property tells these. All but the first are means over letters.

    >>> from absorption.experiments.one_a_seed import one_a_seed
    >>> from absorption.experiments.bank import Schedule
    >>> (sae,) = one_a_seed(WordsIn("nowhere", 1), seeds=[0], d_sae=64, k=4, schedule=Schedule(1024))
    >>> planted_in(sae, 4, split=0, share=0.2, takers=8, seed=0)
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Raises:
        ValueError: the SAE has too few latents, or an L0 that cannot be reached.
    """
    assert isinstance(wanted.source, WordsIn)
    by = sortable(wanted.source, split)
    capitals = by.ways.codes[:, by.ways.names.index("capitals")] > 0
    generator = torch.Generator().manual_seed(seed)
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    whole, parted, taken = whole_split_and_taken(stack, by, capitals, share, takers, generator)
    of_letters = {
        "oracle_main": whole["main"],
        "planted_split": parted["split_told"],
        "planted_holes": taken["full"],
        "planted_told": taken["hole_told"],
    }
    worst = float(whole["full"].nan_to_num().max())
    return {"oracle": worst} | {name: float(each.nanmean()) for name, each in of_letters.items()}


def extremes(
    saes: Sequence[Judgement], wanted: Sequence[Wanted], l0: float, split: int, hole: float
) -> dict[str, tuple[int, Shown]]:
    """Two letters to look at, with their words: one that a property tells best among letters without holes, and one with most holes.

    >>> extremes([], [], 16, split=0, hole=0.05)
    {}

    Args:
        saes: Judged on this split alone, in the order of `wanted`.
        wanted: The SAEs.
        l0: At which they are judged.
        split: Seed of the split.
        hole: As for `kinds_of_letters`.
    """
    if not saes:
        return {}
    told, full = (np.concatenate([letters_of(one, name) for one in saes]) for name in ("split_told", "full"))
    found: dict[str, tuple[int, Shown]] = {}
    for name, scores in {"cleanly split": np.where(full < hole, told, np.nan), "full of holes": full}.items():
        seed, letter = np.unravel_index(np.nan_to_num(scores, nan=-1).argmax(), scores.shape)
        words = shown(wanted[int(seed)], l0, split, int(letter))
        if words is not None:
            found[name] = int(letter), words
    return found
