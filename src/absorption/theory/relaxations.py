"""Other worlds: child alone, correlated features, random magnitudes. (Weight decay: `decay`.)

Where a term pulls against absorption the loss is convex in δ and the optimum can lie inside (0, 1).
"""

import sympy as sp

from absorption.theory.decay import ON_PATH, ROOT, balance
from absorption.theory.delta import DELTA, END, LAMBDA, P01, P10, P11, START, family, loss, states
from absorption.theory.statement import Proposition, Sentence, Statement, at_most, equal, less

COSINE = sp.Symbol("c", real=True)


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
    counted = P01 * DELTA**2 + LAMBDA * (P11 * (1 - DELTA + ROOT) + P10 + P01 * ROOT)
    return Proposition(
        "prop-child-alone",
        "child sometimes alone",
        (
            Sentence(
                r"With $p_{01} > 0$ the loss of the theorem gains $p_{01}\delta^2$ (and a constant), so $\delta^* = \min\!\big(1, \lambda p_{11} / (2p_{01})\big)$.",
                (
                    Statement("the loss of the forward pass", equal(total, P01 * DELTA**2 + LAMBDA * (P11 * (2 - DELTA) + P10 + P01)), ON_PATH),
                    *balance(total, gain=LAMBDA * P11, cost=2 * P01, formula="λp11/(2p01)"),
                ),
            ),
            Sentence(
                r"Counting decoder length, $\delta^*$ solves $2p_{01}\delta + \lambda(p_{11} + p_{01})\,\delta/\sqrt{1+\delta^2} = \lambda p_{11}$ if that has a solution up to 1, "
                r"which is then less than $\lambda p_{11}/(2p_{01})$.",
                (
                    Statement("decoder length counted: the loss of the forward pass", equal(weighted, counted), ON_PATH),
                    Statement("its slope", equal(sp.Derivative(counted, DELTA), slope), by="sympy"),
                    Statement("which increases", less(slope.subs(DELTA, START), slope.subs(DELTA, END)), (sp.Lt(START, END),)),
                    Statement("its zero lies below the plain optimum", less(DELTA, LAMBDA * P11 / (2 * P01)), (sp.Gt(DELTA, 0), sp.Eq(slope, 0))),
                ),
            ),
        ),
        r"On $x = f_2$: $z = (0, 1)$, and $\hat x = f_2 + \delta f_1$ misses by $\delta f_1$. Both losses are convex on $[0, 1]$.",
    )  # fmt: skip


def correlated() -> Proposition:
    """Features that are not orthogonal.

    >>> from absorption.theory.machine import check
    >>> part = correlated().parts[2]
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
        (
            Sentence(
                r"Let $f_1 \cdot f_2 = c$ with $|c| < 1$, and let the encoder read coordinates (the dual basis). Reconstruction stays exact.",
                (Statement("reconstruction is exact", equal(sae.error(world["parent"]) + sae.error(world["both"]), 0), (*ON_PATH, *angle)),),
            ),
            Sentence(
                r"Counting decoder length the penalty falls on $[0, 1]$ for every $c$, by $\big(2 - \sqrt{2 + 2c}\big)p_{11}$ in all.",
                (
                    Statement("decoder length counted: the loss of the forward pass", equal(weighted, LAMBDA * formula), (*ON_PATH, *angle)),
                    Statement("its slope", equal(sp.Derivative(formula, DELTA), P11 * slope), by="sympy"),
                    Statement("is negative before δ = 1, at every angle", less(slope, 0), (sp.Lt(DELTA, 1), *angle)),
                    Statement("total gain", equal(sp.Subs(formula, DELTA, 0) - sp.Subs(formula, DELTA, 1), P11 * gain), by="sympy"),
                ),
            ),
            Sentence(
                "That is nearly nothing for features that almost agree, and more than for orthogonal ones if $c < 0$.",
                (
                    Statement("the gain falls as the features align", less(gain.subs(COSINE, END), gain.subs(COSINE, START)), (sp.Ge(START, -1), sp.Lt(START, END), sp.Le(END, 1))),
                    Statement("it vanishes at c = 1", equal(sp.Subs(gain, COSINE, 1), 0), by="sympy"),
                    Statement("and is 2 at c = −1", equal(sp.Subs(gain, COSINE, -1), 2), by="sympy"),
                ),
                by_hand="The gain is continuous in c.",
            ),
            Sentence("Plain L1 does not see the angle.", (Statement("plain L1 does not see the angle", equal(plain, LAMBDA * (P11 * (2 - DELTA) + P10)), (*ON_PATH, *angle)),)),
        ),
        r"$\lVert f_2 + \delta f_1\rVert = \sqrt{1 + 2c\delta + \delta^2}$ has the slope $(c + \delta)/\lVert f_2 + \delta f_1\rVert$, which is below 1 because "
        r"$(c+\delta)^2 < 1 + 2c\delta + \delta^2$ says $c^2 < 1$.",
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
        (
            Sentence(
                r"Let the parent have a random magnitude $m > 0$ where the child is present. Any $\delta \ge 0$ with $\lambda P(m > \delta) = 2\,\mathbb{E}[(\delta - m)_+]$ is the best. "
                "If $m$ has a density there is one; otherwise the two sides may cross in a jump, and the best $\\delta$ is there.",
                (
                    Statement("the loss of the forward pass, at one m", equal(cost, formula), (sp.Ge(DELTA, 0),)),
                    Statement("every chord lies above the slope 2(δ − m)₊ − λ·1[m > δ]", at_most(at_a + slope_at_a * (END - START), formula.subs(DELTA, END))),
                    Statement("absorption is free up to the smallest m: error 0", equal(sae.error(x), 0), (sp.Ge(DELTA, 0), sp.Le(DELTA, magnitude))),
                ),
                by_hand="Averaged over m: where the mean slope is 0, or changes its sign, no other δ costs less. With a density both sides are continuous, and at 0 the left one is larger.",
            ),
            Sentence(
                r"For $m$ uniform on $[l, l + w]$ the best is $l + \tfrac12\big(\sqrt{\lambda^2 + 4\lambda w} - \lambda\big)$.",
                (
                    Statement("uniform m: the closed form solves the equation", equal(LAMBDA * (low + width - best), (best - low) ** 2)),
                    Statement("and lies between the extremes of m", less(sp.Max(low, best), sp.Min(best + width, low + width))),
                ),
                by_hand="For uniform m, P(m > δ) = (l + w − δ)/w and E[(δ − m)₊] = (δ − l)²/2w.",
            ),
            Sentence(
                r"Counting decoder length adds $\lambda\delta/\sqrt{1+\delta^2}$ to the right-hand side.",
                (Statement("slope of the child's value 1 times the length of its row", equal(sp.Derivative(LAMBDA * ROOT, DELTA), LAMBDA * DELTA / ROOT), by="sympy"),),
            ),
        ),
        r"At one $m$ the loss is $\ell_m(\delta) = (\delta - m)_+^2 + \lambda(1 + (m - \delta)_+)$: free while $\delta \le m$, over-counted after. With "
        r"$s_m(a) = 2(a - m)_+ - \lambda 1[m > a]$ every chord satisfies $\ell_m(b) \ge \ell_m(a) + s_m(a)(b - a)$. Average over $m$: where the mean of $s_m(a)$ is 0, no $b$ does better; where it changes its sign in a jump, the slope of each side rules out the $b$ there.",
    )  # fmt: skip
