"""Propositions for the page: each as its `prf:` directive, and as a table of what was handed to the machine."""

from collections.abc import Mapping

import sympy as sp
from sympy.printing.str import StrPrinter

from absorption.theory.statement import Condition, Expression, Finding, Proposition, Sentence, Statement

KINDS = {"thm": "theorem", "prop": "proposition", "cor": "corollary"}
_NAMES = {"lambda": "λ", "delta": "δ", "mu": "μ", "epsilon": "ε"}
_SIGNS = {"==": "=", "<=": "≤", ">=": "≥", "!=": "≠"}
_ROOTS = {sp.Rational(1, 2): "√", sp.Rational(1, 4): "⁴√"}


class _Printer(StrPrinter):
    """sympy's own printer with the letters and signs of the page."""

    def _print_Symbol(self, expr: Expression) -> str:
        return _NAMES.get(str(expr), str(expr))

    def _print_Relational(self, expr: Expression) -> str:
        sign = _SIGNS.get(expr.rel_op, expr.rel_op)
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"

    def _print_Pow(self, expr: Expression, rational: bool = False) -> str:
        if expr.exp in _ROOTS:
            return f"{_ROOTS[expr.exp]}({self._print(expr.base)})"
        return super()._print_Pow(expr, rational).replace("**", "^")

    def _print_Mul(self, expr: Expression) -> str:
        return super()._print_Mul(expr).replace("*", "·")

    def _print_Max(self, expr: Expression) -> str:
        return f"max({self.stringify(expr.args, ', ')})"

    def _print_Min(self, expr: Expression) -> str:
        return f"min({self.stringify(expr.args, ', ')})"

    def _print_Abs(self, expr: Expression) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: Expression) -> str:
        cases = [f"{self._print(value)} if {self._print(when)}" for value, when in expr.args]
        return "(" + ", ".join(case.replace(" if True", " otherwise") for case in cases) + ")"

    def _print_Derivative(self, expr: Expression) -> str:
        ((variable, order),) = expr.variable_count
        power = "" if order == 1 else "²"
        return f"d{power}/d{self._print(variable)}{power} [{self._print(expr.expr)}]"

    def _print_Subs(self, obj: Expression) -> str:
        values = zip(obj.variables, obj.point, strict=True)
        at = ", ".join(f"{self._print(v)} = {self._print(x)}" for v, x in values)
        return f"[{self._print(obj.expr)} at {at}]"


def formula(condition: Condition) -> str:
    """A relation or an expression on one line, in the page's letters.

    >>> delta = sp.Symbol("delta", real=True)
    >>> formula(sp.Le(sp.sqrt(1 + delta**2), 2 * sp.Max(0, delta), evaluate=False))
    '√(δ^2 + 1) ≤ 2·max(0, δ)'
    """
    return _Printer().doprint(condition)


def asked_of(statement: Statement) -> str:
    """For which values a statement is asked: signs that its symbols carry, and its conditions.

    >>> delta, p11 = sp.Symbol("delta", real=True), sp.Symbol("p11", positive=True)
    >>> asked_of(Statement("an example", sp.Le(p11 * delta, p11), given=(sp.Lt(delta, 1),)))
    'p11 > 0; δ real; δ < 1'
    """
    symbols = statement.claim.free_symbols | {s for c in statement.given for s in c.free_symbols}
    signs = {"> 0": [], "≥ 0": [], "real": []}
    for symbol in sorted(symbols, key=str):
        sign = "> 0" if symbol.is_positive else "≥ 0" if symbol.is_nonnegative else "real"
        signs[sign].append(formula(symbol))
    domains = [f"{', '.join(names)} {sign}" for sign, names in signs.items() if names]
    return "; ".join([*domains, *map(formula, statement.given)])


def directive(proposition: Proposition) -> str:
    """The proposition and its proof as MyST Markdown, its sentences in order.

    >>> from absorption.theory.theorem import theorem
    >>> print(directive(theorem()).splitlines()[0])
    ::::{prf:theorem} Sparsity pays for absorption
    """
    kind = KINDS[proposition.label.split("-")[0]]
    title = proposition.name[0].upper() + proposition.name[1:]
    words = " ".join(sentence.words for sentence in proposition.sentences)
    return (
        f"::::{{prf:{kind}}} {title}\n:label: {proposition.label}\n\n{words}\n::::\n\n"
        f"::::{{prf:proof}}\n{proposition.proof}\n::::\n"
    )


def encodings(proposition: Proposition, findings: Mapping[str, Finding]) -> str:
    """Each sentence as printed, and a table of what was handed to the machine for it and the answer; steps by hand are named.

    >>> from absorption.theory.machine import check_parts
    >>> from absorption.theory.theorem import theorem
    >>> lines = encodings(theorem(), check_parts(theorem())).splitlines()
    >>> lines[0][:17], lines[6][:42]
    ('**1.** Let $p_{01', '| its slope is −λp11 | `d/dδ [λ·(p10 + p11')

    Args:
        proposition: The proposition.
        findings: By the words of each statement, as `check_parts` gives them.
    """
    sentences = enumerate(proposition.sentences, start=1)
    return "\n\n".join(
        f"**{number}.** {sentence.words}\n\n{_encodings(sentence, findings)}"
        for number, sentence in sentences
    )


def _encodings(sentence: Sentence, findings: Mapping[str, Finding]) -> str:
    rows = ["| statement in words | formula handed over | asked for all | answer |", "|---|---|---|---|"]
    for part in sentence.parts:
        answer = f"{findings[part.words].outcome} ({part.by})"
        asked = asked_of(part)
        rows.append(
            f"| {part.words} | {_code(formula(part.claim))} | {_code(asked) if asked else '–'} | {answer} |"
        )
    if sentence.by_hand:
        rows.append(f"| {sentence.by_hand} | | | by hand |")
    return "\n".join(rows)


def counterexamples(findings: Mapping[str, Finding], statements: Mapping[str, Statement]) -> str:
    """A table of false statements: words, formula, and the point at which each fails.

    >>> from absorption.theory.falsehoods import falsehoods
    >>> from absorption.theory.machine import check
    >>> binary = falsehoods()[3]
    >>> print(counterexamples({binary.words: check(binary)}, {binary.words: binary}).splitlines()[2][:36])
    | activations are 0 or 1 on the whol

    Args:
        findings, statements: Both by the statement's words.
    """
    rows = [
        "| statement in words | formula handed over | asked for all | answer | fails at |",
        "|---|---|---|---|---|",
    ]
    for words, finding in findings.items():
        at = ", ".join(
            f"{_NAMES.get(name, name)} = {value:.4g}" for name, value in finding.counterexample.items()
        )
        statement = statements[words]
        asked = _code(asked_of(statement)) if asked_of(statement) else "–"
        rows.append(
            f"| {words} | {_code(formula(statement.claim))} | {asked} | {finding.outcome} ({statement.by}) | {at} |"
        )
    return "\n".join(rows)


def _code(text: str) -> str:
    return f"`{text}`"
