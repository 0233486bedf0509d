"""What the controls of a page say of one SAE: over the labels that its words can be judged by."""

from collections.abc import Iterable

import numpy as np
import torch

from absorption.experiments.bank.controlled import oracle_and_planted
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0


def worst_oracle_and_planted(
    wanted: Wanted, by: Yardstick, l0: float, share: float, seed: int, each: int = 8
) -> tuple[float, float]:
    """Full absorption with the probes' own directions, of the label that has most; and the mean once it was planted there.

    `bank.controlled.oracle_and_planted` of the SAE at this L0, over labels that are rated.

    >>> from absorption.experiments.bank import Schedule
    >>> from absorption.experiments.bank.silence import a_small_sae
    >>> from absorption.experiments.one_a_seed import one_a_seed
    >>> from absorption.experiments.bank.wanted import WordsIn
    >>> from unittest.mock import patch
    >>> by, stack = a_small_sae()
    >>> (sae,) = one_a_seed(WordsIn("nowhere", 1), seeds=[0], d_sae=12, k=2, schedule=Schedule(1024), recipe=stack.recipe)
    >>> with patch.object(Wanted, "get", lambda self: (stack, None)):  # no model
    ...     oracle, planted = worst_oracle_and_planted(sae, by, l0=2.0, share=0.3, seed=0)
    >>> oracle, planted > 0.1
    (0.0, True)

    Args:
        wanted: An SAE of the bank.
        by: The words, their labels and their split.
        l0: The SAE gets the threshold at which so many latents fire on an average word.
        share: Of the words on which a label's latent fires; so many are taken over.
        seed: Draws them.
        each: Latents a label that take words over, fewer where the SAE has not as many.

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`, or an SAE with fewer than two latents a label.
    """
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    generator = torch.Generator().manual_seed(seed)
    takers = min(each, wanted.fit.d_sae // by.n_letters - 1)
    none, some = (each_of[by.rated] for each_of in oracle_and_planted(stack, by, share, takers, generator))
    return float(none.max()), float(some.mean())


def mean_probe_f1(scales: Iterable[Yardstick]) -> float:
    """Of the probes on held-out words: the mean over labels that are rated, then over the yardsticks.

    >>> from absorption.experiments.bank.silence import a_small_sae
    >>> mean_probe_f1([a_small_sae()[0]]) > 0.9
    True
    """
    return float(np.mean([float(by.probe_f1[: by.n_letters][by.rated].mean()) for by in scales]))
