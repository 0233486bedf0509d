"""Weight decay, and the balance of a linear gain with a quadratic cost.

Where a term pulls against absorption the loss is convex in δ and the optimum can lie inside (0, 1).
"""

import sympy as sp

from absorption.theory.delta import DELTA, END, LAMBDA, P10, P11, START, family, loss, squared_norm, states
from absorption.theory.statement import Expression, Proposition, Sentence, Statement, at_most, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))
DECAY = sp.Symbol("mu", positive=True)
ROOT = sp.sqrt(1 + DELTA**2)


def weight_decay() -> Proposition:
    """Decay μ‖W‖² on the encoder alone, on both sides, and on the encoder of a unit-decoder SAE.

    >>> from absorption.theory.machine import check
    >>> part = weight_decay().parts[0]
    >>> part.words, check(part).outcome
    ("the encoder's squared norm is 2 + δ²", 'proved')
    """
    sae = family(DELTA)
    encoder, decoder = squared_norm(sae.encoder), squared_norm(sae.decoder)
    # A unit decoder moves d2's length into the encoder: e2 = √(1 + δ²) f2.
    unit_encoder = squared_norm(sae.encoder[:, 0]) + (1 + DELTA**2) * squared_norm(sae.encoder[:, 1])
    plain = loss(sae, states(), parent=P10, both=P11)
    weighted = loss(sae, states(), weighted=True, parent=P10, both=P11)

    unit = weighted + DECAY * unit_encoder
    unit_formula = LAMBDA * (P11 * (1 - DELTA + ROOT) + P10) + DECAY * (2 + 2 * DELTA**2)
    unit_slope = LAMBDA * P11 * (DELTA / ROOT - 1) + 4 * DECAY * DELTA
    threshold = 4 * DECAY / (1 - 1 / sp.sqrt(2))
    return Proposition(
        "prop-decay",
        "weight decay",
        (
            Sentence(
                r"Add $\mu \lVert W \rVert^2$. On the printed encoder alone it adds $\mu\delta^2$: $\delta^* = \min\!\big(1, \lambda p_{11}/(2\mu)\big)$.",
                (
                    Statement("the encoder's squared norm is 2 + δ²", equal(encoder, 2 + DELTA**2), by="sympy"),
                    *balance(plain + DECAY * encoder, gain=LAMBDA * P11, cost=2 * DECAY, formula="λp11/(2μ)"),
                ),
            ),
            Sentence(
                r"On encoder and decoder together it adds $2\mu\delta^2$: $\delta^* = \min\!\big(1, \lambda p_{11}/(4\mu)\big)$.",
                (
                    Statement("with the decoder's it is 4 + 2δ²", equal(encoder + decoder, 4 + 2 * DELTA**2), by="sympy"),
                    *balance(plain + DECAY * (encoder + decoder), gain=LAMBDA * P11, cost=4 * DECAY, formula="λp11/(4μ)"),
                ),
            ),
            Sentence(
                r"With decoder rows of length 1 the encoder alone carries $2\mu\delta^2$, the penalty counts decoder length, and $\delta^*$ solves $\lambda p_{11}\big(1 - \delta/\sqrt{1+\delta^2}\big) = 4\mu\delta$; "
                r"full absorption then needs $\lambda p_{11} \ge 4\mu/(1 - 1/\sqrt 2)$.",
                (
                    Statement("unit decoder: the encoder's squared norm is 2 + 2δ²", equal(unit_encoder, 2 + 2 * DELTA**2), by="sympy"),
                    Statement("unit decoder: the loss of the forward pass", equal(unit, unit_formula), ON_PATH),
                    Statement("unit decoder: its slope", equal(sp.Derivative(unit_formula, DELTA), unit_slope), by="sympy"),
                    Statement("unit decoder: the slope increases, so there is one minimum", less(unit_slope.subs(DELTA, START), unit_slope.subs(DELTA, END)), (sp.Lt(START, END),)),
                    Statement("unit decoder: the slope is still ≤ 0 at δ = 1 from λp11 = 4μ/(1 − 1/√2) on", at_most(unit_slope.subs(DELTA, 1), 0), (sp.Ge(LAMBDA * P11, threshold),)),
                    Statement("unit decoder: below that, absorption is partial", less(0, unit_slope.subs(DELTA, 1)), (sp.Lt(LAMBDA * P11, threshold),)),
                    Statement("unit decoder: a zero of the slope lies below λp11/(4μ)", less(DELTA, LAMBDA * P11 / (4 * DECAY)), (sp.Gt(DELTA, 0), sp.Eq(unit_slope, 0))),
                ),
                by_hand="Rows of length 1 move the length √(1 + δ²) of d2 into e2.",
            ),
        ),
        r"$\lVert e_1\rVert^2 + \lVert e_2\rVert^2 = 2 + \delta^2$, and the decoder has the same. A decoder row of length 1 moves $\sqrt{1 + \delta^2}$ into "
        r"$e_2$, which makes the encoder's norm $2 + 2\delta^2$. A linear gain against a quadratic cost gives the first two, a slope that increases the third.",
    )  # fmt: skip


def balance(
    total: Expression, gain: Expression, cost: Expression, formula: str
) -> tuple[Statement, Statement]:
    """Where a linear gain meets a quadratic cost: δ* = min(1, gain/cost), one statement for each case.

    >>> inside, capped = balance(DELTA**2 - 2 * P11 * DELTA, gain=2 * P11, cost=sp.Integer(2), formula="p11")
    >>> inside.words
    'p11 ≤ 1: every other real δ costs more than δ = p11'
    """
    best, more = sp.Symbol("best", positive=True), sp.Symbol("more", nonnegative=True)
    # Each condition on the gain is substituted: the solver then sees fewer variables.
    inside = sp.expand(total - total.subs(DELTA, best)).subs(gain, cost * best)
    capped = sp.expand(total - total.subs(DELTA, 1)).subs(gain, cost * (1 + more))
    return (
        Statement(
            f"{formula} ≤ 1: every other real δ costs more than δ = {formula}",
            less(0, inside),
            (sp.Le(best, 1), sp.Ne(DELTA, best)),
        ),
        Statement(
            f"{formula} ≥ 1: every other real δ costs more than δ = 1", less(0, capped), (sp.Ne(DELTA, 1),)
        ),
    )
