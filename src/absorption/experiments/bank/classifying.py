"""SAEs of the bank as classifiers: for every letter its best latent, and several together, beside a linear probe."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.measures.classification import (
    Quality,
    best_cuts,
    best_latents,
    best_thresholds,
    classify_pairs,
    one_hot,
)
from absorption.measures.letters import Words
from absorption.measures.reconstruction import fit_of
from absorption.measures.sparse_probes import fit_sparse_probes, rank_latents
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.saes.recipe import BatchTopK
from absorption.saes.stack import SAEStack

LEAST_WORDS = 20
"""A letter with fewer held-out words is left out, whatever probe or latents make of it."""
LEARNED = ("explained", "l0", "dead")


@dataclass(frozen=True)
class Classified:
    """One SAE: `by[measure] [split letter]`, nan where a letter has too few words; explained variance and L0 on held-out words,
    the share of latents that fire on no word.

    >>> found = Classified({"f1": np.array([[0.4, 0.6]]), "probe_f1": np.array([[0.8, 1.0]])}, 0.7, 16.0, 0.0)
    >>> found.mean("f1"), round(found.gap("f1"), 3)
    (0.5, 0.4)
    """

    by: dict[str, Float[np.ndarray, "split letter"]]
    explained: float
    l0: float
    dead: float

    def mean(self, measure: str) -> float:
        """Over letters and splits."""
        return float(np.nanmean(self.by[measure]))

    def median(self, measure: str) -> float:
        """Over letters; the mean over splits."""
        return float(np.nanmedian(self.by[measure], axis=1).mean())

    def gap(self, measure: str) -> float:
        """By how much the probe's F1 is higher than this one."""
        return float(np.nanmean(self.by["probe_f1"] - self.by[measure]))


@lru_cache(maxsize=16)
def _words(source: WordsIn, split: int) -> Words:
    return source.read().task(split)


@torch.no_grad()
def classify_letters(stack: SAEStack, words: Words, ks: Sequence[int]) -> dict[str, Tensor]:
    """The first SAE of the stack, as it is. All choices are made on training words, and all numbers are of held-out ones.

    By letter: `probe_f1`; of the best latent `latent` (its number), `f1`, `precision`, `recall`, `lift` (precision over the letter's share of the words),
    `missed` (the share of the words that the probe finds) and `cosine` with the probe; `rebuilt_f1` of the same probe on the SAE's
    reconstructions; `f1_k` of k latents together, those that an L1 probe ranks first (`measures.sparse_probes`).

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> letters = torch.arange(400) % 2
    >>> words = Words.of([""] * 400, letters, torch.ones(400), torch.eye(4)[letters])
    >>> stack = SAEStack(Recipe(ReLU(), encoder_bias=False, tied=True), 4, 8, seeds=[0])
    >>> found = classify_letters(stack, words, ks=(1,))
    >>> found["probe_f1"].tolist(), found["f1"].tolist()
    ([1.0, 1.0], [1.0, 1.0])

    Args:
        stack: Trained on activations like those of the words.
        words: Their split, and the letter probes.
        ks: How many latents may be read together, rising.
    """
    z, dictionary, y = encode_rows(stack, 0, words.x), stack.dictionary[0], words.letters
    train, held, n = words.split.train, words.split.held_out, len(words.cuts)
    best = best_latents(best_thresholds(z[train], y[train], n).f1)
    picks, of_latent = _picked(words, z[:, best])
    finds = words.probe.scores(words.x[held]) > words.cuts
    true = one_hot(y[held], n) > 0
    b_dec = stack.b_dec[0]
    cosine = torch.nn.functional.cosine_similarity(dictionary[best], words.probe.weight, dim=1)
    rebuilt = z @ (dictionary @ words.probe.weight.T) + words.probe.scores(b_dec[None])
    found = {
        "latent": best.float(),
        "probe_f1": words.probe_f1,
        "f1": of_latent.f1,
        "precision": of_latent.precision,
        "recall": of_latent.recall,
        "lift": of_latent.precision / (y.bincount(minlength=n) / len(y)),
        "missed": (true & finds & ~picks).sum(0) / (true & finds).sum(0).clamp(min=1),
        "cosine": cosine,
        "rebuilt_f1": _picked(words, rebuilt)[1].f1,
    }
    found |= _several(words, z, ks)
    enough = true.sum(0) >= LEAST_WORDS
    fit = fit_of(words.x[held], z[held], dictionary, b_dec)
    learned = {"explained": fit.explained, "l0": fit.l0, "dead": float((z == 0).all(0).float().mean())}
    by_letter = {name: torch.where(enough, values, torch.nan) for name, values in found.items()}
    return by_letter | {name: torch.tensor(value) for name, value in learned.items()}


def classified(
    wanted: Sequence[Wanted], l0: float, splits: Sequence[int], ks: Sequence[int]
) -> list[Classified]:
    """`classify_letters` of SAEs on words, as many at once as there are cores, from the cache where that was done before.

    >>> classified([], l0=16, splits=(0, 1), ks=(15,))
    []

    Args:
        wanted: They are trained, one after the other, if they are not in the bank (`fill` trains several at once).
        l0: Those of BatchTopK get the threshold at which so many latents fire on an average word; others stay as they were trained.
        splits: Seeds of the splits into training and held-out words.
        ks: How many latents may be read together, rising.
    """
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
    jobs = [(each, split) for each in wanted for split in splits]
    found = in_parallel(lambda job: _kept(*job, l0, tuple(ks)), jobs)
    return [_gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def at_l0(wanted: Wanted, l0: float) -> SAEStack:
    """The SAE as `classified` sees it.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.saes.recipe import Recipe, TopK
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "TopK", Fit(Recipe(TopK(2)), 8, 0, Schedule(64)))
    >>> stack = SAEStack(one.fit.recipe, 4, 8, seeds=[0])
    >>> with patch.object(Wanted, "get", lambda self: (stack, None)):
    ...     at_l0(one, l0=2) is stack  # only BatchTopK's threshold is set
    True
    """
    stack = wanted.get()[0]
    batch = isinstance(stack.recipe.activation, BatchTopK)
    return with_l0(stack, Table(wanted.source.table.x), l0) if batch else stack


def words_of(wanted: Wanted, split: int) -> Words:
    """The words on which `classified` tests it.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.saes.recipe import Recipe
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(Recipe(), 8, 0, Schedule(64)))
    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> made = Words.of([""] * 4, letters, torch.ones(4), torch.eye(2)[letters])
    >>> with patch(f"{__name__}._words", lambda source, split: made):  # no model
    ...     words_of(one, split=0) is made
    True
    """
    assert isinstance(wanted.source, WordsIn)
    return _words(wanted.source, split)


def _kept(wanted: Wanted, split: int, l0: float, ks: tuple[int, ...]) -> dict[str, Tensor]:
    assert isinstance(wanted.source, WordsIn)
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name
    labels = hashlib.sha256(
        wanted.source.read().words.letters.numpy().tobytes()
    ).hexdigest()  # activations are known by the SAE
    parameters = {"sae": sae, "labels": labels, "split": split, "l0": l0, "ks": list(ks)}

    def compute() -> dict[str, Tensor]:
        return classify_letters(at_l0(wanted, l0), words_of(wanted, split), ks)

    return cached("classified", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))


def _gathered(splits: Sequence[dict[str, Tensor]]) -> Classified:
    by = {name: np.stack([one[name].numpy() for one in splits]) for name in splits[0] if name not in LEARNED}
    return Classified(by, *(float(np.mean([float(one[name]) for one in splits])) for name in LEARNED))


def _picked(
    words: Words, scores: Float[Tensor, "word letter"]
) -> tuple[Bool[Tensor, "held_out letter"], Quality]:
    """Held-out words above the cut that is best on training words, and how good these picks are."""
    train, held, y = words.split.train, words.split.held_out, words.letters
    picks = scores[held] > best_cuts(scores[train], y[train])
    return picks, classify_pairs(picks, y[held])


def _several(words: Words, z: Float[Tensor, "word d_sae"], ks: Sequence[int]) -> dict[str, Tensor]:
    train, y = words.split.train, words.letters
    ranked: Int64[Tensor, "letter best"] = rank_latents(z[train], y[train], max(ks), len(words.cuts))
    sparse = fit_sparse_probes(z[train], y[train], ranked, ks)
    return {f"f1_{k}": _picked(words, sparse.scores(z, k))[1].f1 for k in ks}


def missed_words(
    wanted: Wanted, l0: float, split: int, letter: int, most: int = 12
) -> tuple[dict[str, float], list[dict[str, str]]]:
    """Held-out words of a letter that the probe finds and on which its best latent does not fire, most frequent first.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(Recipe(), 8, 0, Schedule(64)))
    >>> letters = torch.arange(400) % 2
    >>> words = Words.of(["sun", "ant"] * 200, letters, torch.ones(400), torch.eye(4)[letters])
    >>> stack = SAEStack(Recipe(ReLU(), encoder_bias=False, tied=True), 4, 8, seeds=[0])
    >>> with patch(f"{__name__}.at_l0", lambda *of: stack), patch(f"{__name__}.words_of", lambda *of: words):
    ...     about, rows = missed_words(one, 16, split=0, letter=0)
    >>> about["s_missed"], rows  # each letter has a latent
    (0, [])

    Args:
        wanted, l0: As for `classified`. split: Seed of the split of the words. letter: Its number.
        most: How many words are listed.

    Returns:
        `s_missed`, `s_words`: how many are missed, of how many that the probe finds; `s_cosine` of the latent with the probe.
        And a row a word, with the latent that fires most on it, named by the three words that weigh most in it.
    """
    stack, words = at_l0(wanted, l0), words_of(wanted, split)
    z, probe = encode_rows(stack, 0, words.x), words.probe.weight[letter]
    train = words.split.train
    latent = int(best_latents(best_thresholds(z[train], words.letters[train], len(words.cuts)).f1)[letter])
    cosine = torch.nn.functional.cosine_similarity(stack.dictionary[0], probe, dim=1)
    judged = words.judged[words.letters[words.judged] == letter]
    missed = judged[z[judged, latent] == 0]
    missed = missed[words.p[missed].argsort(descending=True)]
    rows = [_row(words, z, int(word), cosine) for word in missed[:most]]
    about = {"s_missed": len(missed), "s_words": len(judged), "s_cosine": float(cosine[latent])}
    return about, rows


def _row(words: Words, z: Tensor, word: int, cosine: Tensor) -> dict[str, str]:
    loudest = int(z[word].argmax())
    top = (z[:, loudest] * words.p.sqrt()).topk(3).indices.tolist()
    return {
        "missed word": words.text[word],
        "latent that fires most": f"{loudest}: {', '.join(words.text[int(i)] for i in top)}",
        "its cosine with the S probe": f"{float(cosine[loudest]):+.2f}",
    }
