"""Five architectures at one L0 on a model's words: their recipes, how well their latents tell letters, and what they absorb.

Where training is told a count (BatchTopK, TopK) it has its L0; elsewhere the L0 follows from a weight, which is chosen for each
architecture and model beforehand. Only BatchTopK has one threshold for an SAE, which stands for the batch and is set anew on the
words that are judged. The others are judged as they were trained: the cut of a letter's latent is fitted in any case, so that a
threshold moved afterwards would match the count and leave what the weight had made of the latents.

With an L1 penalty the decoder's rows are free, and an activation counts times its row's length, so that nothing is gained by long
rows (Conerly et al. 2024, "Update on how we train SAEs"). Pilots whose rows were kept at length one learned more slowly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from absorption.experiments.bank.classifying import Classified, classified
from absorption.experiments.bank.judgement import judged
from absorption.experiments.bank.judging import MATCHED
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.blockwise import Blocks
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, Recipe, ReLU, TopK

NAMES = ("BatchTopK", "TopK", "JumpReLU", "gated", "L1")
COUNTED = ("BatchTopK", "TopK")
"""Those that are told their L0."""
THRESHOLD, BANDWIDTH = 0.05, 0.05
"""Of JumpReLU: where thresholds start, and the width of the kernel by which they learn. Activations have length one on average, so
that a latent's pre-activations spread by about 0.04 before training; both are of that size."""
LEAST_EXPLAINED, MOST_DEAD, LEAST_F1 = 0.45, 0.1, 0.4
"""What an architecture has learned at least: the gates of the page on first letters."""


def recipe_of(name: str, k: float, weight: float = 0.0) -> Recipe:
    """The plain recipe of an architecture: both biases, nothing nested or tied, and but for L1 unit decoder rows.

    >>> recipe_of("BatchTopK", k=16) == Recipe(BatchTopK(16)), recipe_of("L1", k=16, weight=0.1).sparsity
    (True, 0.1)

    Args:
        name: One of `NAMES`.
        k: Active latents an input, of those that are told it.
        weight: Of the others' penalty: the sum of activations (of L1, times their rows' lengths), or for JumpReLU their number.

    Raises:
        ValueError: no such architecture; a weight for one that counts, or none for one that does not.
    """
    if name not in NAMES:
        raise ValueError(f"an architecture is one of {', '.join(NAMES)}, not {name!r}.")
    if (weight > 0) == (name in COUNTED):
        raise ValueError(
            f"{name} {'is told its L0 and has no' if weight else 'needs the'} weight of a penalty."
        )
    match name:
        case "BatchTopK":
            return Recipe(BatchTopK(k))
        case "TopK":
            return Recipe(TopK(int(k)))
        case "JumpReLU":
            return Recipe(JumpReLU(THRESHOLD, BANDWIDTH), sparsity=weight)
        case "gated":
            return Recipe(Gated(), sparsity=weight)
        case _:
            return Recipe(ReLU(), decoder="free", sparsity=weight, weighting="decoder_norm")


@dataclass(frozen=True)
class Kind:
    """SAEs of one architecture in one model, an entry a seed, as classifiers of letters.

    >>> one = Classified({"f1": np.array([[0.5, 0.7]]), "probe_f1": np.array([[0.9, 0.9]])}, 0.7, 16.4, 0.0)
    >>> kind = Kind((one, one))
    >>> kind.gap().round(2).tolist(), kind.learned, round(kind.off(16), 3)
    ([0.3, 0.3], True, 0.025)
    """

    classified: tuple[Classified, ...]

    @classmethod
    def of(cls, wanted: Sequence[Wanted], l0: float, splits: Sequence[int], ks: Sequence[int]) -> "Kind":
        """SAEs on words; BatchTopK at the threshold of this L0, others as they were trained.

        Args:
            wanted: They are trained if they are not in the bank (`fill` trains several at once).
            l0: Active latents an average word.
            splits: Seeds of the splits into training and held-out words.
            ks: How many latents may be read together, rising.
        """
        return cls(tuple(classified(wanted, l0, splits, ks)))

    def each(self, measure: str) -> Float[np.ndarray, " seed"]:
        """One measure of every SAE, mean over letters (`lift`: their median) and splits; or `explained`, `l0`, `dead`."""
        if measure in ("explained", "l0", "dead"):
            return np.array([getattr(one, measure) for one in self.classified])
        return np.array(
            [one.median(measure) if measure == "lift" else one.mean(measure) for one in self.classified]
        )

    def gap(self, measure: str = "f1") -> Float[np.ndarray, " seed"]:
        """By how much the probe's F1 is higher, mean over letters and splits."""
        return np.array([one.gap(measure) for one in self.classified])

    def gaps(self, measure: str = "f1") -> Float[np.ndarray, "seed split letter"]:
        """The same letter by letter; nan where a letter has too few words."""
        return np.array([one.by["probe_f1"] - one.by[measure] for one in self.classified])

    @property
    def learned(self) -> bool:
        """Whether the SAEs explain enough, few latents are dead, and letters have latents; by means over seeds."""
        explained, dead, f1 = (float(self.each(name).mean()) for name in ("explained", "dead", "f1"))
        return explained > LEAST_EXPLAINED and dead < MOST_DEAD and f1 > LEAST_F1

    def off(self, l0: float) -> float:
        """How far the mean L0 on held-out words is from the one that was wanted, as a share of it."""
        return abs(float(self.each("l0").mean()) / l0 - 1)

    def row(self, ks: Sequence[int]) -> dict[str, str]:
        """Means over seeds, as a table shows them.

        >>> rates = {name: np.array([[0.5]]) for name in ("f1", "f1_15", "precision", "recall", "probe_f1")}
        >>> Kind((Classified(rates, 0.7, 16.0, 0.0),)).row(ks=(15,))["F1 of 15 together"]
        '0.50'
        """
        columns = {"variance explained": "explained", "latents that are dead": "dead", "L0": "l0"}
        columns |= {"precision": "precision", "recall": "recall", "F1 of the best latent": "f1"}
        columns |= {f"F1 of {n} together": f"f1_{n}" for n in ks} | {"F1 of the probe": "probe_f1"}
        return {title: f"{self.each(name).mean():.2f}" for title, name in columns.items()}


def absorbed(wanted: Sequence[Wanted], l0: float, splits: Sequence[int]) -> Blocks:
    """What SAEs of one architecture absorb of letters and of matched half-spaces, at the L0 at which `Kind.of` classifies them.

    >>> absorbed([], l0=16, splits=(0, 1)).judged
    ()

    Args:
        wanted: On words, all of one architecture.
        l0: BatchTopK gets the threshold at which so many latents fire on an average word; others stay as they were trained.
        splits: Seeds of the splits into training and held-out words.
    """
    sources = [each.source for each in wanted]
    layers = tuple(source.layer for source in sources if isinstance(source, WordsIn))
    batch = any(isinstance(each.fit.recipe.activation, BatchTopK) for each in wanted)
    return Blocks(layers, tuple(judged(wanted, l0 if batch else None, splits)))


def half_spaces(blocks: Blocks) -> int:
    """How many matched half-spaces the SAE has that has fewest, over all splits.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> half_spaces(Blocks((4,), (Judgement({"matched": {"full": np.array([[0.1, np.nan]])}}, 0.7, 16.0, 0.0),)))
    1
    """
    return min(int(np.isfinite(one.by[MATCHED]["full"]).sum()) for one in blocks.judged)
