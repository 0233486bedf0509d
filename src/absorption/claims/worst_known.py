"""The worst of a family over those blocks that have a number."""

import math
from collections.abc import Callable, Iterable, Mapping

from absorption.claims.evidence import Evidence, Range
from absorption.claims.families import of_worst


def worst_known(
    name: str,
    samples: Mapping[str, Iterable[float | int]],
    pick: Callable[..., Evidence],
    against: float,
    needed: str,
    *,
    of: str = "seeds",
    possible: Range = (0, 1),
) -> Evidence:
    """`families.of_worst` of the samples that are finite; not available where a member has fewer than two.

    >>> worst_known("least", {"apart": [0.2, 0.4, float("nan")], "meet": [0.5, 0.6]}, min, 0.05, "two each are needed").note
    'apart; Holm over 2 comparisons'
    >>> print(worst_known("least", {"apart": [0.2, float("nan")], "meet": [0.5, 0.6]}, min, 0.05, "two each are needed"))
    not available: two each are needed

    Args:
        name: Of the evidence.
        samples: Numbers of each member, one a block, nan for a block that has none.
        pick: `min` or `max`.
        against: The bound that each member is compared with.
        needed: Why there is no number where a member has too few.
        of, possible: As for `of_worst`.

    Raises:
        ValueError: a sample that is impossible.
    """
    finite = {
        member: [value for value in values if math.isfinite(value)] for member, values in samples.items()
    }
    if min(map(len, finite.values())) < 2:
        return Evidence.not_available(name, needed)
    return of_worst(name, finite, pick, against, possible, of)
