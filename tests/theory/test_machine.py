"""The two checkers on statements whose truth is known by hand."""

import pytest
import sympy as sp

from absorption.theory import algebra, smt
from absorption.theory.statement import Statement, at_most, equal, less

X, Y = sp.symbols("x y", real=True)
P = sp.Symbol("p", positive=True)


@pytest.mark.parametrize(
    "claim",
    [
        at_most(0, X**2),
        equal(sp.Max(X, -X), sp.Abs(X)),
        equal(sp.Min(X, Y) + sp.Max(X, Y), X + Y),
        at_most(X * Y, (X**2 + Y**2) / 2),
        equal(sp.sqrt(X**2), sp.Abs(X)),
        equal(sp.Rational(1, 3) * 3, 1),
        equal(P ** sp.Rational(3, 2), P * sp.sqrt(P)),
        equal(P ** sp.Rational(-1, 2) * sp.sqrt(P), 1),
        at_most(sp.Piecewise((X, X > 0), (0, True)), sp.Abs(X)),
        less(0, P),
        less(sp.Symbol("n", negative=True), 0),
        at_most(0, sp.Symbol("n", nonnegative=True)),
    ],
    ids=str,
)
def test_z3_proves_what_is_true(claim):
    assert smt.prove(claim).outcome == "proved"


@pytest.mark.parametrize(
    ("claim", "at"),
    [(less(0, X**2), {"x": 0.0}), (equal(X, 2), None), (at_most(X**2, 2), None), (less(P, 1), None)],
)
def test_z3_refutes_what_is_false_and_says_where(claim, at):
    finding = smt.prove(claim)
    assert finding.outcome == "refuted"
    assert at is None or dict(finding.counterexample) == at
    assert not bool(
        claim.subs(
            {
                sp.Symbol(n, **claim.free_symbols.copy().pop().assumptions0): v
                for n, v in finding.counterexample.items()
            }
        )
    )


def test_conditions_are_used():
    assert smt.prove(at_most(X, X**2)).outcome == "refuted"
    assert smt.prove(at_most(X, X**2), (sp.Ge(X, 1),)).outcome == "proved"
    assert smt.prove(less(X, 2), (sp.Or(sp.Lt(X, 0), sp.Eq(X, 1)),)).outcome == "proved"
    assert smt.prove(less(0, X), (sp.Not(sp.Le(X, 1)),)).outcome == "proved"


def test_a_variable_that_plays_no_part_has_a_value_in_the_counterexample():
    finding = smt.prove(less(0, X), (sp.Ge(Y**2, 0, evaluate=False),))
    assert set(finding.counterexample) == {"x", "y"} and finding.counterexample["x"] <= 0


def test_an_algebraic_counterexample_is_accurate():
    finding = smt.prove(sp.Ne(X**2, 2, evaluate=False), (sp.Gt(X, 0),))
    assert finding.counterexample["x"] == pytest.approx(2**0.5, abs=1e-11)


def test_contradictory_conditions_prove_nothing():
    with pytest.raises(ValueError, match="contradict"):
        smt.prove(less(X, 0), (sp.Gt(X, 1), sp.Lt(X, 0)))


def test_what_z3_cannot_express_is_refused():
    with pytest.raises(TypeError, match="exponent"):
        smt.prove(less(0, P**X))
    with pytest.raises(TypeError, match="no theory"):
        smt.prove(less(0, sp.sin(X)))
    with pytest.raises(TypeError, match="gap"):
        smt.prove(less(0, sp.Piecewise((X, X > 0))))


def test_two_symbols_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two symbols are called x"):
        smt.prove(less(X, sp.Symbol("x", positive=True)))


def test_a_solver_that_gives_up_is_undecided(monkeypatch):
    hard = at_most(X**5 * Y**7 + X * Y, X**8 + Y**14 + 1)
    assert smt.prove(hard, timeout_ms=1).outcome in ("undecided", "proved")

    class GivesUp:
        def set(self, *args): ...
        def add(self, *args): ...
        def check(self):
            return smt.z3.unknown

        def reason_unknown(self):
            return "canceled"

    monkeypatch.setattr(smt.z3, "SolverFor", lambda *args: GivesUp())
    finding = smt.prove(at_most(0, X**2))
    assert (finding.outcome, finding.method) == ("undecided", "z3 gave up: canceled")


def test_the_answer_does_not_depend_on_what_was_asked_before():
    claim = less(X**2 + Y**2, 5)
    first = smt.prove(claim).counterexample
    smt.prove(at_most(X * Y, (X**2 + Y**2) / 2))
    assert smt.prove(claim).counterexample == first


def test_sympy_proves_identities_and_signs_at_general_exponents():
    assert algebra.prove(equal(sp.diff(X**P, X), P * X ** (P - 1))).outcome == "proved"
    assert algebra.prove(less(0, P**X)).outcome == "proved"
    assert algebra.prove(at_most(0, P + X**2)).outcome == "proved"


def test_sympy_refutes_with_a_point_inside_the_conditions():
    finding = algebra.prove(less(P**P, 2), (sp.Gt(P, 2),))
    assert finding.outcome == "refuted"
    assert finding.counterexample["p"] > 2
    assert algebra.prove(equal(P**2, P)).outcome == "refuted"


def test_sympy_says_so_when_it_cannot_tell():
    assert algebra.prove(less(0, P - sp.log(1 + P))).outcome == "undecided"


def test_a_broken_statement_is_its_false_neighbour():
    equation = Statement("e", equal(X, X)).broken()
    assert equation.claim.rhs - equation.claim.lhs == sp.Rational(1, 1000)
    turned = Statement("i", less(X, Y)).broken()
    assert isinstance(turned.claim, sp.GreaterThan)
