"""One SAE judged by first letters on several splits of the words, at one L0: scores, latents, and how well it rebuilds the words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.bank import Table, encode_rows
from absorption.experiments.controls import oracle, planted, with_l0
from absorption.measures.letters import Words, examine
from absorption.measures.reconstruction import fit_of
from absorption.saes.stack import SAEStack

MEASURES = ("full", "fraction", "silent", "f1", "splits")
"""Of `letters.examine`, means over letters."""
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


def judged(
    words: Words,
    z: Float[Tensor, "word d_sae"],
    dictionary: Float[Tensor, "d_sae d_model"],
    b_dec: Float[Tensor, " d_model"],
    least: int,
) -> dict[str, Any]:
    """One SAE on one split: `MEASURES`, and `explained` (of held-out words), `l0` (of judged ones) and `dead`.

    >>> letters, rows = torch.tensor([0, 0, 1, 1]), torch.eye(12, 2)
    >>> words = Words.of(["ape", "ant", "bee", "bat"], letters, torch.ones(4), x=rows[letters])
    >>> found = judged(words, torch.eye(12)[letters], rows, torch.zeros(2), least=1)
    >>> [round(float(found[name]), 2) for name in ("full", "f1", "l0", "dead")]
    [0.0, 1.0, 1.0, 0.83]
    """
    found, rows, held = examine(words, z, dictionary), words.judged, words.split.held_out
    fit = fit_of(words.x[held], z[held], dictionary, b_dec)
    l0, dead = (z[rows] > 0).sum(1).float().mean(), (z == 0).all(0).float().mean()
    letters = {name: getattr(found, name)[enough(words, least)].mean() for name in MEASURES}
    return letters | {"explained": fit.explained, "l0": l0, "dead": dead}


@torch.no_grad()
def looked_at(stack: SAEStack, k: float, splits: Sequence[Words], least: int) -> dict[str, float]:
    """One SAE with the threshold at which k latents fire on an average word, all words counting alike: means over splits.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> letters = torch.arange(2).repeat_interleave(20)
    >>> x = torch.eye(2)[letters] + 0.1 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    >>> words = Words.of([f"w{i}" for i in range(40)], letters, torch.ones(40), x)
    >>> found = looked_at(SAEStack(Recipe(BatchTopK(1)), 2, 16, seeds=[0]), 1.0, [words], least=1)
    >>> 0.5 < found["l0"] < 1.5, sorted(found)
    (True, ['dead', 'explained', 'f1', 'fraction', 'full', 'l0', 'silent', 'splits'])

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


def gathered(looks: Sequence[Mapping[str, float]]) -> dict[str, Float[ndarray, " sae"]]:
    """Measures of one kind of SAE.

    >>> gathered([{"full": 0.1}, {"full": 0.3}])["full"].tolist()
    [0.1, 0.3]
    """
    return {name: np.array([look[name] for look in looks]) for name in looks[0]}
