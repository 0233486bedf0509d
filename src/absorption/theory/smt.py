"""From sympy to z3: a statement about all reals is proved when its negation has no solution.

z3's nonlinear solver (Jovanović & de Moura 2012, "Solving non-linear arithmetic") is complete for polynomials
over the reals. Roots become a new variable with its defining equation; max, min, absolute value and cases become
if-then-else. So the statement can be about an SAE's own forward pass, ReLU included.
"""

import time
from collections.abc import Iterable
from typing import Any

import sympy as sp
import z3
from sympy.logic.boolalg import And, Not, Or

from absorption.theory.statement import Condition, Expression, Finding

TIMEOUT_MS = 30_000
"""The solver gives up after this; every statement of the book takes well under a second."""

_RELATIONS = {
    sp.Eq: lambda a, b: a == b, sp.Ne: lambda a, b: a != b,
    sp.StrictLessThan: lambda a, b: a < b, sp.LessThan: lambda a, b: a <= b,
    sp.StrictGreaterThan: lambda a, b: a > b, sp.GreaterThan: lambda a, b: a >= b,
}  # fmt: skip


def prove(claim: Condition, given: Iterable[Condition] = (), timeout_ms: int = TIMEOUT_MS) -> Finding:
    """Decide whether the claim holds for all reals that meet the conditions.

    >>> import sympy as sp
    >>> from absorption.theory.statement import less
    >>> x = sp.Symbol("x", positive=True)
    >>> prove(less(x, x**2), given=[x > 1]).outcome, prove(less(x, x**2)).outcome
    ('proved', 'refuted')

    Args:
        claim: A relation between expressions built from rationals, symbols, + − × ÷, rational powers, Max, Min,
            Abs and Piecewise. Where a denominator is 0 or a root's argument negative, nothing is claimed.
        given: Conditions; the symbols' own assumptions (positive, negative, nonnegative) are added.
        timeout_ms: For each of the two questions to the solver.

    Raises:
        ValueError: no values meet the conditions, so that anything would follow; or two symbols share a name.
        TypeError: an expression that z3 has no theory for, such as a symbolic exponent.
    """
    start = time.perf_counter()
    translation = _Translation()
    conditions = [translation.boolean(condition) for condition in given]
    negation = z3.Not(translation.boolean(claim))
    solver = z3.SolverFor("QF_NRA", translation.context)
    solver.set("timeout", timeout_ms)
    solver.add(*conditions, *translation.side_conditions)
    if solver.check() == z3.unsat:
        raise ValueError(f"the conditions of '{claim}' contradict each other, so it says nothing.")
    solver.add(negation)
    answer = solver.check()
    seconds = time.perf_counter() - start
    if answer == z3.unsat:
        return Finding("proved", "z3: the negation has no real solution", seconds=seconds)
    if answer == z3.sat:
        found = {name: _number(solver.model().eval(v, True)) for name, v in translation.variables.items()}
        return Finding("refuted", "z3: a solution of the negation", found, seconds)
    return Finding("undecided", f"z3 gave up: {solver.reason_unknown()}", seconds=seconds)


class _Translation:
    """One z3 problem: its variables and the side conditions that define roots and quotients."""

    def __init__(self) -> None:
        # A context of its own, so that the solver's path does not depend on what was asked before.
        self.context = z3.Context()
        self.variables: dict[str, Any] = {}
        self.side_conditions: list[Any] = []
        self._symbols: dict[str, sp.Symbol] = {}
        self._roots: dict[tuple[Expression, int], Any] = {}

    def boolean(self, claim: Condition) -> Any:
        if claim is sp.true or claim is sp.false:
            return z3.BoolVal(claim is sp.true, self.context)
        if isinstance(claim, And | Or | Not):
            connect = {And: z3.And, Or: z3.Or, Not: z3.Not}[type(claim)]
            return connect(*(self.boolean(part) for part in claim.args))
        if type(claim) in _RELATIONS:
            return _RELATIONS[type(claim)](self.term(claim.args[0]), self.term(claim.args[1]))
        raise TypeError(f"z3 cannot be asked about {claim!r}.")

    def term(self, expression: Expression) -> Any:
        args: tuple[Expression, ...] = expression.args
        match expression:
            case sp.Rational():
                return z3.Q(int(expression.p), int(expression.q), self.context)
            case sp.Symbol():
                return self._variable(expression)
            case sp.Add():
                return z3.Sum([self.term(part) for part in args])
            case sp.Mul():
                return z3.Product([self.term(part) for part in args])
            case sp.Pow():
                return self._power(*args)
            case sp.Max() | sp.Min():
                return self._extreme(expression)
            case sp.Abs():
                inside = self.term(args[0])
                return z3.If(inside >= 0, inside, -inside)
            case sp.Piecewise():
                *cases, (otherwise, always) = args
                if always is not sp.true:
                    raise TypeError(f"the cases of {expression!r} leave a gap.")
                result = self.term(otherwise)
                for value, condition in reversed(cases):
                    result = z3.If(self.boolean(condition), self.term(value), result)
                return result
        raise TypeError(f"z3 has no theory for {expression!r} over the reals.")

    def _variable(self, symbol: sp.Symbol) -> Any:
        if self._symbols.setdefault(symbol.name, symbol) != symbol:
            raise ValueError(f"two symbols are called {symbol.name} but make different assumptions.")
        if symbol.name not in self.variables:
            variable = self.variables[symbol.name] = z3.Real(symbol.name, self.context)
            if symbol.is_positive:
                self.side_conditions.append(variable > 0)
            elif symbol.is_nonnegative:
                self.side_conditions.append(variable >= 0)
            elif symbol.is_negative:
                self.side_conditions.append(variable < 0)
        return self.variables[symbol.name]

    def _power(self, base: Expression, exponent: Expression) -> Any:
        if not isinstance(exponent, sp.Rational):
            raise TypeError(f"z3 has no theory for the exponent {exponent} over the reals.")
        times, root = int(exponent.p), int(exponent.q)
        inside = self._root(base, root) if root > 1 else self.term(base)
        power: Any = z3.Product([inside] * abs(times))
        if times > 0:
            return power
        self.side_conditions.append(inside != 0)
        return 1 / power

    def _root(self, base: Expression, degree: int) -> Any:
        if (base, degree) not in self._roots:
            root = self._roots[base, degree] = z3.Real(f"root{len(self._roots)}", self.context)
            self.side_conditions += [root >= 0, z3.Product([root] * degree) == self.term(base)]
        return self._roots[base, degree]

    def _extreme(self, expression: Expression) -> Any:
        result, *others = (self.term(part) for part in expression.args)
        for other in others:
            first = result >= other if isinstance(expression, sp.Max) else result <= other
            result = z3.If(first, result, other)
        return result


def _number(value: Any) -> float:
    """A z3 number as a float; an algebraic one to 12 digits."""
    if z3.is_algebraic_value(value):
        value = value.approx(12)
    return float(value.as_fraction())
