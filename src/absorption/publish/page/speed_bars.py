"""Bars as plain HTML: they take the colours of the theme and the width of the screen, and need no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Bar:
    """One bar.

    Args:
        name: What it is of.
        value: Its length, above zero.
        words: The value as it is written.
        note: A line below the name.
        missed: Whether it is past what was allowed.
    """

    name: str
    value: float
    words: str
    note: str = ""
    missed: bool = False


def bars(question: str, caption: str, found: Sequence[Bar], log: bool = False, mark: float = 1.0) -> str:
    """A figure with one bar a line, and a line across all of them; empty where there is no bar.

    Args:
        question: What the figure answers.
        caption: What the lengths are.
        found: The bars, in their order.
        log: Whether lengths are logarithmic; bars then begin at `mark`.
        mark: The value at which all bars have a line.
    """
    if not found:
        return ""
    at = _scale([bar.value for bar in found] + [mark], log)
    lines = "\n".join(_line(bar, at(bar.value), at(mark), log) for bar in found)
    return (
        f'<figure class="speed-picture"><figcaption><strong>{escape(question)}</strong> {escape(caption)}</figcaption>\n'
        f"<dl>\n{lines}\n</dl></figure>"
    )


def _line(bar: Bar, at: float, mark: float, log: bool) -> str:
    """A term and its bar; places are in percent of the width."""
    low, high = (min(at, mark), max(at, mark)) if log else (0.0, at)
    note = f"<small>{escape(bar.note)}</small>" if bar.note else ""
    kind = "speed-bar speed-missed" if bar.missed else "speed-bar"
    return (
        f"<dt>{escape(bar.name)}{note}</dt>"
        f'<dd><span class="speed-track"><span class="{kind}" style="left: {low:.2f}%; width: {high - low:.2f}%"></span>'
        f'<span class="speed-mark" style="left: {mark:.2f}%"></span></span>'
        f'<span class="speed-words">{escape(bar.words)}</span></dd>'
    )


def _scale(values: Sequence[float], log: bool):
    """From a value to its place in percent: the longest bar takes all of it."""
    if not log:
        top = max(values)
        return lambda value: 100 * value / top
    low, high = math.log10(min(values)), math.log10(max(values))
    return lambda value: 100 * (math.log10(value) - low) / ((high - low) or 1.0)
