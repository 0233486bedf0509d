"""SAEs of the bank that are trained further by what the next blocks make of their reconstruction."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.fitting import Schedule
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.translating import ROWS, judged_each
from absorption.experiments.bank.translation import Translation
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.runtime.cache import cached
from absorption.runtime.parallel import threads
from absorption.saes.fit.training import fit_batches
from absorption.saes.losses.errors import Error
from absorption.saes.stack import SAEStack
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.sublayers import Following


def judged_tuned(
    wanted: Sequence[Wanted], blocks: int, schedule: Schedule, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """As `judged_translations`, SAEs of one source that are trained further: by what `blocks` blocks make of them, as `tuned` takes them.

    >>> judged_tuned([], 2, Schedule(1024), 16, (0,))
    []
    """
    if not wanted:
        return []
    source = wanted[0].source
    assert isinstance(source, WordsIn)
    read = source.read()
    of = Translation(read.words, read.drawn, read.x, read.x)
    made = [
        (f"{each.fit.at(of.table.fingerprint()).name}, {blocks} blocks, {schedule}", partial(tuned, each, blocks, schedule))
        for each in wanted
    ]  # fmt: skip
    return judged_each(made, of, l0, splits)


def tuned(wanted: Wanted, blocks: int, schedule: Schedule) -> SAEStack:
    """An SAE of the bank, trained further by what the next `blocks` blocks make of its reconstruction (0: by its own error).

    The error is the squared distance of the residual streams after these blocks, in units of their mean length: an SAE that is
    trained end to end (Braun et al. 2024, arXiv:2405.12241), in the short form of a tuning at the end (Karvonen 2025,
    arXiv:2503.17272).

    >>> from absorption.experiments.bank.fitting import Fit
    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> sae = Wanted(WordsIn("nowhere", 1), "plain", Fit(Recipe(BatchTopK(2)), 8, 0, Schedule(64)))
    >>> tuned(sae, 2, Schedule(64))
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Args:
        wanted: An SAE on words, whose source's block comes `blocks` before the last one that is run.
        blocks: How many follow.
        schedule: Of the further training; its batches are drawn anew.
    """
    source = wanted.source
    assert isinstance(source, WordsIn)
    read = source.read()

    def compute() -> dict[str, Tensor]:
        with threads(1):
            stack = wanted.get()[0].requires_grad_(True)
            table, error = _by_what_follows(source, blocks) if blocks else (read.table, None)
            steps = schedule.samples // schedule.batch_size
            draws = torch.Generator().manual_seed(1_000_003 + wanted.fit.seed)
            batches = table.batches(schedule.batch_size, steps, draws)
            fit_batches(
                stack, batches, steps=steps, lr=schedule.lr, warmup=schedule.warmup, decay=schedule.decay,
                error=error, start_at_mean=False, quiet=True, description=f"{wanted.name}, {blocks} blocks on",
            )  # fmt: skip
        return {name: value.detach().contiguous() for name, value in stack.state_dict().items()}

    parameters = {
        "sae": wanted.fit.at(read.table.fingerprint()).name,
        "blocks": blocks,
        "schedule": repr(schedule),
    }
    state = cached("tuned", compute, made_by=__name__, parameters=parameters)
    stack = wanted.get()[0]
    stack.load_state_dict(state)
    return stack


def left_after(stack: SAEStack, source: WordsIn, blocks: int, l0: float) -> float:
    """What of the residual stream's variance after the next `blocks` blocks is lost if a stack of one's reconstruction goes on.

    The squared distance from the stream that follows the words' own activations, over that of their mean; every word counts
    once. 1 is no better than always the mean.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> left_after(SAEStack(Recipe(BatchTopK(2)), 4, 8, seeds=[0]), WordsIn("nowhere", 1), 2, 2.0)
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Args:
        stack: An SAE on the words of `source`.
        source: Its words, and after which block they are read.
        blocks: How many follow.
        l0: The stack gets the threshold at which so many latents fire on an average word.

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`.
    """
    read, (follow, after) = source.read(), _followed(source, blocks)
    ready = with_l0(stack, Table(read.x), l0)
    with torch.no_grad(), threads(2):
        lost = sum(
            float((follow(read.frame.undone(ready(x)[0]) + read.frame.mean) - wanted).double().square().sum())
            for x, wanted in zip(read.x.split(ROWS), after.split(ROWS), strict=True)
        )
    return lost / float((after - after.mean(0)).double().square().sum())


@lru_cache(maxsize=2)
def _followed(source: WordsIn, blocks: int) -> tuple[Following, Float[Tensor, "word d_model"]]:
    """The blocks, and what they make of the source's words."""
    follow = Following.of(open_model(source.model, source.layer + blocks), blocks)
    with torch.no_grad():
        return follow, torch.cat([follow(part) for part in source.read().raw.split(ROWS)])


def _by_what_follows(source: WordsIn, blocks: int) -> tuple[Table, Error]:
    """Words with what the blocks make of them as targets, of mean length one, and the squared distance from those."""
    read, (follow, after) = source.read(), _followed(source, blocks)
    frame = Normalisation.of(after, read.drawn)

    def error(reconstruction: Tensor, target: Tensor) -> Tensor:
        flat = reconstruction.reshape(-1, reconstruction.shape[-1])
        made = frame(follow(read.frame.undone(flat) + read.frame.mean)).view(reconstruction.shape)
        return (made - target).square().sum(-1)

    return replace(read.table, targets=frame(after)), error
