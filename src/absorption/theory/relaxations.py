"""Other worlds and other pressures: child alone, correlated features, random magnitudes, weight decay.

Where a term pulls against absorption the loss is convex in δ and the optimum can lie inside (0, 1).
"""

import sympy as sp

from absorption.theory.delta import (
    DELTA,
    END,
    LAMBDA,
    P01,
    P10,
    P11,
    START,
    family,
    loss,
    squared_norm,
    states,
)
from absorption.theory.statement import Expression, Proposition, Statement, at_most, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))
DECAY = sp.Symbol("mu", positive=True)
COSINE = sp.Symbol("c", real=True)
ROOT = sp.sqrt(1 + DELTA**2)


def child_alone() -> Proposition:
    """The child sometimes appears without its parent.

    >>> from absorption.theory.machine import check
    >>> part = child_alone().parts[0]
    >>> part.words, check(part).outcome
    ('the loss of the forward pass', 'proved')
    """
    chances = {"parent": P10, "both": P11, "child": P01}
    total = loss(family(DELTA), states(), **chances)
    weighted = loss(family(DELTA), states(), weighted=True, **chances)
    slope = 2 * P01 * DELTA + LAMBDA * ((P11 + P01) * DELTA / ROOT - P11)
    return Proposition(
        "prop-child-alone",
        "child sometimes alone",
        "With p01 > 0 the loss gains p01 δ², so δ* = min(1, λp11/(2p01)). Counting decoder length, δ* solves "
        "2p01 δ + λ(p11 + p01)δ/√(1 + δ²) = λp11 and is smaller.",
        (
            Statement(
                "the loss of the forward pass",
                equal(total, P01 * DELTA**2 + LAMBDA * (P11 * (2 - DELTA) + P10 + P01)),
                ON_PATH,
            ),
            *balance(total, gain=LAMBDA * P11, cost=2 * P01, formula="λp11/(2p01)"),
            Statement(
                "decoder length counted: the loss of the forward pass",
                equal(weighted, P01 * DELTA**2 + LAMBDA * (P11 * (1 - DELTA + ROOT) + P10 + P01 * ROOT)),
                ON_PATH,
            ),
            Statement(
                "its slope",
                equal(
                    sp.diff(P01 * DELTA**2 + LAMBDA * (P11 * (1 - DELTA + ROOT) + P10 + P01 * ROOT), DELTA),
                    slope,
                ),
                by="sympy",
            ),
            Statement(
                "which increases",
                less(slope.subs(DELTA, START), slope.subs(DELTA, END)),
                (sp.Lt(START, END),),
            ),
            Statement(
                "its zero lies below the plain optimum",
                less(DELTA, LAMBDA * P11 / (2 * P01)),
                (sp.Gt(DELTA, 0), sp.Eq(slope, 0)),
            ),
        ),
    )


def correlated() -> Proposition:
    """Features that are not orthogonal.

    >>> from absorption.theory.machine import check
    >>> part = correlated().parts[3]
    >>> part.words, check(part).outcome
    ('its slope', 'proved')
    """
    world, sae = states(COSINE), family(DELTA, COSINE)
    angle = (sp.Gt(COSINE, -1), sp.Lt(COSINE, 1))
    plain = loss(sae, world, parent=P10, both=P11)
    weighted = loss(sae, world, weighted=True, parent=P10, both=P11)
    length = sp.sqrt(1 + 2 * COSINE * DELTA + DELTA**2)
    formula = P11 * (1 - DELTA + length) + P10
    slope = (COSINE + DELTA) / length - 1
    gain = 2 - sp.sqrt(2 + 2 * COSINE)
    return Proposition(
        "prop-cosine",
        "features at cosine c",
        "Reconstruction stays exact. Counting decoder length, the cost falls on [0, 1] for every c in (−1, 1), by "
        "(2 − √(2 + 2c))p11 in total: 0 as c → 1, more than 2 − √2 for c < 0. Without decoder length c plays no part.",
        (
            Statement("reconstruction is exact", equal(sae.error(world["parent"]) + sae.error(world["both"]), 0), (*ON_PATH, *angle)),
            Statement("plain L1 does not see the angle", equal(plain, LAMBDA * (P11 * (2 - DELTA) + P10)), (*ON_PATH, *angle)),
            Statement("decoder length counted: the loss of the forward pass", equal(weighted, LAMBDA * formula), (*ON_PATH, *angle)),
            Statement("its slope", equal(sp.diff(formula, DELTA), P11 * slope), by="sympy"),
            Statement("is negative before δ = 1, at every angle", less(slope, 0), (sp.Lt(DELTA, 1), *angle)),
            Statement("total gain", equal(formula.subs(DELTA, 0) - formula.subs(DELTA, 1), P11 * gain), by="sympy"),
            Statement("the gain falls as the features align", less(gain.subs(COSINE, END), gain.subs(COSINE, START)), (sp.Ge(START, -1), sp.Lt(START, END), sp.Le(END, 1))),
            Statement("it vanishes at c = 1", equal(gain.subs(COSINE, 1), 0), by="sympy"),
            Statement("and is 2 at c = −1", equal(gain.subs(COSINE, -1), 2), by="sympy"),
        ),
    )  # fmt: skip


def random_magnitude() -> Proposition:
    """The parent's magnitude m varies, given the child.

    >>> from absorption.theory.machine import check
    >>> part = random_magnitude().parts[0]
    >>> part.words, check(part).outcome
    ('the loss of the forward pass, at one m', 'proved')
    """
    magnitude = sp.Symbol("m", positive=True)
    world, sae = states(), family(DELTA)
    x = magnitude * world["parent"] + world["child"]
    cost = sae.error(x) + LAMBDA * sae.penalty(x)
    formula = sp.Max(0, DELTA - magnitude) ** 2 + LAMBDA * (1 + sp.Max(0, magnitude - DELTA))
    at_a = formula.subs(DELTA, START)
    slope_at_a = 2 * sp.Max(0, START - magnitude) - LAMBDA * sp.Piecewise((1, magnitude > START), (0, True))
    low, width = sp.symbols("low width", positive=True)
    best = low + (sp.sqrt(LAMBDA**2 + 4 * LAMBDA * width) - LAMBDA) / 2
    return Proposition(
        "prop-magnitude",
        "random parent magnitude",
        "If the parent has magnitude m given the child, the loss of one m is (δ − m)₊² + λ(1 + (m − δ)₊). So δ* solves "
        "λ P(m > δ) = 2 E[(δ − m)₊], for any distribution of m. For m uniform on [l, l + w] it is "
        "l + (√(λ² + 4λw) − λ)/2: partial absorption.",
        (
            Statement("the loss of the forward pass, at one m", equal(cost, formula), (sp.Ge(DELTA, 0),)),
            # Averaged over m this is the proof: where the mean slope is 0 no other δ costs less.
            Statement(
                "every chord lies above the slope 2(δ − m)₊ − λ·1[m > δ]",
                at_most(at_a + slope_at_a * (END - START), formula.subs(DELTA, END)),
            ),
            Statement(
                "uniform m: the closed form solves the equation",
                equal(LAMBDA * (low + width - best), (best - low) ** 2),
            ),
            Statement("and lies between the extremes of m", less(sp.Max(low, best), sp.Min(best + width, low + width)), ()),
            Statement("absorption is free up to the smallest m: error 0", equal(sae.error(x), 0), (sp.Ge(DELTA, 0), sp.Le(DELTA, magnitude))),
        ),
    )  # fmt: skip


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
        "Decay μ on the printed encoder adds μδ²: δ* = min(1, λp11/(2μ)). Decay on encoder and decoder adds 2μδ²: "
        "δ* = min(1, λp11/(4μ)). With unit decoders the encoder alone carries 2μδ², the penalty counts decoder "
        "length, and δ* solves λp11(1 − δ/√(1 + δ²)) = 4μδ: full absorption needs λp11 ≥ 4μ/(1 − 1/√2).",
        (
            Statement("the encoder's squared norm is 2 + δ²", equal(encoder, 2 + DELTA**2), by="sympy"),
            *balance(plain + DECAY * encoder, gain=LAMBDA * P11, cost=2 * DECAY, formula="λp11/(2μ)"),
            Statement("with the decoder's it is 4 + 2δ²", equal(encoder + decoder, 4 + 2 * DELTA**2), by="sympy"),
            *balance(plain + DECAY * (encoder + decoder), gain=LAMBDA * P11, cost=4 * DECAY, formula="λp11/(4μ)"),
            Statement("unit decoder: the encoder's squared norm is 2 + 2δ²", equal(unit_encoder, 2 + 2 * DELTA**2), by="sympy"),
            Statement("unit decoder: the loss of the forward pass", equal(unit, unit_formula), ON_PATH),
            Statement("unit decoder: its slope", equal(sp.diff(unit_formula, DELTA), unit_slope), by="sympy"),
            Statement("unit decoder: the slope increases, so there is one minimum", less(unit_slope.subs(DELTA, START), unit_slope.subs(DELTA, END)), (sp.Lt(START, END),)),
            Statement("unit decoder: the slope is still ≤ 0 at δ = 1 from λp11 = 4μ/(1 − 1/√2) on", at_most(unit_slope.subs(DELTA, 1), 0), (sp.Ge(LAMBDA * P11, threshold),)),
            Statement("unit decoder: below that, absorption is partial", less(0, unit_slope.subs(DELTA, 1)), (sp.Lt(LAMBDA * P11, threshold),)),
            Statement("unit decoder: a zero of the slope lies below λp11/(4μ)", less(DELTA, LAMBDA * P11 / (4 * DECAY)), (sp.Gt(DELTA, 0), sp.Eq(unit_slope, 0))),
        ),
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
