"""Other penalties: decoder length free, decoder length counted, any exponent. (A limit on L0: `counting`.)"""

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
from absorption.theory.statement import Expression, Proposition, Sentence, Statement, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))
SCALE = sp.Symbol("s", positive=True)
COST = (1 - DELTA) ** EXPONENT + (1 + DELTA**2) ** (EXPONENT / 2)
"""Σ (z‖d‖)^p where both are present, for the family."""


def rescaling() -> Proposition:
    """Without a norm there is nothing to minimise.

    >>> from absorption.theory.machine import check
    >>> part = rescaling().parts[1]
    >>> part.words, check(part).outcome
    ('its value is divided by s', 'proved')
    """
    world, sae = states(), family(DELTA)
    rescaled = SymbolicSAE(encoder=sae.encoder / SCALE, decoder=sae.decoder * SCALE)
    chances = {"parent": P10, "both": P11}
    a, norm, goal = (
        sp.Symbol("a", real=True),
        sp.Symbol("n", positive=True),
        sp.Symbol("epsilon", positive=True),
    )
    plain = mean({state: rescaled.penalty(world[state]) for state in chances}, **chances)
    error = mean({state: rescaled.error(world[state]) for state in chances}, **chances)
    enough = (P11 * (2 - DELTA) + P10) / goal
    return Proposition(
        "prop-rescaling",
        "no norm, no minimum",
        (
            Sentence(
                "Divide the encoder by $s$ and multiply the decoder by $s$. Every reconstruction stays, and plain L1 is divided by $s$.",
                (
                    Statement("what a latent writes, from any pre-activation a, stays", equal(SCALE * sp.Max(0, a / SCALE), sp.Max(0, a))),
                    Statement("its value is divided by s", equal(sp.Max(0, a / SCALE), sp.Max(0, a) / SCALE)),
                ),
                by_hand="Added up over latents and inputs.",
            ),
            Sentence(
                "The infimum of plain L1 among exact SAEs is 0, and none of them attains it.",
                (
                    Statement("the family stays exact at every scale", equal(error, 0), ON_PATH),
                    Statement("and reaches any ε > 0, at scale (p11(2 − δ) + p10)/ε", equal(plain.subs(SCALE, enough), goal), ON_PATH),
                ),
                by_hand="A code that is 0 everywhere reconstructs nothing.",
            ),
            Sentence(
                r"The norm-weighted penalty $\sum_i z_i \lVert d_i \rVert$ does not change.",
                (Statement("a value times the length of its row does not feel the scale", equal(sp.Max(0, a / SCALE) * (SCALE * norm), sp.Max(0, a) * norm)),),
            ),
        ),
        r"$\mathrm{ReLU}(a/s) = \mathrm{ReLU}(a)/s$ for $s > 0$, and the decoder multiplies it by $s$ again. So an SAE has to count the "
        r"decoder's length, by the norm-weighted penalty or by decoder rows of length 1. These are the same problem: put $\lVert d_i \rVert$ into $z_i$.",
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
        (
            Sentence(
                r"The norm-weighted penalty of the family is $p_{11}\big(1 - \delta + \sqrt{1 + \delta^2}\big) + p_{10}$ on $[0, 1]$.",
                (Statement("the loss of the forward pass", equal(total, LAMBDA * formula), ON_PATH),),
            ),
            Sentence(
                r"Its slope rises from $-p_{11}$ at $\delta = 0$ to $-(1 - 1/\sqrt 2)\,p_{11}$ at $\delta = 1$ and stays negative.",
                (
                    Statement("its slope", equal(sp.Derivative(formula, DELTA), slope), by="sympy"),
                    Statement("slope −p11 at δ = 0", equal(sp.Subs(slope, DELTA, 0), -P11), by="sympy"),
                    Statement("slope −(1 − 1/√2)p11 at δ = 1", equal(sp.Subs(slope, DELTA, 1), -(1 - 1 / sp.sqrt(2)) * P11), by="sympy"),
                    Statement("the slope is negative everywhere before 1", less(slope, 0), (sp.Lt(DELTA, 1),)),
                    Statement("and rises", less(slope.subs(DELTA, START), slope.subs(DELTA, END)), (sp.Lt(START, END),)),
                ),
            ),
            Sentence(
                r"The whole gain is $(2 - \sqrt 2)\,p_{11}$ and not $p_{11}$.",
                (Statement("total gain (2 − √2)p11", equal(sp.Subs(formula, DELTA, 0) - sp.Subs(formula, DELTA, 1), (2 - sp.sqrt(2)) * P11), by="sympy"),),
            ),
            Sentence(
                r"$\delta = 1$ is still the only minimum of the loss.",
                (Statement("δ = 1 is the only minimum over all real δ", less(total.subs(DELTA, 1), total), (sp.Ne(DELTA, 1),)),),
            ),
        ),
        r"$\frac{d}{d\delta}\sqrt{1+\delta^2} = \delta/\sqrt{1+\delta^2} < 1$ increases with $\delta$. Beyond $\delta = 1$ penalty and error both grow.",
    )  # fmt: skip


def cheapest_at_the_end(exponent: Expression) -> Statement:
    """The print's conclusion at one exponent, decoder length counted: absorbing everything is cheapest on the path. False for p > 1.

    >>> from absorption.theory.machine import check
    >>> check(cheapest_at_the_end(sp.Integer(1))).outcome, check(cheapest_at_the_end(sp.Integer(3))).outcome
    ('proved', 'refuted')
    """
    cost = COST.subs(EXPONENT, exponent)
    words = f"p = {exponent}: full absorption is cheaper than any other δ in [0, 1)"
    return Statement(words, less(cost.subs(DELTA, 1), cost), (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1)))


def weighted_exponents() -> Proposition:
    """The sum of p-th powers of norm-weighted activations.

    >>> from absorption.theory.machine import check
    >>> part = weighted_exponents().parts[1]
    >>> part.words, check(part).outcome
    ('slope of the cost', 'proved')
    """
    slope = EXPONENT * (DELTA * (1 + DELTA**2) ** (EXPONENT / 2 - 1) - (1 - DELTA) ** (EXPONENT - 1))
    half, quarter, excess = sp.Rational(1, 2), sp.Rational(1, 4), sp.Symbol("q", positive=True)
    large, small = sp.symbols("A B", positive=True)
    square, cost = COST.subs(EXPONENT, 2), COST.subs(DELTA, 1 - REST)
    t = sp.Symbol("t", nonnegative=True)
    # For p = 1 + q the second derivative is p times this, with δ = 1 − u and t = δ.
    convex = excess * REST ** (excess - 1) + (1 + t**2) ** ((excess - 3) / 2) * (1 + excess * t**2)
    of_root = -sp.Derivative(cost ** (1 / EXPONENT), REST)
    of_sum = -sp.Derivative(cost, REST) * cost ** (1 / EXPONENT - 1) / EXPONENT
    both = states()["both"]
    z, norms = family(DELTA).encode(both), family(DELTA).norms()
    return Proposition(
        "prop-exponent-norm",
        "any exponent, decoder length counted",
        (
            Sentence(
                r"Let $g_p(\delta) = (1-\delta)^p + (1+\delta^2)^{p/2}$, the sum of $(z_i \lVert d_i \rVert)^p$ where both are present. For $p \le 1$ it falls on all of $[0, 1)$: $\delta^* = 1$.",
                (
                    Statement("the values times lengths are 1 − δ and √(1 + δ²)", equal((z[0] * norms[0] - (1 - DELTA)) ** 2 + (z[1] * norms[1] - sp.sqrt(1 + DELTA**2)) ** 2, 0), ON_PATH),
                    Statement("slope of the cost", equal(-sp.Derivative(cost, REST), slope.subs(DELTA, 1 - REST)), by="sympy"),
                    Statement("p ≤ 1: the slope is negative on [0, 1)", less(DELTA * small, large), (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1), sp.Ge(large, 1), sp.Le(small, 1))),
                    *(cheapest_at_the_end(p) for p in (half, sp.Integer(1))),
                ),
                by_hand="A = (1 − δ)^(p−1) is at least 1 (base at most 1, exponent at most 0), B = (1 + δ²)^(p/2−1) at most 1.",
            ),
            Sentence(
                "For $p > 1$ it has one minimum, inside $(0, 1)$.",
                (
                    Statement("p > 1: the slope at δ = 0 is negative", less(sp.Subs(slope.subs(EXPONENT, 1 + excess), DELTA, 0).doit(), 0), by="sympy"),
                    Statement("p > 1: the slope at δ = 1 is p·2^(p/2−1) > 0", less(0, slope.subs(EXPONENT, 1 + excess).subs(DELTA, 1)), by="sympy"),
                    Statement("p > 1: the second derivative", equal(sp.Derivative(cost.subs(EXPONENT, 1 + excess), (REST, 2)), (1 + excess) * convex.subs(t, 1 - REST)), by="sympy"),
                    Statement("is positive, so there is one minimum", less(0, convex), by="sympy"),
                ),
            ),
            Sentence(r"At $p = 2$ that is $\delta^* = 1/2$.", (Statement("p = 2: δ = 1/2 is the only minimum", less(square.subs(DELTA, half), square), (sp.Ne(DELTA, half),)),)),
            Sentence(
                "Full absorption beats none for $p < 2$, ties at $p = 2$ and loses for $p > 2$.",
                (
                    Statement("full minus none is 2^(p/2) − 2", equal(sp.Subs(COST, DELTA, 1) - sp.Subs(COST, DELTA, 0), 2 ** (EXPONENT / 2) - 2), by="sympy"),
                    Statement("p = 2: full absorption ties with none", equal(sp.Subs(square, DELTA, 0), sp.Subs(square, DELTA, 1)), by="sympy"),
                    Statement("the difference increases with p", less(0, sp.diff(2 ** (EXPONENT / 2) - 2, EXPONENT)), by="sympy"),
                ),
            ),
            Sentence(
                "Yet at every $p$ some absorption beats none.",
                (
                    Statement("every p: the slope at δ = 0 is −p, so some absorption always pays", equal(sp.Subs(slope, DELTA, 0), -EXPONENT), by="sympy"),
                    *(
                        Statement(f"p = {p}: the point δ = 1/4 costs less than none and less than full absorption", less(COST.subs({EXPONENT: p, DELTA: quarter}), sp.Min(2, COST.subs({EXPONENT: p, DELTA: 1}))))
                        for p in (3, 4)
                    ),
                ),
            ),
            Sentence("The $p$-th root of $g_p$ has the same minimum.", (Statement("SAELens' p-th root has the same minima", equal(of_root, of_sum), by="sympy"),), by_hand="The two slopes differ by a positive factor."),
        ),
        r"$g_p' = p\,\big(\delta(1+\delta^2)^{p/2-1} - (1-\delta)^{p-1}\big)$, which is $-p$ at $\delta = 0$. For $p \le 1$ and $0 \le \delta < 1$ the second "
        r"power is at least 1 and the first at most 1, so $g_p' \le p\,(\delta - 1) < 0$. For $p > 1$ the slope at $\delta = 1$ is "
        r"$p\,2^{p/2-1} > 0$, and $g_p''/p = (p-1)(1-\delta)^{p-2} + (1+\delta^2)^{p/2-2}\big(1 + (p-1)\delta^2\big) > 0$. Finally $g_p(1) - g_p(0) = 2^{p/2} - 2$.",
    )  # fmt: skip
