"""One letter of one SAE to look at: its words, and what stands for the letter on each."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.splitting import K_MAX, sort_words, sortable
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents

LATENTS = 3
"""Main latents that are shown by themselves."""
GROUPS = (
    "the best main latent alone",
    "the second alone",
    "the third alone",
    "several, or others",
    "absorbed",
    "silent",
)
LEAST = 8
"""Words that two first letters must have in common to be shown."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Words of one letter, each in one of `GROUPS`: `words`, `group [word]`, `p [word]` (how often each is met)."""

    words: tuple[str, ...]
    group: Int64[Tensor, " word"]
    p: Float[Tensor, " word"]

    def commonest(self, n: int = 8) -> dict[str, str]:
        """Of every group how many words it has, and its most frequent ones.

        >>> shown = Shown(("so", "see"), torch.tensor([0, 4]), torch.tensor([0.9, 0.1]))
        >>> shown.commonest()
        {'the best main latent alone (1)': 'so', 'absorbed (1)': 'see'}
        """
        found = {}
        for number, name in enumerate(GROUPS):
            rows = (self.group == number).nonzero()[:, 0]
            first = rows[self.p[rows].argsort(descending=True)][:n].tolist()
            if first:
                found[f"{name} ({len(rows)})"] = ", ".join(self.words[i] for i in first)
        return found

    def by_start(self) -> tuple[list[str], dict[str, Float[np.ndarray, " start"]]]:
        """The two first letters that `LEAST` words or more have, and which share of their words each group has.

        >>> shown = Shown(("so",) * 8, torch.zeros(8, dtype=torch.int64), torch.ones(8))
        >>> shown.by_start()[0], shown.by_start()[1]["absorbed"].tolist()
        (['so-'], [0.0])
        """
        starts = np.array([word[:2].lower() for word in self.words])
        names = [start for start in sorted(set(starts)) if (starts == start).sum() >= LEAST]
        group = self.group.numpy()
        shares = {
            name: np.array([(group[starts == start] == number).mean() for start in names])
            for number, name in enumerate(GROUPS)
        }
        return [f"{start}-" for start in names], shares


def shown(wanted: Wanted, l0: float, split: int, letter: int) -> Shown | None:
    """The letter's words that the probe finds, in one SAE at this L0; None where the letter's probe is not good enough.

    >>> LATENTS < len(GROUPS)
    True

    Args:
        wanted: An SAE on words. l0: At which it is judged. split: Seed of the split. letter: Its number.
    """
    assert isinstance(wanted.source, WordsIn)
    by, read = sortable(wanted.source, split), wanted.source.read()
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    z, train = ActiveLatents.of(encode_rows(stack, 0, by.x)), by.split.train
    main = main_latents(z.rows(train), by.labels[train], by.labels.shape[1], k_max=min(K_MAX, z.width))
    found = sort_words(by, z, stack.dictionary[0].detach(), stack.b_dec[0].detach(), main)
    if letter not in found:
        return None
    rows, sorting = found[letter]
    fires = sorting.fires
    group = torch.where(fires.sum(1) == 1, fires.int().argmax(1).clamp(max=LATENTS), LATENTS)
    group = torch.where(sorting.silent, torch.where(sorting.absorbed, 4, 5), group)
    return Shown(tuple(read.words.words[i] for i in rows.tolist()), group, read.p[rows])
