"""MP-SAEs on words, judged as the bank judges others: letters and half-spaces, with any number of steps."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import judge_latents
from absorption.experiments.bank.labelled import gathered
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.pursued import Pursued, choices, unrolled
from absorption.measures.active import ActiveLatents
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.saes.stack import SAEStack

ROWS = 4096


@torch.no_grad()
def encoded(
    stack: SAEStack, x: Float[Tensor, "row d_in"], k: int | None = None, short: float = 0.01
) -> ActiveLatents:
    """The first SAE's latents on any number of inputs, with another number of steps if asked.

    >>> from absorption.saes.recipe import MatchingPursuit, Recipe
    >>> stack = SAEStack(Recipe(MatchingPursuit(1), tied=True, encoder_bias=False), 4, 8, seeds=[0])
    >>> z = encoded(stack, torch.eye(4), k=2)
    >>> z.width, len(z.values) <= 8
    (8, True)
    """
    rows, parts = stack.W_dec[0], []
    for part in x.split(ROWS):
        centred = part - stack.b_dec[0]
        chosen, counts = choices(centred, rows, k or int(stack.k[0]), short)
        values, _ = unrolled(centred, rows, chosen, counts)
        parts.append(ActiveLatents.of(part.new_zeros(len(part), stack.d_sae).scatter_add(1, chosen, values)))
    return ActiveLatents.joined(parts)


def judged_pursuits(
    wanted: Sequence[Pursued], splits: Sequence[int], k: int | None = None
) -> list[Judgement]:
    """`bank.judgement.judged` of MP-SAEs, with k steps or as many as in training; from the cache where done before.

    >>> judged_pursuits([], splits=(0, 1))
    []
    """
    for each in wanted:
        each.get()  # one after the other
    jobs = [(each, split) for each in wanted for split in splits]
    found = in_parallel(lambda job: _kept(*job, k), jobs)
    return [gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(wanted: Pursued, split: int, k: int | None) -> dict[str, Tensor]:
    by = yardstick(wanted.source, split)

    def compute() -> dict[str, Tensor]:
        stack = wanted.get()
        return judge_latents(encoded(stack, by.x, k), stack.dictionary[0], stack.b_dec[0], by)

    parameters = wanted.parameters() | {"split": split, "k": k}
    return cached(
        "pursuits judged", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy")
    )
