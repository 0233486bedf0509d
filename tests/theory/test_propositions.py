"""The book's statements: each is proved, each broken copy is refuted, and each false one has a counterexample."""

import re
from pathlib import Path

import pytest
import sympy as sp

from absorption.theory.catalogue import propositions
from absorption.theory.falsehoods import falsehoods
from absorption.theory.machine import check
from absorption.theory.statement import Finding, Statement, summarise

PROPOSITIONS = propositions()
STATEMENTS = [pytest.param(s, id=f"{p.label}: {s.words}") for p in PROPOSITIONS for s in p.parts]
PAGE = (Path(__file__).parents[2] / "notebooks" / "01_delta_absorption.py").read_text(encoding="utf-8")
ERRATA = (Path(__file__).parents[2] / "book" / "errata.md").read_text(encoding="utf-8")


def is_false_there(statement: Statement, finding: Finding) -> bool:
    """Whether the statement's conditions hold and its claim fails at the counterexample, by sympy alone."""
    symbols = statement.claim.free_symbols | {s for c in statement.given for s in c.free_symbols}
    # A variable that the counterexample leaves out is one that plays no part.
    point = {s: sp.Float(finding.counterexample.get(s.name, 0.5)) for s in symbols}
    slack = 1e-6  # roots and equations come back to twelve digits

    def holds(relation, within: float) -> bool:
        gap = float((relation.lhs - relation.rhs).subs(point))
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


def test_a_proposition_is_only_as_good_as_its_weakest_part():
    proved, refuted, undecided = (Finding(outcome, "") for outcome in ("proved", "refuted", "undecided"))
    assert summarise({"a": proved, "b": proved}) == "proved"
    assert summarise({"a": proved, "b": undecided}) == "undecided"
    assert summarise({"a": undecided, "b": refuted}) == "refuted"


def test_every_proposition_stands_on_the_page_once():
    labels = re.findall(r":label: (\S+)", PAGE)
    assert labels == [p.label for p in PROPOSITIONS]


def test_the_errata_point_at_propositions_that_exist():
    cited = set(re.findall(r"\{prf:ref\}`([^`]+)`", ERRATA))
    assert cited == {p.label for p in PROPOSITIONS}


def test_words_are_unique_within_a_proposition():
    for proposition in PROPOSITIONS:
        assert len({s.words for s in proposition.parts}) == len(proposition.parts)
