"""An interval as a small picture in a line of text: where it lies, and where its bounds are."""

from absorption.claims import Evidence, Predicate

WIDTH, HEIGHT, MARGIN = 110, 16, 4


def bar(evidence: Evidence, predicate: Predicate | None = None) -> str:
    """Inline SVG: the interval as a thick line, the estimate and the predicate's bounds as ticks.

    The scale holds interval, bounds and zero where zero is near. Colours come from the page's style, so that
    both themes show it; screen readers skip it, for the numbers stand beside it.
    """
    low, high = evidence.interval
    value = float(evidence.value or 0.0)
    bounds = [b for b in (predicate.above, predicate.below) if b is not None] if predicate else []
    marks = [low, value, high, *map(float, bounds)]
    left, right = min(marks), max(marks)
    if (left > 0 and left < right - left) or left == right:
        left = min(0.0, left)
    right = right if right > left else left + 1.0
    pad = 0.08 * (right - left)

    def x(number: float) -> str:
        position = MARGIN + (number - left + pad) / (right - left + 2 * pad) * (WIDTH - 2 * MARGIN)
        return f"{position:.1f}"

    middle = HEIGHT / 2
    parts = [f'<line class="bar-axis" x1="0" x2="{WIDTH}" y1="{HEIGHT - 2}" y2="{HEIGHT - 2}"/>']
    parts += [f'<line class="bar-bound" x1="{x(b)}" x2="{x(b)}" y1="1" y2="{HEIGHT - 1}"/>' for b in bounds]
    if not evidence.exact:
        parts.append(f'<line class="bar-interval" x1="{x(low)}" x2="{x(high)}" y1="{middle}" y2="{middle}"/>')
    parts.append(f'<line class="bar-value" x1="{x(value)}" x2="{x(value)}" y1="3" y2="{HEIGHT - 3}"/>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg class="interval-bar" {size} aria-hidden="true">{"".join(parts)}</svg>'
