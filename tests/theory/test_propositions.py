"""The book's statements: each is proved, each broken copy is refuted, and each false one has a counterexample."""

import json
import re
from pathlib import Path

import pytest
import sympy as sp

from absorption.theory.catalogue import propositions
from absorption.theory.delta import DELTA
from absorption.theory.falsehoods import falsehoods
from absorption.theory.machine import check
from absorption.theory.penalties import cheapest_at_the_end
from absorption.theory.rendering import asked_of, formula
from absorption.theory.statement import Finding, Statement

PROPOSITIONS = propositions()
STATEMENTS = [pytest.param(s, id=f"{p.label}: {s.words}") for p in PROPOSITIONS for s in p.parts]
PAGE = Path(__file__).parents[2] / "book" / "claims" / "01_delta_absorption.ipynb"
ERRATA = (Path(__file__).parents[2] / "book" / "errata.md").read_text(encoding="utf-8")


def is_false_there(statement: Statement, finding: Finding) -> bool:
    """Whether the statement's conditions hold and its claim fails at the counterexample, by sympy alone."""
    symbols = statement.claim.free_symbols | {s for c in statement.given for s in c.free_symbols}
    # A variable that the counterexample leaves out is one that plays no part.
    point = {s: sp.Float(finding.counterexample.get(s.name, 0.5)) for s in symbols}
    slack = 1e-6  # roots and equations come back to twelve digits

    def holds(relation, within: float) -> bool:
        gap = float((relation.lhs - relation.rhs).doit().subs(point))
        return {
            sp.Eq: abs(gap) <= within, sp.Ne: abs(gap) > -within,
            sp.StrictLessThan: gap < within, sp.LessThan: gap <= within,
            sp.StrictGreaterThan: gap > -within, sp.GreaterThan: gap >= -within,
        }[type(relation)]  # fmt: skip

    given = all(holds(condition, slack) for condition in statement.given if condition is not sp.true)
    return given and not holds(statement.claim, -1e-12 if not isinstance(statement.claim, sp.Eq) else 1e-9)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_statement_is_proved(statement):
    assert check(statement).outcome == "proved"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_broken_statement_is_refuted_where_it_fails(statement):
    broken = statement.broken()
    finding = check(broken)
    assert finding.outcome == "refuted"
    assert is_false_there(broken, finding)


@pytest.mark.parametrize("statement", falsehoods(), ids=lambda s: s.words)
def test_each_falsehood_is_refuted_where_it_fails(statement):
    finding = check(statement)
    assert finding.outcome == "refuted"
    assert finding.counterexample
    assert is_false_there(statement, finding)


POINT = {
    "delta": 0.5, "p": 2, "p00": 0.25, "p10": 0.5, "p11": 0.25, "lambda": 1, "a": 1, "b": 2, "others": 1, "mu": 1, "best": 0.25,
}  # fmt: skip
SIDES = {
    "as printed: the p-norm of (1 − δ, 1) is (2 − δ)^(1/p)": (1.25**0.5, 1.5**0.5),
    "beyond δ = 1 too, more absorption costs less": (0.75 + 0.25, 0.25 + 0.5),  # at δ = 2 and at δ = 1
    "as printed: the p-norm over all latents is the norm of these two plus that of the others (p = 2)": (
        2.25**0.5,
        1.25**0.5 + 1,
    ),
    "activations are 0 or 1 on the whole path": (0.25, 0),
    "decoder length plays no part": (0.5 + 0.25 * (0.5 + 1.25**0.5), 0.5 + 0.25 * 1.5),
    "at p = 3 no absorption is the cheapest": (2, 0.125 + 1.25**1.5),
    # From δ = 1/4 to 1/2 the penalty falls by λp11/4 = μ/4, and δ² rises by 3/16.
    "encoder decay alone gives δ* = λp11/(4μ)": (0, -0.25 + 0.1875),
    "with a decoder bias absorption is still the cheapest": (0.5 + 2**0.5 / 4, 0.5),
    "with a decoder bias too, no exact SAE without a latent along f1 + f2 has a mean L0 below the true one": (
        1,
        0.5,
    ),
    "tied weights always keep the truth": (1, 0.75 * 2**0.5),
}
"""Left and right side of each falsehood at that point, by hand."""


@pytest.mark.parametrize("statement", falsehoods(), ids=lambda s: s.words)
def test_a_falsehood_says_what_its_words_say(statement):
    def at(expression):
        return expression.subs({symbol: POINT[symbol.name] for symbol in expression.free_symbols})

    sides = float(at(statement.claim.lhs)), float(at(statement.claim.rhs))
    assert sides == pytest.approx(SIDES[statement.words])
    assert all(at(condition) == sp.true for condition in statement.given)


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("with true features each of two latents costs at least λ − λ²/4", {"u": 0.5}),
        (
            "no reconstruction of an activation of length n costs less than λn − λ²/4",
            {"u": 1.5, "v": 0, "n": 2},
        ),
    ],
)
def test_a_bound_is_attained_by_what_is_shrunk_by_half_of_lambda(words, at):
    (bound,) = (s.claim for p in PROPOSITIONS for s in p.parts if s.words == words)
    gap = bound.lhs - bound.rhs
    assert gap.subs({symbol: (at | {"lambda": 1})[symbol.name] for symbol in gap.free_symbols}) == 0


def test_what_is_said_of_the_path_is_said_of_its_middle():
    elsewhere = set()
    for statement in (s for p in PROPOSITIONS for s in p.parts):
        on_delta = [c for c in statement.given if c.free_symbols == {DELTA}]
        if not all(c.subs(DELTA, sp.Rational(1, 2)) == sp.true for c in on_delta):
            elsewhere.add(statement.words)
    assert elsewhere == {
        "beyond δ = 1 the parent is over-counted: error p11(δ − 1)², penalty constant",
        "p = 2: δ = 1/2 is the only minimum",
    }


MEANT = {
    # d1 and d2 of the rotation by 60°
    "both fire on f1 and on f1 + f2: the columns are unit vectors": {
        "x1": sp.Rational(1, 2), "y1": sp.sqrt(3) / 2, "x2": sp.sqrt(3) / 2, "y2": -sp.Rational(1, 2),
    },
    "a mean L0 below 2 p11 + p10 leaves fewer than two latents for both together": {"n10": 1, "n11": 1.9, "p11": 0.1, "p10": 0.5},
}  # fmt: skip
"""A point that the conditions of a statement are meant to let in."""


@pytest.mark.parametrize("words", MEANT)
def test_conditions_let_in_what_they_are_meant_for(words):
    (statement,) = (s for p in PROPOSITIONS for s in p.parts if s.words == words)
    for condition in (*statement.given, statement.claim):
        met = condition.subs({symbol: MEANT[words][symbol.name] for symbol in condition.free_symbols})
        assert sp.simplify(met) == sp.true


def test_every_proposition_stands_on_the_page_once():
    cells = json.loads(PAGE.read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    shown = "".join("".join(data.get("text/markdown", "")) for data in outputs)
    assert sorted(re.findall(r":label: (\S+)", shown)) == sorted(p.label for p in PROPOSITIONS)
    assert all(sentence.words in shown for p in PROPOSITIONS for sentence in p.sentences)
    assert all(
        f"| {part.words} | `{formula(part.claim)}` |" in shown for p in PROPOSITIONS for part in p.parts
    )


def test_the_errata_point_at_propositions_that_exist():
    cited = set(re.findall(r"\{prf:ref\}`([^`]+)`", ERRATA))
    assert cited == {p.label for p in PROPOSITIONS}


def test_words_are_unique_within_a_proposition():
    for proposition in PROPOSITIONS:
        assert len({s.words for s in proposition.parts}) == len(proposition.parts)


@pytest.mark.parametrize(
    ("exponent", "outcome"),
    [(sp.Rational(1, 2), "proved"), (1, "proved"), (2, "refuted"), (3, "refuted"), (4, "refuted")],
)
def test_with_length_counted_full_absorption_is_cheapest_up_to_exponent_one(exponent, outcome):
    assert check(cheapest_at_the_end(sp.sympify(exponent))).outcome == outcome


SIGNS = {
    "=": sp.Eq, "≤": sp.LessThan, "<": sp.StrictLessThan, "≥": sp.GreaterThan, ">": sp.StrictGreaterThan, "≠": sp.Ne,
}  # fmt: skip


def test_a_formula_on_the_page_is_the_one_that_was_asked():
    letters = {
        "λ": "lambda",
        "δ": "delta",
        "μ": "mu",
        "ε": "epsilon",
        "⁴√": "root4",
        "√": "sqrt",
        "·": "*",
        "^": "**",
    }
    calls = {"max": sp.Max, "min": sp.Min, "root4": lambda x: sp.root(x, 4), "abs": sp.Abs}
    compared = 0
    for statement in (s for p in PROPOSITIONS for s in p.parts):
        printed = formula(statement.claim)
        if any(mark in printed for mark in ("[", " if ", "F(")):
            continue  # derivatives, values at a point, cases
        for sign, name in letters.items():
            printed = printed.replace(sign, name)
        left, sign, right = re.split(" (=|≤|<|≥|>|≠) ", printed)
        assert type(statement.claim) is SIGNS[sign], statement.words
        symbols = {s.name: s for s in statement.claim.free_symbols}
        for text, side in ((left, statement.claim.lhs), (right, statement.claim.rhs)):
            # `lambda` is a word of Python's.
            read = sp.sympify(
                text.replace("lambda", "lam"), locals=symbols | calls | {"lam": symbols.get("lambda")}
            )
            assert sp.simplify(read - side) == 0, statement.words
        compared += 1
    assert compared > 60


def test_what_is_asked_for_names_every_variable_and_condition():
    for statement in (s for p in PROPOSITIONS for s in p.parts):
        asked = asked_of(statement)
        assert all(formula(s) in asked for s in statement.claim.free_symbols)
        assert all(formula(condition) in asked for condition in statement.given)
