"""One SAE judged by first letters on several splits of the words, at one L0: scores, latents, and how well it rebuilds the words."""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.bank import Table, encode_rows
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import oracle, planted, untrained, with_l0
from absorption.measures.letters import Words, examine
from absorption.measures.reconstruction import fit_of
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

MEASURES = ("full", "fraction", "silent", "f1")
"""Of `letters.examine`, means over letters."""
DIGITS = {"full": 3, "fraction": 3, "l0": 1}
"""After the point, in a table; other measures have two."""
Kind = TypeVar("Kind", bound=Hashable)
LEAST_F1 = 0.6
"""Of a letter's probe; letters with a poorer one are left out."""


def enough(words: Words, least: int) -> Bool[Tensor, " letter"]:
    """Letters with so many judged words and a probe whose F1 is above 0.6.

    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])
    >>> enough(words, 1).tolist(), enough(words, 2).tolist()
    ([True, True], [False, False])
    """
    return words.enough(least) & (words.probe_f1 > LEAST_F1)


def about(splits: Sequence[Words], least: int) -> dict[str, float]:
    """What is judged: `n_words` and `d_model`; means over splits of the letters with enough words, of all judged words, and of the letters' `probe_f1`.

    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> about([Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])], least=1)
    {'n_words': 4, 'd_model': 2, 'n_letters': 2.0, 'n_judged': 2.0, 'probe_f1': 1.0}
    """
    rated = [enough(words, least) for words in splits]
    n_words, d_model = splits[0].x.shape
    return {
        "n_words": n_words,
        "d_model": d_model,
        "n_letters": float(np.mean([int(each.sum()) for each in rated])),
        "n_judged": float(np.mean([len(words.judged) for words in splits])),
        "probe_f1": float(
            np.mean([float(words.probe_f1[each].mean()) for words, each in zip(splits, rated, strict=True)])
        ),
    }


def judged(
    words: Words,
    z: Float[Tensor, "word d_sae"],
    dictionary: Float[Tensor, "d_sae d_model"],
    b_dec: Float[Tensor, " d_model"],
    least: int,
) -> dict[str, Any]:
    """One SAE on one split: `MEASURES`, `main` latents a letter, and `explained` (of held-out words), `l0` (of judged ones) and `dead`.

    >>> letters, rows = torch.tensor([0, 0, 1, 1]), torch.eye(12, 2)
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=rows[letters])
    >>> found = judged(words, torch.eye(12)[letters], rows, torch.zeros(2), least=1)
    >>> [round(float(found[name]), 2) for name in ("full", "f1", "l0", "dead")]
    [0.0, 1.0, 1.0, 0.83]
    """
    found, rows, held = examine(words, z, dictionary), words.judged, words.split.held_out
    fit = fit_of(words.x[held], z[held], dictionary, b_dec)
    l0, dead = (z[rows] > 0).sum(1).float().mean(), (z == 0).all(0).float().mean()
    rated = enough(words, least)
    letters = {name: getattr(found, name)[rated].mean() for name in MEASURES}
    main = 1 + found.splits[rated].mean()
    return letters | {"main": main, "explained": fit.explained, "l0": l0, "dead": dead}


@torch.no_grad()
def looked_at(stack: SAEStack, k: float, splits: Sequence[Words], least: int) -> dict[str, float]:
    """One SAE with the threshold at which k latents fire on an average word, all words counting alike: means over splits.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> letters = torch.arange(2).repeat_interleave(20)
    >>> x = torch.eye(2)[letters] + 0.1 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    >>> words = Words.of([f"w{i}" for i in range(40)], letters, torch.ones(40), x)
    >>> found = looked_at(SAEStack(Recipe(BatchTopK(1)), 2, 16, seeds=[0]), 1.0, [words], least=1)
    >>> 0.5 < found["l0"] < 1.5, sorted(found)
    (True, ['dead', 'explained', 'f1', 'fraction', 'full', 'l0', 'main', 'silent'])

    Args:
        stack: Of one BatchTopK SAE; its threshold is set.
        k: The L0.
        splits: Of the same words.
        least: Judged words that a letter needs.

    Raises:
        ValueError: as `controls.with_l0`.
    """
    x = splits[0].x
    z = encode_rows(with_l0(stack, Table(x), k), 0, x)
    found = [judged(words, z, stack.dictionary[0], stack.b_dec[0], least) for words in splits]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


@lru_cache(maxsize=4)
def splits_of(source: WordsIn, n: int) -> tuple[Words, ...]:
    """The first n splits of a source's words, made once in a process.

    >>> from types import SimpleNamespace
    >>> from unittest.mock import patch
    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=torch.eye(2)[letters])
    >>> with patch.object(WordsIn, "read", lambda source: SimpleNamespace(task=lambda seed: words)):  # no model
    ...     len(splits_of(WordsIn("SmolLM2-135M-Instruct", 4), 2))
    2
    """
    return tuple(in_parallel(source.read().task, range(n)))


def looked(wanted: Wanted, k: float, splits: int, least: int) -> dict[str, float]:
    """An SAE on words, looked at on the first splits of them, from the cache if that was done before.

    >>> from types import SimpleNamespace
    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> wanted = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(Recipe(), 64, 0, Schedule(1024)))
    >>> read = SimpleNamespace(table=Table(torch.eye(2)))
    >>> with (
    ...     patch.object(WordsIn, "read", lambda source: read),
    ...     patch(f"{__name__}.cached", return_value={"full": torch.tensor(0.25)}),
    ... ):  # no model, and nothing is computed
    ...     looked(wanted, 4, splits=2, least=20)
    {'full': 0.25}

    Args:
        wanted: The SAE; trained if it is not in the bank.
        k, least: As for `looked_at`.
        splits: How many, by their seeds from 0.
    """

    def compute() -> dict[str, Tensor]:
        assert isinstance(wanted.source, WordsIn)
        found = looked_at(wanted.get()[0], k, splits_of(wanted.source, splits), least)
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in found.items()}

    sae = wanted.fit.at(wanted.source.table.fingerprint()).name
    parameters = {"sae": sae, "k": k, "splits": splits, "least": least}
    found = cached("looked", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))
    return {name: float(value) for name, value in found.items()}


def before(
    recipe: Recipe, d_sae: int, seed: int, k: float, splits: Sequence[Words], least: int
) -> dict[str, float]:
    """The same of an SAE before training.

    >>> from absorption.saes.recipe import BatchTopK
    >>> letters = torch.arange(2).repeat_interleave(20)
    >>> x = torch.eye(2)[letters] + 0.1 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    >>> words = Words.of([f"w{i}" for i in range(40)], letters, torch.ones(40), x)
    >>> 0.5 < before(Recipe(BatchTopK(1)), 16, 0, 1.0, [words], least=1)["l0"] < 1.5
    True

    Args:
        recipe, d_sae, seed: Of the SAE; the recipe is a BatchTopK one.
        k, splits, least: As for `looked_at`.
    """
    return looked_at(untrained(Table(splits[0].x), recipe, d_sae, seed), k, splits, least)


@torch.no_grad()
def controls(
    stack: SAEStack, k: float, words: Words, least: int, seed: int, share: float = 0.2, by: int = 8
) -> tuple[float, float]:
    """Full absorption of the oracle (the worst letter), and of absorption planted in it.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> letters = torch.arange(2).repeat_interleave(50)
    >>> x = torch.eye(2)[letters] + 0.1 * torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    >>> words = Words.of([f"w{i}" for i in range(100)], letters, torch.ones(100), x)
    >>> stack = SAEStack(Recipe(BatchTopK(1)), 2, 40, seeds=[0])
    >>> none, some = controls(stack, 1.0, words, least=1, seed=0)
    >>> none, some > 0
    (0.0, True)

    Args:
        stack, k, least: As for `looked_at`.
        words: One split.
        seed: Decides which words, and which latents take them over.
        share: Of each letter's words that are taken over.
        by: Latents a letter that take them over.
    """
    stack = with_l0(stack, Table(words.x), k)
    z, dictionary = encode_rows(stack, 0, words.x), stack.dictionary[0]
    finds = words.probe.scores(words.x) > words.cuts
    z, dictionary = oracle(z, dictionary, words.x, words.probe.weight, finds)
    none = examine(words, z, dictionary).full[enough(words, least)].max()
    generator = torch.Generator().manual_seed(seed)
    z, dictionary = planted(z, dictionary, words.letters, share, by, generator)
    return float(none), float(examine(words, z, dictionary).full[enough(words, least)].mean())


def by_kind(
    kinds: Sequence[Kind], looks: Sequence[Mapping[str, float]]
) -> dict[Kind, dict[str, Float[ndarray, " sae"]]]:
    """Measures gathered by the kind of each SAE, in their order.

    >>> found = by_kind(["plain", "nested", "plain"], [{"full": 0.1}, {"full": 0.0}, {"full": 0.3}])
    >>> found["plain"]["full"].tolist()
    [0.1, 0.3]

    Args:
        kinds: Of each SAE, anything that can be looked up.
        looks: What was measured of each.
    """
    own: dict[Kind, list[Mapping[str, float]]] = {}
    for kind, look in zip(kinds, looks, strict=True):
        own.setdefault(kind, []).append(look)
    return {
        kind: {name: np.array([look[name] for look in each]) for name in each[0]}
        for kind, each in own.items()
    }


def shown(looks: Mapping[str, Float[ndarray, " sae"]], columns: Mapping[str, str]) -> dict[str, str]:
    """A row of a table: the mean over SAEs of the measure in each column, by the column's title.

    >>> shown({"full": np.array([0.1, 0.3]), "f1": np.array([0.5, 0.5])}, {"F1": "f1", "in full": "full"})
    {'F1': '0.50', 'in full': '0.200'}
    """
    return {title: f"{looks[name].mean():.{DIGITS.get(name, 2)}f}" for title, name in columns.items()}
