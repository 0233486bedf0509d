"""Words with labels of any kind, several a word, and SAEs of the bank judged by them as `bank.judgement` does by letters."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.judgement import AT_ONCE, Judgement
from absorption.experiments.bank.judging import LETTERS, judge_stack
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.measure.one_split import split_of
from absorption.measures.halfspaces import free_directions, furthest
from absorption.measures.judged import Probed
from absorption.measures.logistic import fit_each
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.runtime.progress import track


@dataclass(frozen=True, eq=False)
class Labelled:
    """Some of a source's words, each with the labels that hold for it.

    `rows [word]`: which of the words read; `holds [word label]`.
    """

    source: WordsIn
    rows: Int64[Tensor, " word"]
    holds: Bool[Tensor, "word label"]

    def fingerprint(self) -> str:
        """A hash of rows and labels, for the cache.

        >>> import torch
        >>> words = WordsIn("SmolLM2-135M-Instruct", 4)
        >>> len(Labelled(words, torch.arange(2), torch.tensor([[True], [False]])).fingerprint())
        64
        """
        digest = hashlib.sha256(str(tuple(self.holds.shape)).encode())
        for tensor in (self.rows, self.holds):
            digest.update(tensor.contiguous().numpy().tobytes())
        return digest.hexdigest()

    def yardstick(self, seed: int) -> Yardstick:
        """What SAEs are judged by on one split of these words, made once in a process.

        Raises:
            FileNotFoundError, ValueError: as `WordsIn.read`.
        """
        return _yardstick(self, seed)


def yardstick_by(x: Float[Tensor, "word d_in"], holds: Bool[Tensor, "word label"], seed: int) -> Yardstick:
    """As `Yardstick.of`, by any labels: where these are letters, one a word, it is the same to the last bit.

    >>> import torch
    >>> x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    >>> found = yardstick_by(x, x[:, :2] > 0.5, seed=0)
    >>> found.n_letters, found.labels.shape
    (2, torch.Size([600, 4]))

    Args:
        x: Activations, normalised.
        holds: Labels, any number a word; a fifth of each one's words is held out, as `split_of` says.
        seed: Of the split, and of the free directions.
    """
    split, n = split_of(holds, seed), holds.shape[1]
    free = free_directions(x, n, torch.Generator().manual_seed(1_000_003 + seed))
    labels = torch.cat([holds, furthest(x @ free.T, holds.sum(0))], 1)
    return Yardstick(x, labels, split, Probed.of(x, labels, split, fit_each), seed)


@lru_cache(maxsize=64)
def _yardstick(by: Labelled, seed: int) -> Yardstick:
    return yardstick_by(by.source.read().x[by.rows], by.holds, seed)


def judged_by(
    by: Labelled, wanted: Sequence[Wanted], l0: float | None, splits: Sequence[int], nulls: bool = True
) -> list[Judgement]:
    """Judge SAEs of one source on labelled words, as many at once as there are cores, from the cache where that was done before.

    What `judged` calls letters are the labels here, in the order of their columns.

    >>> import torch
    >>> words = Labelled(WordsIn("SmolLM2-135M-Instruct", 4), torch.arange(0), torch.zeros(0, 2) > 0)
    >>> judged_by(words, [], l0=16, splits=(0, 1))
    []

    Args:
        by: The words and their labels.
        wanted: SAEs on words of the same source; `fill` trains several at once.
        l0: Each gets the threshold at which so many latents fire on an average one of these words; None leaves it as it was trained.
        splits: Seeds of the splits into training and held-out words.
        nulls: Also half-spaces, a free and a matched one a label and split.

    Raises:
        ValueError: an SAE of another source, or an L0 that cannot be reached, by `with_l0`.
    """
    for each in wanted:
        if each.source != by.source:
            raise ValueError(f"the labels are of {by.source.name}; the SAE is of {each.source.name}.")
    if not wanted:
        return []
    by.source.read()  # by one thread: what it imports cannot be imported by two at once
    in_parallel(by.yardstick, splits)
    jobs = [(each, seed) for each in wanted for seed in splits]
    labels, found = by.fingerprint(), []
    for at in track(range(0, len(jobs), AT_ONCE), f"SAEs judged, {by.source.name}"):
        found += in_parallel(lambda job: _kept(by, labels, *job, l0, nulls), jobs[at : at + AT_ONCE])
    return [gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(
    by: Labelled, labels: str, wanted: Wanted, split: int, l0: float | None, nulls: bool
) -> dict[str, Tensor]:
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name

    def compute() -> dict[str, Tensor]:
        yardstick, stack = by.yardstick(split), wanted.get()[0]
        return judge_stack(stack if l0 is None else with_l0(stack, Table(yardstick.x), l0), yardstick, nulls)

    parameters = {"sae": sae, "labels": labels, "split": split, "l0": l0, "nulls": nulls}
    return cached("judged-by", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))


def gathered(splits: Sequence[dict[str, Tensor]]) -> Judgement:
    """What `judge_stack` found on several splits, as one.

    >>> import torch
    >>> learned = {name: torch.tensor(0.5) for name in ("explained", "l0", "dead")}
    >>> gathered([{"letters.full": torch.tensor([0.2, 0.4])} | learned] * 2).mean("full").__round__(3)
    0.3
    """
    by: dict[str, dict[str, Float[np.ndarray, "split label"]]] = {}
    for name in splits[0]:
        if "." in name:
            kind, measure = name.split(".")
            by.setdefault(kind, {})[measure] = np.stack([split[name].numpy() for split in splits])
    return Judgement(
        by, *(float(np.mean([split[name] for split in splits])) for name in ("explained", "l0", "dead"))
    )


def only(judgement: Judgement, labels: Sequence[int]) -> Judgement:
    """The same SAE, of these labels alone.

    >>> rates = {"letters": {"full": np.array([[0.2, 0.4, 0.9]])}}
    >>> round(only(Judgement(rates, explained=0.7, l0=16.0, dead=0.0), [0, 1]).mean("full"), 3)
    0.3
    """
    by = {kind: {name: rates[:, labels] for name, rates in of.items()} for kind, of in judgement.by.items()}
    return Judgement(by, judgement.explained, judgement.l0, judgement.dead)


def known_to(judgement: Judgement, least: Float[np.ndarray, " label"]) -> Judgement:
    """The same SAE, not available where the best latent's F1 on a split's held-out words is below a label's `least`.

    >>> rates = {"letters": {"full": np.array([[0.2, 0.4]]), "f1": np.array([[0.3, 0.8]])}}
    >>> known_to(Judgement(rates, explained=0.7, l0=16.0, dead=0.0), np.array([0.4, 0.4])).mean("full")
    0.4
    """
    enough = judgement.by[LETTERS]["f1"] >= least
    by = {
        kind: {name: np.where(enough, rates, np.nan) for name, rates in of.items()}
        for kind, of in judgement.by.items()
    }
    return Judgement(by, judgement.explained, judgement.l0, judgement.dead)
