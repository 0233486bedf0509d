"""Every kind of worlds of images, and dictionaries on them from every start."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from absorption.experiments.images import KINDS as OF_IMAGES
from absorption.experiments.images import Images, Kind, images
from absorption.experiments.transcoded import Translated, translate
from absorption.runtime.parallel import in_parallel
from absorption.saes.recipe import Recipe

KINDS = (*OF_IMAGES, "end to end")
"""Those of `experiments.images`, and plain SAEs of which all that counts is what a layer behind them makes of the reconstruction."""
STARTS = ("truth", "random", "untrained")
"""Beside the truth; from random weights; beside the truth and not trained at all."""


class Trial(NamedTuple):
    """Worlds of one kind, a start, and so many steps of training."""

    kind: str
    start: str
    steps: int


def worlds_of(seeds: Sequence[int], kind: str) -> Images:
    """A world a seed; its rates are the same in every kind.

    >>> worlds_of([0], "end to end").rest.shape
    torch.Size([1, 8, 32])

    Raises:
        ValueError: there is no such kind.
    """
    if kind == "end to end":
        return images(seeds, "autoencoder").followed()
    return images(seeds, cast(Kind, kind))  # an unknown one is refused there


def translated_kinds(
    seeds: Sequence[int], recipe: Recipe, steps: int, noise: float, longer: Sequence[str] = ()
) -> dict[Trial, Translated]:
    """Dictionaries on worlds of every kind, from every start; those of `longer` also beside the truth with twice the steps.

    >>> from absorption.saes.recipe import ReLU
    >>> recipe = Recipe(ReLU(), decoder="free", weighting="decoder_norm", sparsity=0.05)
    >>> found = translated_kinds([0], recipe, steps=2, noise=0.02, longer=["apart"])
    >>> len(found), found[Trial("apart", "truth", 4)].holes.shape
    (25, torch.Size([1]))

    Args:
        seeds: Of the worlds; the first one is that of the noise and of random weights, too.
        recipe: As for `translate`.
        steps: Of training.
        noise: About the truth, in units of the weights.
        longer: Kinds on which twice the steps are tried.
    """

    def run(trial: Trial) -> Translated:
        beside = None if trial.start == "random" else noise
        worlds, trained = worlds_of(seeds, trial.kind), trial.start != "untrained"
        return translate(worlds, recipe, seeds[0], noise=beside, steps=trial.steps, trained=trained)

    trials = [Trial(kind, start, steps) for kind in KINDS for start in STARTS]
    trials += [Trial(kind, "truth", 2 * steps) for kind in longer]
    return dict(zip(trials, in_parallel(run, trials), strict=True))
