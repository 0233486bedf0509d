"""Claims about all of a family: one exception is enough, so the worst member is what is judged."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from absorption.claims.evidence import Evidence, Range


def of_worst(
    name: str,
    samples: Mapping[str, Iterable[float | int]],
    pick: Callable[..., Evidence],
    against: float,
    possible: Range = (0, 1),
    of: str = "seeds",
) -> Evidence:
    """The member whose mean is least (or largest), with an interval that allows for having picked it; Holm's procedure.

    >>> absorbed = {"TopK": [0.2, 0.3, 0.4], "JumpReLU": [0.1, 0.1, 0.2]}
    >>> least = of_worst("least", absorbed, min, against=0.05)
    >>> least.note, round(least.value, 2)
    ('JumpReLU; Holm over 2 comparisons', 0.13)

    Args:
        name: Of the evidence.
        samples: Numbers of each member, such as one a seed.
        pick: `min` or `max`.
        against: The bound that each member is compared with.
        possible: The range in which the numbers can lie.
        of: What they are one of, in the plural.

    Raises:
        ValueError: as `Evidence.of_samples`.
    """
    worst = pick(
        Evidence.family(samples, against=against, possible=possible, of=of), key=lambda one: one.value
    )
    return replace(worst, name=name, note=f"{worst.name}; {worst.note}")
