"""What a measure of absorption must find nothing in, and what it must find: SAEs made from one of the bank."""

import torch

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.judging import LETTERS, judge_latents
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import oracle, planted, with_l0
from absorption.measures.active import ActiveLatents
from absorption.measures.classification import best_cuts


def oracle_and_planted(
    wanted: Wanted, l0: float, split: int, share: float = 0.2, each: int = 8
) -> tuple[float, float]:
    """Full absorption in two SAEs made from this one: the worst letter's where none can be, the mean where it was put in.

    The first holds the probes' own directions as its first latents (`controls.oracle`). In the second a `share` of every
    letter's words is taken over by `each` further latents a letter (`controls.planted`).

    >>> oracle_and_planted.__defaults__  # of five words of a letter one, by eight latents
    (0.2, 8)

    Args:
        wanted: An SAE on words, trained if it is not in the bank.
        l0: At which it is judged. split: Seed of the split of the words, and of what is planted.
    """
    by, n = yardstick(wanted.source, split), yardstick(wanted.source, split).n_letters
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    letters, probe = by.labels[:, :n], by.probed.first(n).probe
    scores = probe.scores(by.x)
    finds = scores > best_cuts(scores[by.split.train], letters[by.split.train])
    z, dictionary = oracle(encode_rows(stack, 0, by.x), stack.dictionary[0], by.x, probe.weight, finds)
    none = judge_latents(ActiveLatents.of(z), dictionary, stack.b_dec[0], by, nulls=False)
    generator = torch.Generator().manual_seed(split)
    z, dictionary = planted(z, dictionary, letters.int().argmax(1), share, each, generator)
    some = judge_latents(ActiveLatents.of(z), dictionary, stack.b_dec[0], by, nulls=False)
    full = f"{LETTERS}.full"
    return float(none[full][by.rated].max()), float(some[full].nanmean())
