r"""The argument itself: the theorem, the print's exponents, and the corollary that no loss of x̂ alone changes the slope."""

import sympy as sp

from absorption.theory.delta import (
    DELTA,
    END,
    EXPONENT,
    LAMBDA,
    P00,
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
from absorption.theory.statement import Condition, Expression, Proposition, Sentence, Statement, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))


def theorem() -> Proposition:
    """Sparsity pays for absorption: the theorem of the page.

    >>> from absorption.theory.machine import check
    >>> part = theorem().parts[3]
    >>> part.words, check(part).outcome
    ('more absorption costs less, all the way to δ = 1', 'proved')
    """
    world, sae = states(), family(DELTA)
    total = loss(sae, world, parent=P10, both=P11)
    at_start, at_end = total.subs(DELTA, START), total.subs(DELTA, END)
    formula = P11 * (2 - DELTA) + P10
    error = sae.error(world["neither"]) + sae.error(world["parent"]) + sae.error(world["both"])
    return Proposition(
        "thm-delta",
        "sparsity pays for absorption",
        (
            Sentence(
                r"Let $p_{01} = 0$, $p_{11} > 0$ and $\lambda > 0$. Along the family every input is reconstructed exactly for "
                r"$0 \le \delta \le 1$, and $L(\delta) = \lambda\,(p_{11}(2 - \delta) + p_{10})$, with slope $-\lambda p_{11}$.",
                (
                    Statement("reconstruction is exact in all three states", equal(error, 0), ON_PATH),
                    Statement("the loss of the forward pass is λ(p11(2 − δ) + p10)", equal(total, LAMBDA * formula), ON_PATH),
                    Statement("its slope is −λp11", equal(sp.Derivative(LAMBDA * formula, DELTA), -LAMBDA * P11), by="sympy"),
                ),
            ),
            Sentence(
                "So $L$ falls strictly on $[0, 1]$.",
                (Statement("more absorption costs less, all the way to δ = 1", less(at_end, at_start), (sp.Ge(START, 0), sp.Lt(START, END), sp.Le(END, 1))),),
            ),
            Sentence(
                r"Beyond, it rises: $L(\delta) = \lambda(p_{11} + p_{10}) + p_{11}(\delta - 1)^2$ for $\delta \ge 1$.",
                (
                    Statement("beyond δ = 1 the parent is over-counted: error p11(δ − 1)², penalty constant", equal(total, LAMBDA * (P11 + P10) + P11 * (DELTA - 1) ** 2), (sp.Ge(DELTA, 1),)),
                    Statement("beyond δ = 1 more absorption costs more", less(at_start, at_end), (sp.Ge(START, 1), sp.Lt(START, END))),
                ),
            ),
            Sentence(
                r"$\delta = 1$ is its only minimum over all real $\delta$.",
                (Statement("δ = 1 is the only minimum over all real δ", less(total.subs(DELTA, 1), total), (sp.Ne(DELTA, 1),)),),
            ),
        ),
        r"On $x = f_1$: $z = (1, 0)$ and $\hat x = f_1$. On $x = f_1 + f_2$: $z = (\mathrm{ReLU}(1 - \delta),\, 1)$. For $\delta \le 1$ "
        r"that gives $\hat x = (1 - \delta) f_1 + f_2 + \delta f_1 = x$, and $\sum_i z_i = 2 - \delta$. For $\delta > 1$ the first latent "
        r"is silent, $\hat x = f_2 + \delta f_1$ misses by $(\delta - 1) f_1$, and $\sum_i z_i = 1$ gains nothing more. For "
        r"$\delta < 0$ the reconstruction is exact and the sum is above $2$. Weigh the states by their probabilities.",
    )  # fmt: skip


def exponents() -> Proposition:
    """The printed derivative, for the norm and for the sum, at every p > 0.

    >>> from absorption.theory.machine import check
    >>> last = exponents().parts[-1]
    >>> last.words, check(last).outcome
    ('and 1 with full absorption', 'proved')
    """
    others = sp.Symbol("A", nonnegative=True)
    powers = (1 - DELTA) ** EXPONENT + 1 + others
    root = powers ** (1 / EXPONENT)
    powers_slope = -EXPONENT * (1 - DELTA) ** (EXPONENT - 1)
    root_slope = -((1 - DELTA) ** (EXPONENT - 1)) * powers ** (1 / EXPONENT - 1)
    z = family(DELTA).encode(states()["both"])
    alone = root.subs(others, 0)

    def before(expression: Expression) -> Expression:
        return expression.subs(DELTA, 1 - REST)

    def by_sympy(words: str, claim: Condition) -> Statement:
        return Statement(words, claim, by="sympy")

    return Proposition(
        "prop-exponents",
        "any exponent, decoder length not counted",
        (
            Sentence(
                r"Let $A \ge 0$ stand for $\sum z^p$ over the latents of other features. Where parent and child are present the penalty "
                r"is $\big((1-\delta)^p + 1 + A\big)^{1/p}$ as a norm and $(1-\delta)^p + 1 + A$ as a sum.",
                (Statement("where both are present z = (1 − δ, 1)", equal((z[0] - (1 - DELTA)) ** 2 + (z[1] - 1) ** 2, 0), ON_PATH),),
                by_hand="The penalty is written down from z.",
            ),
            Sentence(
                r"For every $p > 0$ and $0 \le \delta < 1$ the slope of the norm is "
                r"$-(1-\delta)^{p-1}\big((1-\delta)^p + 1 + A\big)^{1/p - 1} < 0$.",
                (
                    by_sympy("slope of the norm form", equal(-sp.Derivative(before(root), REST), before(root_slope))),
                    by_sympy("it is negative on [0, 1)", less(before(P11 * root_slope), 0)),
                ),
            ),
            Sentence(
                r"That of the sum is $-p(1-\delta)^{p-1} < 0$.",
                (
                    by_sympy("slope of the sum form", equal(-sp.Derivative(before(powers), REST), before(powers_slope))),
                    by_sympy("it is negative on [0, 1) too", less(before(P11 * powers_slope), 0)),
                ),
            ),
            Sentence(
                "With $A = 0$ the norm costs $2^{1/p}$ without absorption and $1$ with all of it.",
                (
                    by_sympy("the norm form costs 2^(1/p) without absorption", equal(sp.Subs(alone, DELTA, 0), 2 ** (1 / EXPONENT))),
                    by_sympy("and 1 with full absorption", equal(sp.Subs(alone, DELTA, 1), 1)),
                ),
            ),
        ),
        "The chain rule; every factor except the sign is positive. In a penalty averaged over inputs both slopes are multiplied by $p_{11}$.",
    )  # fmt: skip


def any_loss() -> Proposition:
    """What replaces the squared error does not matter, as long as it sees the reconstruction alone.

    >>> from absorption.theory.machine import check
    >>> part = any_loss().parts[1]
    >>> part.words, check(part).outcome
    ('with any function F of the reconstruction in place of the squared error the slope is −λp11', 'proved')
    """
    world, sae = states(), family(DELTA)
    length, size, g = (*sp.symbols("m n", positive=True), sp.Symbol("g", real=True))
    image = sp.sqrt(size**2 + 2 * g * DELTA + length**2 * DELTA**2)
    error = sum((sae.error(x) for name, x in world.items() if name != "child"), sp.Integer(0))
    plain, weighted = (_slope_with_any_loss(sae, weighted) for weighted in (False, True))
    left = 1 - (1 - REST) / sp.sqrt(1 + (1 - REST) ** 2)
    return Proposition(
        "cor-any-loss",
        "no loss of the reconstruction changes the slope",
        (
            Sentence(
                r"Put any loss $F(\hat x)$ of the reconstruction alone in place of the squared error: an end-to-end loss, or the KL divergence "
                r"of what a model says after $\hat x$ from what it says after $x$. On $[0, 1)$ the slope along the family stays $-\lambda p_{11}$.",
                (
                    Statement("x̂ = x in all three states, so x̂ does not depend on δ", equal(error, 0), ON_PATH),
                    Statement("with any function F of the reconstruction in place of the squared error the slope is −λp11", equal(plain, -LAMBDA * P11), by="sympy"),
                ),
                by_hand="A loss that also sees x: x is fixed in each state.",
            ),
            Sentence(
                r"Counting decoder length it is $-\lambda p_{11}\big(1 - \delta/\sqrt{1+\delta^2}\big)$.",
                (Statement("with any F, decoder length counted: the slope is −λp11(1 − δ/√(1 + δ²))", equal(weighted, -LAMBDA * P11 * left), by="sympy"),),
            ),
            Sentence(
                r"Counting the length of the images, a transcoder, which reads $f_1, f_2$ and writes their images $Mf_1, Mf_2$, and a crosscoder, which writes an image in each "
                r"layer, keep a negative slope as well unless the images are parallel (in every layer).",
                (
                    Statement("penalty (1 − δ)‖Mf1‖ + ‖Mf2 + δMf1‖, with lengths m, n and inner product g: its slope", equal(sp.Derivative((1 - DELTA) * length + image, DELTA), (g + length**2 * DELTA) / image - length), by="sympy"),
                    Statement("is negative unless the images are parallel", less((g + length**2 * DELTA) / image - length, 0), (sp.Lt(g**2, length**2 * size**2),)),
                ),
                by_hand="The latents are those of the family, and a crosscoder's penalty is the sum over layers.",
            ),
        ),
        r"$\hat x = x$ on all of $[0, 1]$, so $F(\hat x)$ is one number there. What is left is the penalty, and its slope is that of {prf:ref}`thm-delta`, "
        r"or of {prf:ref}`prop-norm`. For images, $\lVert Mf_2 + \delta Mf_1\rVert$ grows more slowly than $\delta\lVert Mf_1\rVert$ by the "
        "inequality of Cauchy and Schwarz.",
    )  # fmt: skip


def _slope_with_any_loss(sae: SymbolicSAE, weighted: bool) -> Expression:
    """d/dδ of E F(x̂) + λ · penalty at δ = 1 − u with u > 0, for a function F that nothing is known about."""
    anything, world = sp.Function("F"), states()
    chances = {"neither": P00, "parent": P10, "both": P11}

    def cost(state: str) -> Expression:
        z = sae.encode(world[state]).subs(DELTA, 1 - REST)
        decoder = sae.decoder.subs(DELTA, 1 - REST)
        norms = [norm.subs(DELTA, 1 - REST) if weighted else 1 for norm in sae.norms()]
        penalty = sum((a * b for a, b in zip(z, norms, strict=True)), sp.Integer(0))
        return anything(*(z * decoder).applyfunc(sp.expand)) + LAMBDA * penalty

    return -sp.Derivative(mean({state: cost(state) for state in chances}, **chances), REST)
