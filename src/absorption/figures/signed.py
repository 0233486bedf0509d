"""A change as words of a title."""


def signed(number: float, digits: int = 2) -> str:
    """With its sign, a true minus, and so many digits after the point.

    >>> signed(-0.126), signed(0.5, digits=1)
    ('−0.13', '+0.5')
    """
    return f"{number:+.{digits}f}".replace("-", "−")
