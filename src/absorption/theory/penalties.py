"""Other penalties: decoder length free, decoder length counted, any exponent, a hard limit on L0."""

import sympy as sp

from absorption.theory.delta import (
    DELTA,
    END,
    EXPONENT,
    LAMBDA,
    P10,
    P11,
    REST,
    START,
    SymbolicSAE,
    family,
    loss,
    mean,
    states,
)  # fmt: skip
from absorption.theory.statement import Expression, Proposition, Statement, at_most, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))
SCALE = sp.Symbol("scale", positive=True)


def rescaling() -> Proposition:
    """Without a norm there is nothing to minimise.

    >>> from absorption.theory.machine import check
    >>> part = rescaling().parts[1]
    >>> part.words, check(part).outcome
    ('plain L1 is divided by the scale', 'proved')
    """
    world, sae = states(), family(DELTA)
    rescaled = SymbolicSAE(encoder=sae.encoder / SCALE, decoder=sae.decoder * SCALE)
    chances = {"parent": P10, "both": P11}

    def penalty(of: SymbolicSAE, weighted: bool) -> Expression:
        return mean({s: of.penalty(world[s], weighted) for s in chances}, **chances)

    error = mean({s: rescaled.error(world[s]) for s in chances}, **chances)
    goal = sp.Symbol("epsilon", positive=True)
    enough = (P11 * (2 - DELTA) + P10) / goal
    return Proposition(
        "prop-rescaling",
        "no norm, no minimum",
        "Dividing the encoder by s and multiplying the decoder by s keeps every reconstruction and divides plain "
        "L1 by s: its infimum is 0 and is not attained. The norm-weighted penalty does not change.",
        (
            Statement("reconstruction stays exact at every scale", equal(error, 0), ON_PATH),
            Statement("plain L1 is divided by the scale", equal(penalty(rescaled, False), penalty(sae, False) / SCALE), ON_PATH),
            Statement(
                "so it reaches any ε > 0, at scale (p11(2 − δ) + p10)/ε",
                equal(penalty(rescaled, False).subs(SCALE, enough), goal),
                ON_PATH,
            ),
            Statement("the norm-weighted penalty does not feel the scale", equal(penalty(rescaled, True), penalty(sae, True)), ON_PATH),
        ),
    )  # fmt: skip


def norm_weighted() -> Proposition:
    """The penalty of real SAEs: activations times decoder norms, or unit decoders.

    >>> from absorption.theory.machine import check
    >>> part = norm_weighted().parts[2]
    >>> part.words, check(part).outcome
    ('slope −p11 at δ = 0', 'proved')
    """
    total = loss(family(DELTA), states(), weighted=True, parent=P10, both=P11)
    formula = P11 * (1 - DELTA + sp.sqrt(1 + DELTA**2)) + P10
    slope = P11 * (DELTA / sp.sqrt(1 + DELTA**2) - 1)
    return Proposition(
        "prop-norm",
        "decoder length counted",
        "With the norm-weighted penalty (or unit decoders) the cost is p11(1 − δ + √(1 + δ²)) + p10: its slope rises "
        "from −p11 to −(1 − 1/√2)p11 ≈ −0.293 p11, the total gain is (2 − √2)p11 ≈ 0.586 p11, and δ = 1 is still "
        "the only minimum.",
        (
            Statement("the loss of the forward pass", equal(total, LAMBDA * formula), ON_PATH),
            Statement("its slope", equal(sp.diff(formula, DELTA), slope), by="sympy"),
            Statement("slope −p11 at δ = 0", equal(slope.subs(DELTA, 0), -P11), by="sympy"),
            Statement("slope −(1 − 1/√2)p11 at δ = 1", equal(slope.subs(DELTA, 1), -(1 - 1 / sp.sqrt(2)) * P11), by="sympy"),
            Statement("the slope is negative everywhere before 1", less(slope, 0), (sp.Lt(DELTA, 1),)),
            Statement("and rises", less(slope.subs(DELTA, START), slope.subs(DELTA, END)), (sp.Lt(START, END),)),
            Statement("total gain (2 − √2)p11", equal(formula.subs(DELTA, 0) - formula.subs(DELTA, 1), (2 - sp.sqrt(2)) * P11), by="sympy"),
            Statement("δ = 1 is the only minimum over all real δ", less(total.subs(DELTA, 1), total), (sp.Ne(DELTA, 1),)),
        ),
    )  # fmt: skip


def weighted_exponents() -> Proposition:
    """The sum of p-th powers of norm-weighted activations.

    >>> from absorption.theory.machine import check
    >>> part = weighted_exponents().parts[0]
    >>> part.words, check(part).outcome
    ('slope of the cost', 'proved')
    """
    cost = (1 - DELTA) ** EXPONENT + (1 + DELTA**2) ** (EXPONENT / 2)
    slope = EXPONENT * (DELTA * (1 + DELTA**2) ** (EXPONENT / 2 - 1) - (1 - DELTA) ** (EXPONENT - 1))
    half, excess = sp.Rational(1, 2), sp.Symbol("q", positive=True)
    # For p ≤ 1: a power with exponent p − 1 ≤ 0 of a number in (0, 1] is at least 1, one with p/2 − 1 < 0 of a
    # number ≥ 1 at most 1. With these two bounds the sign of the slope is a polynomial question.
    large, small = sp.symbols("A B", positive=True)
    square = cost.subs(EXPONENT, 2)
    # For p = 1 + q the second derivative is p times this, with δ = 1 − u and t = δ.
    t = sp.Symbol("t", nonnegative=True)
    second = sp.diff(cost, DELTA, 2).subs(EXPONENT, 1 + excess)
    curvature = (1 + excess) * (
        excess * (1 - DELTA) ** (excess - 1) + (1 + DELTA**2) ** ((excess - 3) / 2) * (1 + excess * DELTA**2)
    )
    return Proposition(
        "prop-exponent-norm",
        "any exponent, decoder length counted",
        "For (1 − δ)^p + (1 + δ²)^(p/2): δ* = 1 for p ≤ 1; one interior minimum for p > 1; at p = 2 it is δ* = 1/2 and "
        "full absorption ties with none; for p > 2 full absorption costs more than none, yet some absorption "
        "still costs less than none at every p.",
        (
            Statement("slope of the cost", equal(sp.diff(cost, DELTA).subs(DELTA, 1 - REST), slope.subs(DELTA, 1 - REST)), by="sympy"),
            Statement(
                "p ≤ 1: the slope is negative on [0, 1)",
                less(DELTA * small, large),
                (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1), sp.Ge(large, 1), sp.Le(small, 1)),
            ),
            *(
                Statement(
                    f"p = {p}: full absorption is the only minimum",
                    less(cost.subs(EXPONENT, p).subs(DELTA, 1), cost.subs(EXPONENT, p)),
                    (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1)),
                )
                for p in (half, sp.Integer(1))
            ),
            Statement("every p: the slope at δ = 0 is −p, so some absorption always pays", equal(slope.subs(DELTA, 0), -EXPONENT), by="sympy"),
            Statement("p > 1: the slope at δ = 1 is p·2^(p/2−1) > 0, so the minimum lies inside", less(0, slope.subs(EXPONENT, 1 + excess).subs(DELTA, 1)), by="sympy"),
            Statement("p > 1: the second derivative", equal(second.subs(DELTA, 1 - REST), curvature.subs(DELTA, 1 - REST)), by="sympy"),
            Statement(
                "is positive, so there is one minimum",
                less(0, (excess * REST ** (excess - 1) + (1 + t**2) ** ((excess - 3) / 2) * (1 + excess * t**2))),
                by="sympy",
            ),
            Statement("p = 2: δ = 1/2 is the only minimum", less(square.subs(DELTA, half), square), (sp.Ne(DELTA, half),)),
            Statement("p = 2: full absorption ties with none", equal(square.subs(DELTA, 0), square.subs(DELTA, 1)), by="sympy"),
            Statement("full minus none is 2^(p/2) − 2", equal(cost.subs(DELTA, 1) - cost.subs(DELTA, 0), 2 ** (EXPONENT / 2) - 2), by="sympy"),
            Statement("which increases with p (and is 0 at p = 2)", less(0, sp.diff(2 ** (EXPONENT / 2) - 2, EXPONENT)), by="sympy"),
            *_large_exponents(cost),
            _root_has_the_same_minima(cost),
        ),
    )  # fmt: skip


def _large_exponents(cost: sp.Expr) -> tuple[Statement, ...]:
    quarter = sp.Rational(1, 4)
    return tuple(
        Statement(
            f"p = {p}: the point δ = 1/4 costs less than none, full absorption more",
            less(cost.subs({EXPONENT: p, DELTA: quarter}), sp.Min(2, cost.subs({EXPONENT: p, DELTA: 1}))),
        )
        for p in (3, 4)
    )


def _root_has_the_same_minima(cost: sp.Expr) -> Statement:
    of_root = sp.diff(cost ** (1 / EXPONENT), DELTA)
    of_sum = sp.diff(cost, DELTA) * cost ** (1 / EXPONENT - 1) / EXPONENT
    return Statement(
        "SAELens' p-th root has the same minima",
        equal(of_root.subs(DELTA, 1 - REST), of_sum.subs(DELTA, 1 - REST)),
        by="sympy",
    )


def hard_sparsity() -> Proposition:
    """L0, TopK and any limit on the mean number of active latents.

    >>> from absorption.theory.machine import check
    >>> part = hard_sparsity().parts[1]
    >>> part.words, check(part).outcome
    ('L0 is 1 at δ = 1', 'proved')
    """
    world, sae = states(), family(DELTA)
    z = sae.encode(world["both"])
    l0 = sum((sp.Piecewise((1, entry > 0), (0, True)) for entry in z), sp.Integer(0))
    # TopK with k = 1 keeps the larger activation; z2 = 1 wins whenever δ > 0 and ties at δ = 0.
    kept = sp.Matrix(
        [[sp.Piecewise((z[0], z[0] > z[1]), (0, True)), sp.Piecewise((z[1], z[1] >= z[0]), (0, True))]]
    )
    missed = sum(((x - r) ** 2 for x, r in zip(world["both"], sae.decode(kept), strict=True)), sp.Integer(0))
    n11, n10, activation = sp.symbols("n11 n10 z", positive=True)
    d_parent, d_child = sp.symbols("d_parent d_child", real=True)
    return Proposition(
        "prop-l0",
        "TopK and L0",
        "L0 on child states is 2 for every δ in [0, 1) and 1 at δ = 1: no slope, one jump. With k = 2, δ costs "
        "nothing; with k = 1 the error is p11(1 − δ)². Any SAE without decoder bias that reconstructs both states "
        "exactly with a mean L0 below the true one has a latent along f1 + f2.",
        (
            Statement("L0 is 2 before full absorption", equal(l0, 2), (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1))),
            Statement("L0 is 1 at δ = 1", equal(l0.subs(DELTA, 1), 1), by="sympy"),
            Statement("k = 2 is indifferent: the error is 0 for every δ in [0, 1]", equal(sae.error(world["both"]), 0), ON_PATH),
            Statement("k = 1: the error is (1 − δ)²", equal(missed, (1 - DELTA) ** 2), ON_PATH),
            Statement("k = 1: only δ = 1 reconstructs", less(0, missed), (sp.Ne(DELTA, 1),)),
            Statement(
                "a mean L0 below 2 p11 + p10 leaves fewer than two latents for both together",
                less(n11, 2),
                (sp.Ge(n10, 1), sp.Lt(P11 * n11 + P10 * n10, 2 * P11 + P10)),
            ),
            Statement(
                "one latent alone reproduces f1 + f2 only with equal components: δ = 1",
                equal(d_parent, d_child),
                (sp.Eq(activation * d_parent, 1), sp.Eq(activation * d_child, 1)),
            ),
            Statement("and one latent saves at least p11 against two", at_most(P11, (2 * P11 + P10) - (P11 + P10)), by="sympy"),
        ),
    )  # fmt: skip
