"""What sympy can decide for general exponents: identities, and signs that follow from assumptions.

A difference that simplifies to 0 proves an identity; a difference whose sign follows from the assumptions of its
symbols proves an inequality. A statement is refuted only by a point where it is false.
"""

import time
from collections.abc import Iterable

import numpy as np
import sympy as sp

from absorption.theory.statement import Condition, Expression, Finding

SAMPLES = 200
"""Points tried in search of a counterexample."""


def prove(claim: Condition, given: Iterable[Condition] = ()) -> Finding:
    """Decide whether the claim follows from the assumptions of its symbols.

    >>> import sympy as sp
    >>> from absorption.theory.statement import less
    >>> x, p = sp.symbols("x p", positive=True)
    >>> prove(less(0, x**p)).outcome, prove(less(x, 1)).outcome
    ('proved', 'refuted')

    Args:
        claim: An equation or an inequality; exponents may be symbols.
        given: Further conditions. They narrow the search for a counterexample; a proof does not use them, so a
            statement proved here holds without them too.
    """
    start = time.perf_counter()
    conditions = tuple(given)
    difference = (
        claim.lhs - claim.rhs
    ).doit()  # derivatives and values at a point are written, not worked out
    if _follows(claim, difference):
        method = (
            "sympy: the difference simplifies to 0"
            if isinstance(claim, sp.Eq)
            else "sympy: sign of the difference"
        )
        return Finding("proved", method, seconds=time.perf_counter() - start)
    point = _counterexample(claim, difference, conditions)
    seconds = time.perf_counter() - start
    if point is not None:
        return Finding("refuted", "sympy: false at a sampled point", point, seconds)
    return Finding("undecided", "sympy: neither proved nor refuted", seconds=seconds)


def _follows(claim: Condition, difference: Expression) -> bool:
    """Whether simplification or the assumptions settle it."""
    if isinstance(claim, sp.Eq):
        return any(form(difference) == 0 for form in (sp.expand, sp.simplify, _exponential))
    wanted = {
        sp.StrictLessThan: "is_negative", sp.LessThan: "is_nonpositive",
        sp.StrictGreaterThan: "is_positive", sp.GreaterThan: "is_nonnegative", sp.Ne: "is_nonzero",
    }[type(claim)]  # fmt: skip
    return any(getattr(form(difference), wanted) for form in (sp.expand, sp.factor, sp.simplify))


def _exponential(expression: Expression) -> Expression:
    """Powers of positive bases as exponentials, in which equal powers cancel."""
    return sp.simplify(sp.powsimp(sp.expand(expression.rewrite(sp.exp))))


def _counterexample(
    claim: Condition, difference: Expression, given: tuple[Condition, ...]
) -> dict[str, float] | None:
    """A point that meets the assumptions and the conditions and where the claim is false by a clear margin."""
    generator = np.random.default_rng(0)
    symbols = sorted(difference.free_symbols | {s for c in given for s in c.free_symbols}, key=str)
    for _ in range(SAMPLES):
        point = {symbol: _draw(symbol, generator) for symbol in symbols}
        if not all(bool(condition.subs(point)) for condition in given):
            continue
        value = sp.N(difference.subs(point))
        if not value.is_real or (isinstance(claim, sp.Eq) and abs(value) < 1e-9):
            continue
        if not bool(claim.func(value, 0)):
            return {symbol.name: float(number) for symbol, number in point.items()}
    return None


def _draw(symbol: sp.Symbol, generator: np.random.Generator) -> Expression:
    """A rational between 0 and 3, or between −3 and 3 for a symbol of either sign."""
    number = sp.Rational(int(generator.integers(1, 300)), 100)
    either_sign = not (symbol.is_positive or symbol.is_nonnegative)
    return -number if either_sign and generator.random() < 0.5 else number
