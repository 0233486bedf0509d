"""Numbers as words of a title."""

from absorption.figures.series import Series


def signed(number: float, digits: int = 2) -> str:
    """With its sign, a true minus, and so many digits after the point.

    >>> signed(-0.126), signed(0.5, digits=1)
    ('−0.13', '+0.5')
    """
    return f"{number:+.{digits}f}".replace("-", "−")


def plus_minus(series: Series, digits: int = 2) -> list[str]:
    """Each number with half the length of its interval, so many digits after the point, a true minus.

    >>> import numpy as np
    >>> plus_minus(Series("", "child", np.array([-0.25]), np.array([-0.31]), np.array([-0.19])))
    ['−0.25 ± 0.06']

    Args:
        series: Numbers whose intervals lie evenly about them, as those of means do that no range clips.
        digits: After the point.

    Raises:
        ValueError: the series has no intervals.
    """
    if series.high is None:
        raise ValueError(f"series {series.label!r} has no intervals.")
    ends = zip(series.center, series.high, strict=True)
    return [f"{c:.{digits}f} ± {top - c:.{digits}f}".replace("-", "−") for c, top in ends]
