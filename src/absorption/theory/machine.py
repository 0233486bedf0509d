"""Ask the machine that a statement names: an SMT solver over the reals, or computer algebra."""

from absorption.theory import algebra, smt
from absorption.theory.statement import Finding, Proposition, Statement


def check(statement: Statement) -> Finding:
    """What the machine says about one statement.

    Raises:
        ValueError: the conditions contradict each other, so that nothing would be said.
    """
    return (smt if statement.by == "z3" else algebra).prove(statement.claim, statement.given)


def check_parts(proposition: Proposition) -> dict[str, Finding]:
    """What the machine found, by the words of each part of a proposition."""
    return {part.words: check(part) for part in proposition.parts}
