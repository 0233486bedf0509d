"""From what the splits gave to a report: every number beside its nulls, latents and words in plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from absorption.experiments.measure.one_split import ISOTROPIC, LABEL, MATCHED, SHAPED, Subject
from absorption.experiments.measure.report import (
    RATES,
    Absorber,
    LabelReport,
    MainLatent,
    Number,
    Word,
)
from absorption.experiments.measure.resampling import Resampled, Resampler, WithNulls

LEAST_F1 = 0.6
"""A probe must reach more than this on held-out words, or its label is not rated (as in SAEBench)."""
LEAST_JUDGED = 10
"""Held-out words a label that the probe finds, all splits together."""
TOP_WORDS = 5
Split = Mapping[str, np.ndarray]


def split_arrays(found: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """A split's results as arrays.

    >>> import torch
    >>> split_arrays({"word": torch.tensor([1])})
    {'word': array([1])}
    """
    return {name: value.numpy() for name, value in found.items()}


@dataclass(frozen=True)
class Summary:
    """What the splits come to: `splits` of a `subject` whose labels have `names`, for `words [word]`.

    `causal`: whether each word that the model was asked for is absorbed, and its label, where that was measured.
    """

    subject: Subject
    words: Sequence[str]
    names: Sequence[str]
    splits: Sequence[Split]
    causal: tuple[np.ndarray, np.ndarray] | None = None

    @cached_property
    def numbers(self) -> dict[str, WithNulls]:
        """For each metric by name `label`, `free` and `matched`: one number a label."""
        splits, n_labels = self.splits, len(self.names)
        resampler = Resampler(len(splits))
        of = [each["column"] < n_labels for each in splits]
        own = [each["column"][is_label] for each, is_label in zip(splits, of, strict=True)]

        def counts(name: str) -> np.ndarray:
            return np.stack([each[name][:n_labels] for each in splits])

        def rate(name: str) -> Resampled:
            return resampler.words(
                [each[name][is_label] for each, is_label in zip(splits, of, strict=True)], own, n_labels
            )

        n_words = np.array([int(each["held_out"]) for each in splits])
        labels = {
            "probe_f1": resampler.f1(counts("probe"), n_words),
            "best_f1": resampler.f1(counts("best"), n_words),
            "main": resampler.plain(np.stack([each["n_main"][:n_labels] for each in splits]).astype(float)),
            **{name: rate(name) for name in RATES},
        }
        halves = [_half_spaces(each, n_labels) for each in splits]
        joined = {name: np.concatenate([each[name] for each in halves]) for name in halves[0]}
        found = {}
        for name, of_labels in labels.items():
            nulls = []
            for kinds in ((ISOTROPIC, SHAPED), (MATCHED,)):
                chosen = np.isin(joined["kind"], kinds)
                nulls.append(
                    resampler.half_spaces(joined[name][chosen], joined["of_label"][chosen], n_labels)
                )
            found[name] = WithNulls(of_labels, *nulls)
        if self.causal is not None:
            found["causal"] = without_null(*self.causal, n_labels)
        return found

    @cached_property
    def theirs(self) -> dict[str, Resampled]:
        """Main latents and rates by SAEBench's choice."""
        splits, n_labels = self.splits, len(self.names)
        resampler = Resampler(len(splits))
        own = [each["theirs_label"] for each in splits]
        found = {"main": resampler.plain(np.stack([each["theirs_n"] for each in splits]).astype(float))}
        for name in RATES:
            found[name] = resampler.words([each[f"theirs_{name}"] for each in splits], own, n_labels)
        return found

    @cached_property
    def reasons(self) -> list[str | None]:
        """Why each label is not rated, or None."""
        found = self.numbers
        f1, judged = found["probe_f1"].label.value, found["full"].label.n
        why: list[str | None] = []
        for label in range(len(self.names)):
            if not f1[label] > LEAST_F1:
                why.append(f"its probe fails: F1 {f1[label]:.2f} on held-out words, {LEAST_F1} is asked for")
            elif judged[label] < LEAST_JUDGED:
                why.append(f"its probe finds {judged[label]} held-out words, {LEAST_JUDGED} are asked for")
            else:
                why.append(None)
        return why

    @property
    def rated(self) -> Bool[np.ndarray, " label"]:
        """Which labels are."""
        return np.array([why is None for why in self.reasons])

    def label_report(self, number: int) -> LabelReport:
        """One label: its numbers where it is rated, its latents in any case."""
        why = self.reasons[number]
        metrics = {name: each.of(number) for name, each in self.numbers.items()}
        theirs = {int(j) for s in self.splits for j in s["theirs_main"][number, : s["theirs_n"][number]]}
        return LabelReport(
            label=self.names[number],
            words=int(self.subject.labels[:, number].sum()),
            judged=int(self.numbers["full"].label.n[number]),
            not_available=why,
            metrics={"probe_f1": metrics["probe_f1"]} if why else metrics,
            by_saebench={} if why else {metric: each.number(number) for metric, each in self.theirs.items()},
            main=self._main(number),
            main_by_saebench=tuple(sorted(theirs)),
            absorbers=() if why else self._absorbers(number),
        )

    def judged_words(self) -> tuple[Word, ...]:
        """Every held-out word of a label that is rated, in every split."""
        found: list[Word] = []
        for number, split in enumerate(self.splits, 1):
            for at in np.flatnonzero(split["column"] < len(self.names)):
                label, word = int(split["column"][at]), int(split["word"][at])
                if self.rated[label]:
                    of: dict[str, Any] = {
                        name: split[name][at].item() for name in ("silent", "full", "latent")
                    }
                    of |= {
                        name: round(float(split[name][at]), 4)
                        for name in ("fraction", "activation", "cosine", "share")
                    }
                    found.append(Word(split=number, label=self.names[label], word=self.words[word], **of))
        return tuple(found)

    def _main(self, number: int) -> tuple[MainLatent, ...]:
        subject = self.subject
        chosen: dict[int, list[float]] = {}
        for split in self.splits:
            for place in range(split["n_main"][number]):
                chosen.setdefault(int(split["main"][number, place]), []).append(
                    float(split["cosines"][number, place])
                )
        holds, latents = subject.labels[:, number], torch.tensor(list(chosen))
        z = subject.z.columns(latents)
        found = []
        for column, (latent, cosine) in zip(z.unbind(1), chosen.items(), strict=True):
            fires = column > 0
            hits, active, actual = int((fires & holds).sum()), int(fires.sum()), int(holds.sum())
            quality = (hits / max(active, 1), hits / max(actual, 1), 2 * hits / max(active + actual, 1))
            precision, recall, f1, mean = (round(each, 3) for each in (*quality, float(np.mean(cosine))))
            found.append(
                MainLatent(latent, len(cosine), precision, recall, f1, mean, strongest(column, self.words))
            )
        return tuple(sorted(found, key=lambda each: (-each.splits, -each.f1)))

    def _absorbers(self, number: int) -> tuple[Absorber, ...]:
        latents, cosines = [], []
        for split in self.splits:
            taken = (split["column"] == number) & split["full"]
            latents.append(split["latent"][taken])
            cosines.append(split["cosine"][taken])
        latent, cosine = np.concatenate(latents), np.concatenate(cosines)
        each, n = np.unique(latent, return_counts=True)
        z = self.subject.z.columns(torch.from_numpy(each)).unbind(1) if len(each) else ()
        found = [
            Absorber(
                int(j), int(k), round(float(cosine[latent == j].mean()), 3), strongest(column, self.words)
            )
            for j, k, column in zip(each, n, z, strict=True)
        ]
        return tuple(sorted(found, key=lambda one: (-one.words, one.latent)))


def without_null(scores: np.ndarray, labels: np.ndarray, n_labels: int) -> WithNulls:
    """A rate over words of one split, of which there is none for half-spaces.

    >>> without_null(np.array([1.0, 0.0]), np.array([0, 0]), n_labels=1).label.value.tolist()
    [0.5]
    """
    resampler, nothing = Resampler(1), np.zeros(0)
    none = resampler.half_spaces(nothing, nothing.astype(int), n_labels)
    return WithNulls(resampler.words([scores], [labels], n_labels), none, none)


def _half_spaces(split: Split, n_labels: int) -> dict[str, np.ndarray]:
    """Every half-space's numbers; none where its probe fails the rule that labels' probes must pass."""
    n_columns = len(split["kind"])
    pairs = np.bincount(split["column"], minlength=n_columns)
    f1 = {name: _f1(split[name]) for name in ("probe", "best")}
    passes = f1["probe"] > LEAST_F1
    found = {"probe_f1": f1["probe"], "best_f1": f1["best"], "main": split["n_main"].astype(float)}
    for name in RATES:
        total = np.bincount(split["column"], weights=split[name].astype(float), minlength=n_columns)
        found[name] = np.divide(total, pairs, out=np.full(n_columns, np.nan), where=pairs > 0)
    found = {name: np.where(passes, values, np.nan) for name, values in found.items()}
    found |= {"kind": split["kind"], "of_label": split["of_label"]}
    return {name: values[split["kind"] != LABEL] for name, values in found.items()}


def _f1(counts: np.ndarray) -> np.ndarray:
    hits, predicted, actual = np.moveaxis(counts, -1, 0)
    return 2 * hits / np.maximum(predicted + actual, 1)


def tells(difference: Number) -> bool | None:
    """Whether an interval leaves out zero.

    >>> tells(Number(0.1, 0.05, 0.2, 26)), tells(Number(None, None, None, 0))
    (True, None)
    """
    if difference.low is None or difference.high is None:
        return None
    return difference.low > 0 or difference.high < 0


def strongest(z: Tensor, words: Sequence[str], n: int = TOP_WORDS) -> tuple[str, ...]:
    """The words on which a latent is most active, silent ones never.

    >>> import torch
    >>> strongest(torch.tensor([0.0, 2.0, 1.0]), ["ant", "bee", "cat"])
    ('bee', 'cat')
    """
    best = z.topk(min(n, len(z)))
    return tuple(words[int(i)] for i, value in zip(best.indices, best.values, strict=True) if value > 0)
