"""MP-SAEs on words, judged as the bank judges others: letters and half-spaces, with any number of steps."""

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import RATES, judge_latents
from absorption.experiments.bank.labelled import gathered
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.beside_null import beside_null, learned
from absorption.experiments.pursued import SHORT, Pursued
from absorption.experiments.pursuit_steps import activations
from absorption.measures.active import ActiveLatents
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.saes.stack import SAEStack

ROWS = 4096


@torch.no_grad()
def encoded(
    stack: SAEStack, x: Float[Tensor, "row d_in"], k: int | None = None, short: float = SHORT
) -> ActiveLatents:
    """The first SAE's latents on any number of inputs, with another number of steps if asked.

    >>> from absorption.saes.recipe import MatchingPursuit, Recipe
    >>> stack = SAEStack(Recipe(MatchingPursuit(1), tied=True, encoder_bias=False), 4, 8, seeds=[0])
    >>> z = encoded(stack, torch.eye(4), k=2)
    >>> z.width, len(z.values) <= 8
    (8, True)
    """
    most = stack.k[:1] if k is None else torch.tensor([float(k)])
    parts = [
        activations((part - stack.b_dec[0])[None], stack.W_dec[:1], most, short)[0] for part in x.split(ROWS)
    ]
    return ActiveLatents.joined([ActiveLatents.of(part) for part in parts])


@lru_cache(maxsize=32)
def on_words(wanted: Pursued, k: int | None = None) -> ActiveLatents:
    """`encoded` of all its source's words, kept in memory.

    >>> on_words.cache_info().maxsize
    32
    """
    return encoded(wanted.get(), wanted.source.read().x, k)


def judged_pursuits(
    wanted: Sequence[Pursued], splits: Sequence[int], k: int | None = None, nulls: bool = True
) -> list[Judgement]:
    """`bank.judgement.judged` of MP-SAEs, with k steps or as many as in training, and half-spaces where nulls are wanted.

    >>> judged_pursuits([], splits=(0, 1))
    []
    """
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
        in_parallel(partial(yardstick, source), splits)
    for each in wanted:
        each.get()  # one after the other
    jobs = [
        (each, split) for split in splits for each in wanted
    ]  # so that no two encode the same words at once
    found = in_parallel(lambda job: _kept(*job, k, nulls), jobs)
    return [gathered(found[at :: len(wanted)]) for at in range(len(wanted))]


def _kept(wanted: Pursued, split: int, k: int | None, nulls: bool) -> dict[str, Tensor]:
    by = yardstick(wanted.source, split)

    def compute() -> dict[str, Tensor]:
        stack = wanted.get()
        return judge_latents(on_words(wanted, k), stack.dictionary[0], stack.b_dec[0], by, nulls)

    parameters = wanted.parameters() | {"split": split, "k": k, "nulls": nulls}
    return cached(
        "pursuits judged", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy")
    )


def beside_half_spaces(saes: Sequence[Judgement], digits: int = 3) -> dict[str, str]:
    """A row of a table, means over SAEs: what they explain, and their rates of letters with those of matched half-spaces in brackets.

    >>> rates = {kind: {name: np.array([[0.25]]) for name in ("f1", *RATES)} for kind in ("letters", "matched")}
    >>> beside_half_spaces([Judgement(rates, explained=0.7, l0=16.0, dead=0.0)])["full"]
    '0.250 (0.250)'
    """
    row = learned(saes, {"explained": "explained", "L0": "l0", "dead": "dead"})
    return row | beside_null(saes, {name: name for name in ("f1", *RATES)}, digits)


def compared(
    plain: Sequence[Judgement], pursuit: Sequence[Judgement]
) -> dict[str, Float[np.ndarray, " seed"]]:
    """SAEs of the same seeds, seed by seed: how much less often letters are absorbed in full by pursuit, as they are (`raw_saved`) and
    beyond matched half-spaces (`beyond_saved`); what pursuit gains in the best latents' F1 and in explained variance; how far L0s
    are apart, as a share.

    >>> sorted(compared([], []))
    ['beyond_saved', 'explained_gained', 'f1_gained', 'l0_off', 'raw_saved']
    """
    both = list(zip(plain, pursuit, strict=True))
    found = {
        "raw_saved": [a.mean("full") - b.mean("full") for a, b in both],
        "beyond_saved": [a.above("full") - b.above("full") for a, b in both],
        "f1_gained": [b.mean("f1") - a.mean("f1") for a, b in both],
        "explained_gained": [b.explained - a.explained for a, b in both],
        "l0_off": [abs(a.l0 / b.l0 - 1) for a, b in both],
    }
    return {name: np.array(values, dtype=float) for name, values in found.items()}
