"""SAEs of the bank by splits and holes: letters that several latents share, letters with absorbed words, and what tells these."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.labelled import gathered
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.experiments.measure.one_split import split_of
from absorption.measures.absorption import MainLatents, main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.classification import best_cuts
from absorption.measures.halfspaces import furthest, matched_half_spaces
from absorption.measures.judged import Probed, best_latent_counts, judge
from absorption.measures.logistic import fit_each
from absorption.measures.ratios import ratio
from absorption.measures.saebench import saebench_main_latents
from absorption.measures.sorting import Sorting
from absorption.measures.splits import Split
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel
from absorption.saes.stack import SAEStack
from absorption.worlds.word_kinds import WordKinds, word_kinds

LEAST_PROBE, LEAST_WORDS = 0.6, 20
"""A label whose probe has a lower F1 or finds fewer held-out words is left out: SAEBench's rule, and one word would be 5 points."""
K_MAX, ROWS = 10, 4096
LETTERS, MATCHED, SAEBENCH = "letters", "matched", "saebench"


@dataclass(frozen=True, eq=False)
class Sortable:
    """Words, labels and their probes on one split, and the ways in which a person would sort the words.

    >>> x = torch.randn(400, 4, generator=torch.Generator().manual_seed(0))
    >>> ways = WordKinds(("sign",), (x[:, 1:2] > 0).long())
    >>> by = Sortable.of(x, x[:, :1] > 0, seed=0, ways=ways)
    >>> bool((by.found()[:, 0] <= by.labels[:, 0]).all()), by.train.sum().item()
    (True, 320)
    """

    x: Float[Tensor, "word d_in"]
    labels: Bool[Tensor, "word label"]
    split: Split
    probed: Probed
    ways: WordKinds

    @classmethod
    def of(
        cls, x: Float[Tensor, "word d_in"], labels: Bool[Tensor, "word label"], seed: int, ways: WordKinds
    ) -> "Sortable":
        """A fifth of every label's words held out, and the probes fitted on the others."""
        split = split_of(labels, seed)
        return cls(x, labels, split, Probed.of(x, labels, split, fit_each), ways)

    def relabelled(self, labels: Bool[Tensor, "word label"]) -> "Sortable":
        """Other labels on the same split of the same words."""
        return Sortable(
            self.x, labels, self.split, Probed.of(self.x, labels, self.split, fit_each), self.ways
        )

    @property
    def train(self) -> Bool[Tensor, " word"]:
        """Words on which everything is chosen."""
        train = torch.zeros(len(self.x), dtype=torch.bool)
        train[self.split.train] = True
        return train

    def fingerprint(self) -> str:
        """A hash of labels and ways, for the cache; activations are known by the SAE."""
        digest = hashlib.sha256(self.labels.numpy().tobytes())
        digest.update(self.ways.codes.contiguous().numpy().tobytes())
        return digest.hexdigest()

    def found(self) -> Bool[Tensor, "word label"]:
        """Words that have the label and in which its probe finds it, training words as well."""
        scores, train = self.probed.probe.scores(self.x), self.split.train
        return self.labels & (scores > best_cuts(scores[train], self.labels[train]))


@lru_cache(maxsize=24)
def sortable(source: WordsIn, split: int) -> Sortable:
    """First letters of a source's words, made once in a process.

    >>> sortable.cache_info().maxsize
    24
    """
    read = source.read()
    labels = torch.nn.functional.one_hot(read.words.letters, 26).bool()
    return Sortable.of(read.x, labels, split, word_kinds(read.words.words, read.p))


def sort_words(
    by: Sortable,
    z: ActiveLatents,
    dictionary: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, " d_in"],
    main: MainLatents,
) -> dict[int, tuple[Tensor, Sorting]]:
    """Of each label whose probe is good enough the rows of its found words `[word]`, and how the latents sort them.

    >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Sortable.of(x, x[:, :1] > 0, seed=0, ways=WordKinds(("sign",), (x[:, 1:] > 0).long()))
    >>> z = ActiveLatents.of(x.relu())
    >>> found = sort_words(by, z, torch.eye(2), torch.zeros(2), main_latents(z, by.labels, 1, k_max=1))
    >>> found[0][1].silent.any().item()  # the first latent is the label
    False
    """
    found = by.found()
    word, label = found.nonzero(as_tuple=True)
    judged = judge(by.x - b_dec, z, dictionary, by.probed.probe.weight, main.mask, word, label)
    train, sorted_words = by.train, {}
    for i in range(by.labels.shape[1]):
        own = label == i
        rows = word[own]
        if by.probed.counts.f1[i] <= LEAST_PROBE or int((~train[rows]).sum()) < LEAST_WORDS:
            continue
        active, mains = z.rows(rows), main.latents[i, : main.n[i]]
        sorting = Sorting(
            active.columns(mains) > 0, judged.full[own], judged.latent[own], active, train[rows], by.ways.codes[rows]
        )  # fmt: skip
        sorted_words[i] = rows, sorting
    return sorted_words


def rate(
    by: Sortable,
    z: ActiveLatents,
    dictionary: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, " d_in"],
    main: MainLatents,
    least: float = 0.0,
) -> dict[str, Float[Tensor, " label"]]:
    """`Sorting.numbers` of every label, with `main`, `f1` of its best latent and `together` of all; nan where it is not rated.

    Rated are labels whose main latents together reach an F1 of `least` on training words. That of the best latent alone would leave
    out what is split, since each part of a split knows only its own words.

    >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Sortable.of(x, x[:, :1] > 0, seed=0, ways=WordKinds(("sign",), (x[:, 1:] > 0).long()))
    >>> z = ActiveLatents.of(x.relu())
    >>> rate(by, z, torch.eye(2), torch.zeros(2), main_latents(z, by.labels, 1, k_max=1))["full"].tolist()
    [0.0]
    """
    numbers = {i: each.numbers() for i, (_, each) in sort_words(by, z, dictionary, b_dec, main).items()}
    rated = torch.tensor([i in numbers for i in range(by.labels.shape[1])]) & (main.f1 >= least)
    found = {
        "main": main.n.double(),
        "together": main.f1,
        "f1": best_latent_counts(z, by.labels, by.split, main).f1,
    }
    names = next(iter(numbers.values()), {})
    found |= {
        name: torch.tensor([numbers[i][name] if i in numbers else torch.nan for i in range(len(rated))])
        for name in names
    }
    return {name: torch.where(rated, values.float(), torch.nan) for name, values in found.items()}


@torch.no_grad()
def splits_and_holes(
    stack: SAEStack, by: Sortable, seed: int, least: float = 0.5, null: bool = True, theirs: bool = False
) -> dict[str, Tensor]:
    """The first SAE of the stack, as it is: `kind.measure [label]`, and `explained`, `l0`, `dead`.

    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> x = torch.randn(400, 4, generator=torch.Generator().manual_seed(0))
    >>> by = Sortable.of(x, x[:, :1] > 0, seed=0, ways=WordKinds(("sign",), (x[:, 1:2] > 0).long()))
    >>> found = splits_and_holes(SAEStack(Recipe(ReLU()), 4, 12, seeds=[0]), by, seed=0, null=False)
    >>> found["letters.main"].shape
    torch.Size([1])

    Args:
        stack: Trained on activations like those of the words.
        by: The words, their labels and their split.
        seed: Draws half-spaces.
        least: As for `rate`.
        null: Also a half-space a label, one that some latent serves as well as the label's best latent serves the label.
        theirs: Also with main latents chosen as SAEBench 0.6.0 does.
    """
    z = ActiveLatents.joined([ActiveLatents.of(encode_rows(stack, 0, part)) for part in by.x.split(ROWS)])
    dictionary, b_dec = stack.dictionary[0].detach(), stack.b_dec[0].detach()
    train, held = by.split.train, by.split.held_out
    generator = torch.Generator().manual_seed(3_000_017 + seed)

    def main_of(labels: Bool[Tensor, "word label"]) -> MainLatents:
        return main_latents(z.rows(train), labels[train], labels.shape[1], k_max=min(K_MAX, z.width))

    main = main_of(by.labels)
    found = {LETTERS: rate(by, z, dictionary, b_dec, main, least)}
    if null:
        sizes, targets, taken = by.labels.sum(0), main.f1_by_k[0], main.mask.any(0)
        tilted = matched_half_spaces(by.x, z, dictionary, train, sizes, targets, 1, taken, generator)
        if len(tilted.of_label):
            other = by.relabelled(furthest(by.x @ tilted.direction.T, sizes[tilted.of_label]))
            numbers = rate(other, z, dictionary, b_dec, main_of(other.labels), least)
            none = torch.full((len(sizes),), torch.nan)
            found[MATCHED] = {name: none.scatter(0, tilted.of_label, each) for name, each in numbers.items()}
    if theirs:
        ours = by.labels
        chosen = saebench_main_latents(z.rows(train), ours[train], z.rows(held), ours[held], generator)
        found[SAEBENCH] = rate(by, z, dictionary, b_dec, chosen, least)
    x = by.x[held]
    lost = (x - b_dec - z.rows(held) @ dictionary).square().sum()
    return {f"{kind}.{name}": each for kind, of in found.items() for name, each in of.items()} | {
        "explained": 1 - ratio(lost, (x - x.mean(0)).square().sum()),
        "l0": torch.tensor(len(z.values) / len(z)),
        "dead": torch.tensor(1 - len(z.latents.unique()) / z.width),
    }


def sorted_out(
    wanted: Sequence[Wanted],
    l0: float,
    splits: Sequence[int],
    least: float = 0.5,
    null: bool = True,
    theirs: bool = False,
) -> list[Judgement]:
    """`splits_and_holes` of SAEs on words, as many at once as there are cores, from the cache where that was done before.

    >>> sorted_out([], l0=16, splits=(0, 1))
    []

    Args:
        wanted: They are trained, one after the other, if they are not in the bank (`fill` trains several at once).
        l0: Each gets the threshold at which so many latents fire on an average word.
        splits: Seeds of the splits into training and held-out words.
        least, null, theirs: As for `splits_and_holes`.
    """
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
        in_parallel(lambda split, source=source: sortable(source, split), splits)
    jobs = [(each, split) for each in wanted for split in splits]
    found = in_parallel(lambda job: _kept(*job, l0, least, null, theirs), jobs)
    return [gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(wanted: Wanted, split: int, l0: float, least: float, null: bool, theirs: bool) -> dict[str, Tensor]:
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name

    def compute() -> dict[str, Tensor]:
        by = sortable(wanted.source, split)
        return splits_and_holes(with_l0(wanted.get()[0], Table(by.x), l0), by, split, least, null, theirs)

    parameters = {"sae": sae, "words": sortable(wanted.source, split).fingerprint(), "split": split, "l0": l0}
    parameters |= {"least": least, "null": null, "theirs": theirs}
    return cached("sorted-out", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))
