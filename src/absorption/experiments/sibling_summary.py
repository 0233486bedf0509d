"""What families of siblings say together: one number a world, worlds with two children and with three one after the other."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.sibling_runs import FamilyRuns
from absorption.experiments.siblings import Families

Runs = Mapping[tuple[str, int], tuple[Families, FamilyRuns]]
"""By kind and number of children; the first setting is no sparsity, the others rise."""
TAKEN = 0.1
"""A child that takes over more of its parent has taken it; from there on SAEBench counts a latent as absorbing."""


def by_world(
    runs: Runs, measure: str, kind: str, at: Sequence[int] | slice = slice(1, None)
) -> Float[ndarray, " world"]:
    """The mean of a measure over settings (all but the first, or those named) and children.

    >>> from absorption.experiments.sibling_runs import on_families
    >>> from absorption.experiments.siblings import fixed
    >>> families = {n: fixed("together", [0.5], [[0.3] * n]) for n in (2, 3)}
    >>> runs = {("together", n): (of, on_families(of, "L1", [0.0, 0.05], steps=2, lr=0.01)) for n, of in families.items()}
    >>> by_world(runs, "share", "together").shape
    (2,)
    """
    values = [getattr(of, measure)[:, at] for (this, _), (_, of) in runs.items() if this == kind]
    return np.concatenate([v.reshape(len(v), -1).mean(1) for v in values])


def summarised(runs: Runs) -> dict[str, Float[ndarray, " world"]]:
    """Every number that the page of siblings reports, by its name there.

    `taken`: share of children that take over more than `TAKEN`. `sum_…`: what siblings take together, in parents, at the
    least and the largest sparsity. `saved`: of the firings that complete absorption would save. `more`: what a child takes
    at the largest sparsity less at the least. `strangers`, `without_sparsity`: what is taken over in absolute value.

    >>> from absorption.experiments.sibling_runs import on_families
    >>> from absorption.experiments.siblings import KINDS, fixed
    >>> families = {(kind, n): fixed(kind, [0.5], [[0.3] * n]) for kind in KINDS for n in (2, 3)}
    >>> runs = {at: (of, on_families(of, "L1", [0.0, 0.05], steps=2, lr=0.01)) for at, of in families.items()}
    >>> summarised(runs)["taken"].shape
    (2,)
    """
    together = [of for (kind, _), of in runs.items() if kind == "together"]
    small, large = ([at] for at in (1, -1))
    return {
        "taken": np.concatenate([(of.share[:, 1:] > TAKEN).mean((1, 2)) for _, of in together]),
        "more": by_world(runs, "share", "together", large) - by_world(runs, "share", "together", small),
        "absorbed": by_world(runs, "absorbed", "together"),
        "absorbed_small": by_world(runs, "absorbed", "together", small),
        "absorbed_large": by_world(runs, "absorbed", "together", large),
        "absorbed_unrelated": by_world(runs, "absorbed", "unrelated"),
        "by_one": by_world(runs, "by_one", "together"),
        "saved": np.concatenate([_saved(families, of) for families, of in together]),
        "explained": by_world(runs, "explained", "together"),
        "strangers": np.abs(by_world(runs, "share", "unrelated")),
        "exclusive": by_world(runs, "absorbed", "exclusive"),
        "without_sparsity": np.abs(by_world(runs, "share", "together", [0])),
        "sum_small": np.concatenate([of.share[:, 1].sum(1) for _, of in together]),
        "sum_large": np.concatenate([of.share[:, -1].sum(1) for _, of in together]),
        "recall_single": by_world(runs, "recall_single", "together"),
        "one_together": by_world(runs, "one", "together"),
        "one_exclusive": by_world(runs, "one", "exclusive"),
    }


def varied(
    plain: Runs, biased: Mapping[int, tuple[Families, FamilyRuns]], longer: tuple[Families, FamilyRuns]
) -> dict[str, Float[ndarray, " world"]]:
    """What becomes of children that can meet by encoder biases and by training for longer, at all settings but the first.

    `bias_change`: the largest change of a share in each world. `moved`: change of the share of appearances, two children.

    >>> from absorption.experiments.sibling_runs import on_families
    >>> from absorption.experiments.siblings import fixed
    >>> families = fixed("together", [0.5], [[0.3, 0.3]])
    >>> runs = families, on_families(families, "L1", [0.0, 0.05], steps=2, lr=0.01)
    >>> {name: of.tolist() for name, of in varied({("together", 2): runs}, {2: runs}, runs).items()}
    {'bias_change': [0.0], 'moved': [0.0]}

    Args:
        plain: As for `summarised`.
        biased: With encoder biases, by number of children. longer: Two children, trained for longer.
    """
    change = [of.share - plain["together", n][1].share for n, (_, of) in biased.items()]
    moved = longer[1].absorbed - plain["together", 2][1].absorbed
    return {
        "bias_change": np.concatenate([np.abs(of)[:, 1:].max((1, 2)) for of in change]),
        "moved": moved[:, 1:].mean((1, 2)),
    }


def _saved(families: Families, runs: FamilyRuns) -> Float[ndarray, " world"]:
    return (families.true_l0 - runs.l0[:, 1:].mean(1)) / (families.true_l0 - families.least_l0)
