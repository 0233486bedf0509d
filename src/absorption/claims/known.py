"""Evidence over those blocks that have a number."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from absorption.claims.evidence import EVERYWHERE, Evidence, Range


def of_known(
    name: str,
    samples: Iterable[float | int],
    needed: str,
    *,
    least: int = 2,
    of: str = "seeds",
    possible: Range = EVERYWHERE,
    note: str = "",
) -> Evidence:
    """The mean of the samples that are finite, with Student's interval; not available where there are too few of them.

    >>> silent = of_known("silent", [0.1, float("nan"), 0.3], "SAEs have a split letter, two are needed", possible=(0, 1))
    >>> round(silent.value, 2), silent.n
    (0.2, 2)
    >>> print(of_known("silent", [float("nan")], "SAEs have a split letter, two are needed"))
    not available: 0 SAEs have a split letter, two are needed

    Args:
        name: Of the evidence.
        samples: One number a block, nan for a block that has none.
        needed: What there were too few of, and how many are needed; how many there are is written before it.
        least: So many have to be there.
        of, possible, note: As for `Evidence.of_samples`.

    Raises:
        ValueError: a sample that is impossible, or one alone where `least` is below two.
    """
    values = [float(sample) for sample in samples if math.isfinite(sample)]
    if len(values) < least:
        return Evidence.not_available(name, f"{len(values)} {needed}")
    return Evidence.of_samples(name, values, of=of, possible=possible, note=note)


def of_each_known(samples: Mapping[str, Iterable[float | int]], needed: str, **how: Any) -> list[Evidence]:
    """One piece of evidence for each name, in their order: `of_known` of its samples.

    >>> found = of_each_known({"silent": [0.1, 0.3], "full": [float("nan"), 0.2]}, "SAEs have one, two are needed", possible=(0, 1))
    >>> [str(one) for one in found][1]
    'not available: 1 SAEs have one, two are needed'

    Args:
        samples: By the evidence's name, one number a block, nan for a block that has none.
        needed: As for `of_known`.
        how: `least`, `of`, `possible` and `note` of `of_known`, the same for all.

    Raises:
        ValueError: as `of_known`.
    """
    return [of_known(name, values, needed, **how) for name, values in samples.items()]
