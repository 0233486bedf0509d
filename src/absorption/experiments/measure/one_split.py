"""One split of the words: the labels' own numbers, and the same for half-spaces that mean nothing; kept in the cache."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.measure.encoded import Progress, quietly
from absorption.measures.absorption import MainLatents, cosines, main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.halfspaces import free_directions, furthest, matched_half_spaces
from absorption.measures.judged import Counts, Probed, best_latent_counts, judge
from absorption.measures.logistic import fit_each
from absorption.measures.saebench import saebench_main_latents
from absorption.measures.splits import Split, split_words
from absorption.runtime.cache import cached

LABEL, ISOTROPIC, SHAPED, MATCHED = range(4)
"""What a column of a split's results is."""
PACKAGES = ("torch", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Subject:
    """What is the same in every split.

    `x [word d_in]` centred and of length about one, for the probes; `written [word d_in]` what the latents have to write; `z`
    their activations, `dictionary [d_sae d_in]` their directions; `labels [word label]`, each with enough words.
    """

    x: Float[Tensor, "word d_in"]
    written: Float[Tensor, "word d_in"]
    z: ActiveLatents
    dictionary: Float[Tensor, "d_sae d_in"]
    labels: Bool[Tensor, "word label"]

    def fingerprint(self) -> str:
        """A hash of all of it.

        >>> import torch
        >>> x, z = torch.eye(2), ActiveLatents.of(torch.eye(2))
        >>> len(Subject(x, x, z, x, x > 0).fingerprint())
        64
        """
        digest = hashlib.sha256()
        z = (self.z.starts, self.z.latents, self.z.values)
        for tensor in (self.x, self.written, *z, self.dictionary, self.labels):
            digest.update(tensor.detach().contiguous().numpy().data)
        return digest.hexdigest()


def split_of(labels: Bool[Tensor, "word label"], seed: int) -> Split:
    """A fifth of the words held out, of every label; a word with several counts as one of its rarest, one with none as alone.

    >>> import torch
    >>> split = split_of(torch.tensor([[True], [False]]).repeat_interleave(10, 0), seed=0)
    >>> (split.held_out < 10).sum().item(), len(split.held_out)
    (2, 4)
    """
    sizes = labels.sum(0).float()
    rarest = torch.where(labels, sizes, torch.inf).argmin(1)
    rarest = torch.where(labels.any(1), rarest, labels.shape[1])
    return split_words(rarest, torch.Generator().manual_seed(seed))


def measured_split(
    subject: Subject,
    fingerprint: str,
    seed: int,
    each: int,
    progress: Progress = quietly,
    title: str = "split",
) -> dict[str, Tensor]:
    """One split's results, from the cache if they are there.

    Columns are the labels, then `each` free half-spaces a label, then as many matched ones as can be had. For each of them
    `kind`, `of_label`, `n_main`, `main [column k]`, `probe` and `best [column 3]` (hits, predicted, actual on held-out words);
    for each pair of a held-out word and a column that holds there and whose probe finds it `word`, `column`, `silent`, `full`,
    `fraction`, `latent`, `activation`, `cosine`, `share`; for labels their probes' `directions`, the `cosines` of their main latents, and what SAEBench's
    choice gives: `theirs_main`, `theirs_n`, `theirs_word`, `theirs_label`, `theirs_silent`, `theirs_full`, `theirs_fraction`.

    >>> import torch
    >>> x = torch.rand(200, 4, generator=torch.Generator().manual_seed(0))
    >>> subject = Subject(x - x.mean(0), x, ActiveLatents.of(x), torch.eye(4), x[:, :1] > 0.6)
    >>> found = measured_split(subject, subject.fingerprint(), seed=0, each=2)
    >>> found["main"][0, 0].item(), found["kind"].tolist()[:3]
    (0, [0, 1, 2])
    """
    return cached(
        "measured",
        lambda: _Stages(subject, seed, each).run(progress, title),
        made_by=__name__,
        parameters={"subject": fingerprint, "seed": seed, "each": each},
        packages=PACKAGES,
    )


class _Stages:
    """The steps of one split, each of which a progress bar can count."""

    def __init__(self, subject: Subject, seed: int, each: int) -> None:
        self.subject, self.each = subject, each
        self.n = subject.labels.shape[1]
        self.split = split_of(subject.labels, seed)
        self.z_train = subject.z.rows(self.split.train)
        # Another than that of the split, so that words and directions are drawn independently.
        self.generator = torch.Generator().manual_seed(1_000_003 + seed)
        self.found: dict[str, Tensor] = {"held_out": torch.tensor(len(self.split.held_out))}

    def run(self, progress: Progress, title: str) -> dict[str, Tensor]:
        stages: list[Callable[[], None]] = [
            self.find_main_latents, self.choose_half_spaces, self.probe, self.find_their_main_latents, self.judge,
            self.compare_with_saebench,
        ]  # fmt: skip
        for stage in progress(stages, title):
            stage()
        return self.found

    def main_of(self, labels: Bool[Tensor, "word label"]) -> MainLatents:
        k_max = min(10, self.subject.z.width)
        return main_latents(self.z_train, labels[self.split.train], labels.shape[1], k_max=k_max)

    def find_main_latents(self) -> None:
        self.main = self.main_of(self.subject.labels)

    def choose_half_spaces(self) -> None:
        of, sizes = self.subject, self.subject.labels.sum(0)
        free = free_directions(of.x, self.n * self.each, self.generator)
        matched = matched_half_spaces(
            of.x, of.z, of.dictionary, self.split.train, sizes, self.main.f1_by_k[0], self.each,
            self.main.mask.any(0), self.generator,
        )  # fmt: skip
        of_free = torch.arange(self.n).repeat_interleave(self.each)
        of_label = torch.cat([of_free, matched.of_label])
        self.half_spaces = furthest(of.x @ torch.cat([free, matched.direction]).T, sizes[of_label])
        kinds = torch.where(torch.arange(len(free)) % 2 == 0, ISOTROPIC, SHAPED)
        kind = torch.cat([torch.full((self.n,), LABEL), kinds, torch.full((len(matched.of_label),), MATCHED)])
        self.found |= {"kind": kind, "of_label": torch.cat([torch.arange(self.n), of_label])}
        self.found |= {"tilted_from": matched.latent, "tilt": matched.cosine, "tilted_f1": matched.f1}

    def probe(self) -> None:
        of = self.subject
        self.columns = torch.cat([of.labels, self.half_spaces], 1)
        # The labels' probes are those of the pages; for a hundred half-spaces a solver with steps for each needs a quarter of the products.
        own = Probed.of(of.x, of.labels, self.split)
        theirs = Probed.of(of.x, self.half_spaces, self.split, fit_each)
        self.probed = own.and_then(theirs)
        self.found["probe"] = _table(self.probed.counts)
        self.found |= {"word": self.probed.word, "column": self.probed.label}

    def find_their_main_latents(self) -> None:
        own, theirs = self.main, self.main_of(self.half_spaces)
        self.every = MainLatents(
            own.d_sae,
            torch.cat([own.latents, theirs.latents]),
            torch.cat([own.f1_by_k, theirs.f1_by_k], 1),
            torch.cat([own.n, theirs.n]),
            own.rise,
        )
        best = best_latent_counts(self.subject.z, self.columns, self.split, self.every)
        self.found |= {"best": _table(best), "main": self.every.latents, "n_main": self.every.n}
        self.found["train_f1"] = self.every.f1_by_k[0]

    def judge(self) -> None:
        of, directions = self.subject, self.probed.probe.weight
        found = judge(
            of.written, of.z, of.dictionary, directions, self.every.mask, self.probed.word, self.probed.label
        )
        self.found |= dict(vars(found))
        own = cosines(of.dictionary, directions[: self.n])
        self.found |= {"cosines": own.gather(1, self.main.latents), "directions": directions[: self.n]}

    def compare_with_saebench(self) -> None:
        of, (train, held_out) = self.subject, (self.split.train, self.split.held_out)
        main = saebench_main_latents(
            self.z_train, of.labels[train], of.z.rows(held_out), of.labels[held_out], self.generator
        )
        finds = self.probed.probe.scores(of.x[held_out])[:, : self.n] > 0
        label, row = (finds & of.labels[held_out]).T.nonzero(as_tuple=True)
        word = held_out[row]
        found = judge(
            of.written, of.z, of.dictionary, self.probed.probe.weight[: self.n], main.mask, word, label
        )
        theirs: dict[str, Any] = {"main": main.latents, "n": main.n, "word": word, "label": label}
        theirs |= {name: getattr(found, name) for name in ("silent", "full", "fraction")}
        self.found |= {f"theirs_{name}": value for name, value in theirs.items()}


def _table(counts: Counts) -> Int64[Tensor, "column 3"]:
    return torch.stack(counts.columns, 1)
