"""Evidence of many quantities that are measured alike."""

from collections.abc import Iterable, Mapping
from typing import Any

from absorption.claims.evidence import Evidence


def of_each(samples: Mapping[str, Iterable[float | int]], **how: Any) -> list[Evidence]:
    """One piece of evidence for each name, in their order: `Evidence.of_samples` of its samples.

    >>> [str(one) for one in of_each({"wide": [0.2, 0.2], "narrow": [1.0, 1.0]}, of="worlds", possible=(0, 1))]
    ['0.2, 0.2 to 0.2, 2 worlds', '1, 1 to 1, 2 worlds']

    Args:
        samples: By the evidence's name, one number a block.
        how: `of`, `statistic`, `possible`, `level`, `unit` and `note` of `Evidence.of_samples`, the same for all.

    Raises:
        ValueError: as `Evidence.of_samples`.
    """
    return [Evidence.of_samples(name, values, **how) for name, values in samples.items()]


def of_ranges(
    samples: Mapping[tuple[float, float], Mapping[str, Iterable[float | int]]], **how: Any
) -> list[Evidence]:
    """The same for quantities of several kinds, gathered by the range that they cannot leave.

    >>> [one.name for one in of_ranges({(0, 1): {"absorbed": [0.2, 0.3]}, (-1, 1): {"gain": [-0.1, 0.1]}})]
    ['absorbed', 'gain']

    Args:
        samples: By their range, then by the evidence's name.
        how: As for `of_each`, without `possible`.

    Raises:
        ValueError: as `Evidence.of_samples`.
    """
    return [one for possible, these in samples.items() for one in of_each(these, possible=possible, **how)]
