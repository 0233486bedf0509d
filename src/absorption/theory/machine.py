"""Ask the machine that a statement names: an SMT solver over the reals, or computer algebra."""

from absorption.theory import algebra, smt
from absorption.theory.statement import Finding, Proposition, Statement


def check(statement: Statement) -> Finding:
    """What the machine says about one statement.

    >>> import sympy as sp
    >>> from absorption.theory.statement import less
    >>> x = sp.Symbol("x", real=True)
    >>> check(Statement("a square exceeds its root", less(x, x**2), given=(x > 1,))).outcome
    'proved'

    Raises:
        ValueError: the conditions contradict each other, so that nothing would be said.
    """
    return (smt if statement.by == "z3" else algebra).prove(statement.claim, statement.given)


def check_parts(proposition: Proposition) -> dict[str, Finding]:
    """What the machine found, by the words of each part of a proposition.

    >>> from absorption.theory.theorem import exponents
    >>> {finding.outcome for finding in check_parts(exponents()).values()}
    {'proved'}
    """
    return {part.words: check(part) for part in proposition.parts}
