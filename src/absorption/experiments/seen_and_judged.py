"""SAEs trained on words read alone and SAEs trained on running text, each kind judged on both."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from torch import Tensor

from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit, Schedule, encode_rows
from absorption.experiments.bank.judging import LETTERS, MATCHED, ROWS, judge_latents
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick, yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.running_text import HeldOutText, WholeText, forget, held_out
from absorption.measures.active import ActiveLatents
from absorption.measures.reconstruction import fit_of
from absorption.runtime.cache import cached, cached_at
from absorption.runtime.parallel import threads
from absorption.runtime.progress import track
from absorption.saes.stack import SAEStack
from absorption.worlds.normalisation import Normalisation

Found = Mapping[tuple[str, str], Mapping[str, Float[ndarray, " seed"]]]
"""By what was seen and what is judged: measures of each seed."""
WORDS, TEXT = "words", "text"
"""What SAEs have seen. Of held-out text every token is also what they are judged on, by how well they rebuild it."""
ALONE, SAME, MET = "all words, alone", "words of the text, alone", "the same words in the text"
"""On what letters are judged: all words, as on the other pages; alone those that the held-out text has; and these where it has them first."""
BLOCK, SEEDS, MOST = 11, range(2000, 2003), 2_000_000
FEWEST = 10
"""Rows of a letter: a text of this length hardly has words with X, and a probe needs some to be fitted on."""
TOKENS = 32_768
"""Of the held-out text, on which reconstruction is measured."""
SHARES = ("f1", "silent", "full", "fraction")
AS_TRAINED = ("explained", "l0", "dead")


@dataclass(frozen=True, eq=False)
class Rows:
    """What SAEs are judged on: a split with its probes, the rows as the model has them, `raw [row d_model]`, and their normalisation."""

    by: Yardstick
    raw: Float[Tensor, "row d_model"]
    frame: Normalisation

    @classmethod
    def of(cls, raw: Float[Tensor, "row d_model"], letters: Int64[Tensor, " row"], split: int) -> "Rows":
        """A split of rows, all of which count alike; letters with fewer than `FEWEST` are left out.

        >>> raw = torch.randn(780, 4, generator=torch.Generator().manual_seed(0)) + 5
        >>> Rows.of(raw, torch.arange(780) % 26, split=0).by.x.mean().abs().item() < 1e-5
        True
        """
        often = letters.bincount()[letters] >= FEWEST
        raw, letters = raw[often], letters[often].unique(return_inverse=True)[1]
        frame = Normalisation.of(raw)
        return cls(Yardstick.of(frame(raw), letters, split, int(letters.max()) + 1), raw, frame)


@torch.no_grad()
def judged_on(stack: SAEStack, seen: Normalisation, rows: Rows, l0: float) -> dict[str, float]:
    """One SAE at the threshold at which `l0` latents fire on an average row: `bank.judging`'s measures, means over letters.

    The SAE reads the rows as it was trained to, whatever they are judged in: z, decoder and its bias are brought there, where its
    reconstructions are the same.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> raw = torch.randn(780, 4, generator=torch.Generator().manual_seed(0))
    >>> rows = Rows.of(raw, torch.arange(780) % 26, split=0)
    >>> found = judged_on(SAEStack(Recipe(BatchTopK(1)), 4, 12, seeds=[0]), rows.frame, rows, l0=2.0)
    >>> round(found["l0"]), "full_above" in found
    (2, True)

    Args:
        stack: Of one BatchTopK SAE.
        seen: How its training data were normalised, every dimension alike.
        rows: What it is judged on.
        l0: Active latents a row.

    Returns:
        `explained`, `l0`, `dead`, `letters` (how many are rated); each of `SHARES`, the same of matched half-spaces (`_null`), and by
        how much letters have more of it (`_above`); nan where no letter is rated or has a half-space.
    """
    x = seen(rows.raw)
    stack = with_l0(stack, Table(x), l0)
    z = ActiveLatents.joined([ActiveLatents.of(encode_rows(stack, 0, part)) for part in x.split(ROWS)])
    wider = rows.frame.scale / seen.scale
    b_dec = rows.frame((seen.undone(stack.b_dec[0]) + seen.mean)[None])[0]
    z = z.scaled(torch.full((z.width,), wider))
    return _means(judge_latents(z, stack.dictionary[0], b_dec, rows.by))


def _means(found: dict[str, Tensor]) -> dict[str, float]:
    means = {name: float(found[name]) for name in AS_TRAINED}
    means["letters"] = float(found[f"{LETTERS}.full"].isfinite().sum())
    for name in SHARES:
        own, null = found[f"{LETTERS}.{name}"], found[f"{MATCHED}.{name}"]
        of = {name: own, f"{name}_null": null, f"{name}_above": own - null}
        means |= {key: float(values.nanmean()) for key, values in of.items()}
    return means


@dataclass(frozen=True)
class OnBoth:
    """What is asked: plain SAEs on words and on text, one a seed, judged on both.

    `words`: which SAEs see and are judged on; `text`: what the others see, and what of it is held out; `splits`: how many.
    """

    words: WordsIn
    text: WholeText
    seeds: Sequence[int]
    d_sae: int
    k: float
    schedule: Schedule
    splits: int

    @classmethod
    def beside_the_bank(cls, model: str, d_sae: int, k: float, schedule: Schedule) -> "OnBoth":
        """SAEs of text for the first seeds of the bank, after its middle block of SmolLM2.

        As many places of the text are drawn as the schedule has activations, so that none is seen twice, but at most `MOST`.

        >>> of = OnBoth.beside_the_bank("SmolLM2-135M-Instruct", 1024, 16, Schedule(1_000_000))
        >>> of.text.layer, of.text.n_drawn, len(of.of_words)
        (11, 1000000, 3)
        """
        text = WholeText(model, BLOCK, min(schedule.samples, MOST))
        return cls(WordsIn(model, BLOCK), text, SEEDS, d_sae, k, schedule, splits=1)

    @property
    def of_words(self) -> list[Wanted]:
        """The SAEs that have seen words."""
        return one_a_seed(self.words, seeds=self.seeds, d_sae=self.d_sae, k=self.k, schedule=self.schedule)

    @property
    def fits(self) -> dict[str, list[Fit]]:
        """By what they see: the same, but that those of text are trained by the compiled kernels, which took a quarter of the time."""
        of_words = [sae.fit for sae in self.of_words]
        schedule = replace(self.schedule, compiled=True)
        return {WORDS: of_words, TEXT: [replace(fit, schedule=schedule) for fit in of_words]}

    def found(self) -> Found:
        """What each kind does on each, means over splits; from the cache where that was done before."""
        fits = self.fits
        jobs = {
            (seen, judged): [_Job(self, source, fit, judged) for fit in fits[seen]]
            for seen, source in ((WORDS, self.words), (TEXT, self.text))
            for judged in (ALONE, SAME, MET, TEXT)
        }
        if not all(job.at.exists() for each in jobs.values() for job in each):
            fill(self.of_words)
            for fit in fits[TEXT]:
                _trained(self.text, fit)
            forget()  # judging needs the memory, and no longer what was seen
        return {
            pair: {name: np.array([look[name] for look in looks]) for name in looks[0]}
            for pair, each in track(jobs.items(), "SAEs of words and of text", total=len(jobs))
            for looks in [[job.found() for job in each]]
        }


@dataclass(frozen=True, eq=False)
class _Job:
    of: OnBoth
    seen: WordsIn | WholeText
    fit: Fit
    judged: str

    @property
    def how(self) -> dict[str, Any]:
        of, fit = self.of, self.fit
        return {
            "made_by": __name__,
            "packages": ("torch", "numpy", "transformers"),
            "parameters": {
                "judged": self.judged,
                "seen": repr(self.seen),
                "sources": [repr(of.words), repr(of.text)],
                "fit": [repr(fit.recipe), fit.d_sae, fit.seed, repr(fit.schedule), fit.device],
                "asked": [of.k, of.splits],
            },
        }

    @property
    def at(self) -> Path:
        return cached_at("on-both", **self.how)

    def found(self) -> dict[str, float]:
        kept = cached("on-both", self.compute, **self.how)
        return {name: float(value) for name, value in kept.items()}

    def compute(self) -> dict[str, Tensor]:
        with threads(1):
            stack, frame = _trained(self.seen, self.fit)
            looks = list(self.looks(deepcopy(stack), frame))  # judging moves its threshold
        means = {name: np.nanmean([look[name] for look in looks]) for name in looks[0]}
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in means.items()}

    def looks(self, stack: SAEStack, seen: Normalisation) -> Iterator[dict[str, float]]:
        if self.judged == TEXT:
            yield as_trained(stack, seen(_held_out(self.of.text).raw[:TOKENS]))
            return
        for split in range(self.of.splits):
            yield judged_on(stack, seen, _rows(self.of.words, self.of.text, self.judged, split), self.of.k)


@lru_cache(maxsize=16)
def _trained(source: WordsIn | WholeText, fit: Fit) -> tuple[SAEStack, Normalisation]:
    """One SAE, from the cache where it was trained before, and how what it saw was normalised."""
    with threads(1):
        frame = source.read().frame if isinstance(source, WordsIn) else source.table.frame
        return fit.to(source.table, source.name)[0], frame


def as_trained(stack: SAEStack, x: Float[Tensor, "row d_in"]) -> dict[str, float]:
    """How one SAE rebuilds rows, with the threshold that training gave it: `explained`, `l0` and `dead`.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> sorted(as_trained(SAEStack(Recipe(BatchTopK(1)), 4, 12, seeds=[0]), torch.eye(4)))
    ['dead', 'explained', 'l0']
    """
    fit = fit_of(x, encode_rows(stack, 0, x), stack.dictionary[0].detach(), stack.b_dec[0].detach())
    return {"explained": fit.explained, "l0": fit.l0, "dead": fit.dead}


@lru_cache(maxsize=1)
def _held_out(text: WholeText) -> HeldOutText:
    return held_out(text)


@lru_cache(maxsize=8)
def _rows(words: WordsIn, text: WholeText, judged: str, split: int) -> Rows:
    """What letters are judged on."""
    read = words.read()
    if judged == ALONE:
        return Rows(yardstick(words, split), read.raw, read.frame)
    at, which = _held_out(text).words(read.words)
    raw = read.raw[which] if judged == SAME else _held_out(text).raw[at]
    return Rows.of(raw, read.words.letters[which], split)
