"""Numbers as cells of a table."""

import math
from collections.abc import Mapping


def written(numbers: Mapping[str, float], digits: int = 3) -> dict[str, str]:
    """Each with so many digits after the point; a dash where there is none.

    >>> written({"F1": 0.71, "full": float("nan")}, digits=2)
    {'F1': '0.71', 'full': '–'}

    Args:
        numbers: By their titles; what is not finite is not available.
        digits: After the point.
    """
    return {title: f"{value:.{digits}f}" if math.isfinite(value) else "–" for title, value in numbers.items()}
