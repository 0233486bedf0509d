"""Statements as data: what is claimed, under which conditions, and what a machine found.

A proposition is made of sentences, and each sentence rests on formal statements. Because they are data, the page can
print sentence and encoding side by side, and a test can break each one and see the machine object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sympy as sp

# Names for the reader: what sympy's own annotations infer is wider than what its functions return.
Expression = Any
"""A sympy expression, or a number."""
Matrix = Any
"""A sympy matrix; activations are rows."""
Condition = Any
"""A sympy relation, or And, Or, Not of relations."""

Outcome = Literal["proved", "refuted", "undecided"]


@dataclass(frozen=True)
class Finding:
    """What a machine says about one statement."""

    outcome: Outcome
    """`refuted` always comes with a counterexample; `undecided` means that the machine gave up."""
    method: str
    """How it was found, in words."""
    counterexample: Mapping[str, float] = field(default_factory=dict)
    """Values of the variables at which the statement is false."""
    seconds: float = 0.0
    """Time that it took; differs from run to run."""


@dataclass(frozen=True)
class Statement:
    """One claim about all values of its variables that meet the conditions.

    >>> import sympy as sp
    >>> statement = Statement("a square is not negative", at_most(0, sp.Symbol("x", real=True) ** 2))
    >>> statement.claim, statement.broken().claim
    (0 <= x**2, 0 > x**2)

    The assumptions of the sympy symbols (positive, nonnegative) are conditions as well.
    """

    words: str
    claim: Condition
    given: tuple[Condition, ...] = ()
    by: Literal["z3", "sympy"] = "z3"
    """`z3`: decides polynomial statements (with roots, max and min) over the reals.
    `sympy`: identities, and signs that follow from the symbols' assumptions, for general exponents."""

    def broken(self) -> "Statement":
        """A false neighbour: an equation with 1/1000 added to one side, an inequality turned round."""
        left, right = self.claim.lhs, self.claim.rhs
        if isinstance(self.claim, sp.Eq):
            wrong = equal(left, right + sp.Rational(1, 1000))
        else:
            wrong = self.claim.negated
        return replace(self, words=f"broken: {self.words}", claim=wrong)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the book with the formal statements that it rests on.

    >>> Sentence("A square is not negative.", (Statement("x² ≥ 0", at_most(0, sp.Symbol("x", real=True) ** 2)),)).by_hand
    ''
    """

    words: str
    """As printed, with formulas."""
    parts: tuple[Statement, ...]
    by_hand: str = ""
    """What leads from the statements to the sentence and is left to the reader: no machine checked it."""


@dataclass(frozen=True)
class Proposition:
    """A theorem, proposition or corollary of the book."""

    label: str
    """The label of its `prf:` directive on the page; `thm-`, `prop-` or `cor-` says what it is."""
    name: str
    sentences: tuple[Sentence, ...]
    proof: str
    """For readers, with formulas."""

    @property
    def parts(self) -> tuple[Statement, ...]:
        """The formal statements of all its sentences."""
        return tuple(part for sentence in self.sentences for part in sentence.parts)


def equal(left: Expression, right: Expression) -> Condition:
    """left = right, left alone: sympy would decide it by itself where it can.

    >>> equal(1, 1)
    Eq(1, 1)
    """
    return sp.Eq(sp.sympify(left), sp.sympify(right), evaluate=False)


def less(left: Expression, right: Expression) -> Condition:
    """left < right, left alone.

    >>> less(2, 1)
    2 < 1
    """
    return sp.StrictLessThan(sp.sympify(left), sp.sympify(right), evaluate=False)


def at_most(left: Expression, right: Expression) -> Condition:
    """left ≤ right, left alone.

    >>> at_most(1, sp.Symbol("x"))
    1 <= x
    """
    return sp.LessThan(sp.sympify(left), sp.sympify(right), evaluate=False)
