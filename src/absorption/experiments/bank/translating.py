"""Dictionaries that write what they do not read, judged by the letters and half-spaces of what they write."""

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from absorption.experiments.bank.fitting import Fit, encode_rows
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import judge_latents
from absorption.experiments.bank.labelled import gathered
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.translation import Translation
from absorption.experiments.controls import with_l0
from absorption.measures.active import ActiveLatents
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel, threads
from absorption.saes.stack import SAEStack

ROWS = 4096


def judged_translations(
    fits: Sequence[Fit], of: Translation, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """Dictionaries of one kind judged by letters, and beside half-spaces, in the space that they write.

    >>> import torch
    >>> from absorption.worlds.text import WordList
    >>> words = WordList((), torch.arange(0), torch.arange(0))
    >>> none = Translation(words, torch.zeros(0), torch.zeros(0, 2), torch.zeros(0, 2))
    >>> judged_translations([], none, 16, (0,))
    []

    Args:
        fits: How each is trained; one that is not in the bank is.
        of: What is read and written.
        l0: Each gets the threshold at which so many latents fire on an average word.
        splits: Seeds of the splits into training and held-out words.
    """

    def named(fit: Fit) -> str:
        return fit.at(of.table.fingerprint()).name

    def made(fit: Fit) -> SAEStack:
        with threads(1):
            return fit.to(of.table)[0]

    return judged_each([(named(fit), partial(made, fit)) for fit in fits], of, l0, splits)


def judged_each(
    saes: Sequence[tuple[str, Callable[[], SAEStack]]], of: Translation, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """Judge SAEs of one kind, one a pair of a name that no other has and how to get it, as many at once as there are cores.

    >>> import torch
    >>> from absorption.worlds.text import WordList
    >>> words = WordList((), torch.arange(0), torch.arange(0))
    >>> judged_each([], Translation(words, torch.zeros(0), torch.zeros(0, 2), torch.zeros(0, 2)), 16, (0,))
    []

    Args:
        saes: They are made one after the other first, then only read: what makes one has to keep it in the cache.
        of: What is read and written.
        l0, splits: As for `judged_translations`.
    """
    for _, made in saes:
        made()
    jobs = [(name, made, split) for name, made in saes for split in splits]
    found = in_parallel(lambda job: _kept(*job, of, l0), jobs)
    return [gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(
    name: str, made: Callable[[], SAEStack], split: int, of: Translation, l0: float
) -> dict[str, Tensor]:
    parameters = {"sae": name, "split": split, "l0": l0}
    return cached(
        "translated",
        lambda: judge_written(made(), of, l0, split),
        made_by=__name__,
        parameters=parameters,
        packages=("torch", "numpy"),
    )


def judge_written(stack: SAEStack, of: Translation, l0: float, split: int) -> dict[str, Tensor]:
    """`judge_latents` of a stack of one that reads `of.x` and writes `of.y`.

    >>> import torch
    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> from absorption.worlds.text import WordList
    >>> x = torch.randn(600, 8, generator=torch.Generator().manual_seed(0))
    >>> words = WordList(("word",) * 600, torch.arange(600), torch.arange(600) % 26)
    >>> same = Translation(words, torch.full((600,), 1 / 600), x, x)
    >>> stack = SAEStack(Recipe(BatchTopK(3)), 8, 24, seeds=[0]).requires_grad_(False)
    >>> round(float(judge_written(stack, same, l0=3.0, split=1)["l0"]))
    3
    """
    ready, by = with_l0(stack, Table(of.x), l0), of.yardstick(split)
    parts = [ActiveLatents.of(encode_rows(ready, 0, part)) for part in of.x.split(ROWS)]
    return judge_latents(ActiveLatents.joined(parts), ready.dictionary[0], ready.b_dec[0], by)
