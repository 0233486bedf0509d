"""Beyond the path: the best of all SAEs, and what a decoder bias can do. (Tied weights: `tying`.)

A slope along one chosen curve says nothing about other SAEs. These propositions compare all of them.
"""

import sympy as sp

from absorption.theory.counting import parent_bias
from absorption.theory.delta import LAMBDA, P00, P10, P11, SymbolicSAE, family, loss, states
from absorption.theory.statement import Expression, Proposition, Sentence, Statement, at_most, equal, less

SQRT2 = sp.sqrt(2)
U, V = sp.symbols("u v", real=True)
"""A point of the plane: a reconstruction or a bias."""
LENGTH = sp.sqrt(U**2 + V**2)
N = sp.Symbol("n", positive=True)


def global_optimum() -> Proposition:
    """No SAE of any width does better than full absorption.

    >>> from absorption.theory.machine import check
    >>> part = global_optimum().parts[2]
    >>> part.words, check(part).outcome
    ('no reconstruction of an activation of length n costs less than λn − λ²/4', 'proved')
    """
    world = states()
    keep, both = 1 - LAMBDA / 2, SQRT2 - LAMBDA / 2
    absorbed = SymbolicSAE(
        encoder=sp.Matrix([[keep, 0], [-keep, both]]),
        decoder=sp.Matrix([[1, 0], [1 / SQRT2, 1 / SQRT2]]),
    )
    small = sp.Lt(LAMBDA, 2)
    bound_parent, bound_both = LAMBDA - LAMBDA**2 / 4, SQRT2 * LAMBDA - LAMBDA**2 / 4
    a1, a2, b1, b2, dot = sp.symbols("a1 a2 b1 b2 dot", real=True)
    first, second, together = sp.symbols("r s t", nonnegative=True)
    cosine_rule = (
        sp.Le(dot**2, first**2 * second**2),
        sp.Eq(together**2, first**2 + 2 * dot + second**2, evaluate=False),
    )
    # A reconstruction by its part along the activation (u) and across it (v); N is the activation's length.
    anything = (N - U) ** 2 + V**2 + LAMBDA * LENGTH
    least = LAMBDA * N - LAMBDA**2 / 4
    reachable = sp.Lt(LAMBDA, 2 * N)
    truth_both = 2 * bound_parent
    return Proposition(
        "prop-global",
        "full absorption is the best of all SAEs",
        (
            Sentence(
                r"Let $p_{01} = 0$ and $0 < \lambda < 2$, without decoder bias. Among SAEs of any width and any encoder the norm-weighted loss is least for a fully absorbed one.",
                (
                    Statement(
                        "Lagrange: ‖a‖²‖b‖² exceeds (a·b)² by a square",
                        equal((a1**2 + a2**2) * (b1**2 + b2**2) - (a1 * b1 + a2 * b2) ** 2, (a1 * b2 - a2 * b1) ** 2),
                        by="sympy",
                    ),
                    Statement("so two latents cost at least the length of their sum", at_most(together, first + second), cosine_rule),
                    Statement("no reconstruction of an activation of length n costs less than λn − λ²/4", at_most(least, anything), (reachable,)),
                    Statement(
                        "the absorbed SAE's forward pass attains both bounds",
                        equal(loss(absorbed, world, weighted=True, parent=P10, both=P11), P10 * bound_parent + P11 * bound_both),
                        (small,),
                    ),
                ),
                by_hand="More than two latents: one after the other. More than two dimensions: what lies outside the plane only adds. Nothing costs nothing.",
            ),
            Sentence(
                r"Every minimum is fully absorbed: on $f_1 + f_2$ only latents along $f_1 + f_2$ are active.",
                (
                    Statement(
                        "the length of the sum is attained only if a·b = ‖a‖‖b‖: they point one way",
                        equal(dot, first * second),
                        (*cosine_rule, sp.Eq(together, first + second, evaluate=False)),
                    ),
                    Statement("equality needs the length n − λ/2", equal(U, N - LAMBDA / 2), (reachable, sp.Eq(anything, least, evaluate=False))),
                    Statement("and the activation's own direction", equal(V, 0), (reachable, sp.Eq(anything, least, evaluate=False))),
                ),
                by_hand="A minimum attains every bound at once.",
            ),
            Sentence(
                r"An SAE whose only decoder rows are $f_1$ and $f_2$ costs at least $p_{11}\big(\lambda(2 - \sqrt2) - \lambda^2/4\big) > 0$ more.",
                (
                    Statement("with true features each of two latents costs at least λ − λ²/4", at_most(bound_parent, (1 - U) ** 2 + LAMBDA * U), (small, sp.Ge(U, 0))),
                    Statement("the difference on child states", equal(truth_both - bound_both, LAMBDA * (2 - SQRT2) - LAMBDA**2 / 4), by="sympy"),
                    Statement("which is more, for every λ < 2", less(bound_both, truth_both), (small,)),
                ),
            ),
        ),
        r"By the triangle inequality $\sum_i z_i \lVert d_i\rVert \ge \lVert\hat x\rVert$, with equality only if all active latents point one way. So in a state of "
        r"length $n$ the cost is at least $\min_{\hat x} \lVert x - \hat x\rVert^2 + \lambda\lVert\hat x\rVert = \lambda n - \lambda^2/4$, attained only by "
        r"$\hat x = (1 - \lambda/2n)\,x$. With $n = 1$ and $n = \sqrt 2$ these are bounds for the two states, and one SAE attains both: $d_1 = f_1$, "
        r"$d_2 = (f_1 + f_2)/\sqrt2$, $e_1 = (1 - \lambda/2)(f_1 - f_2)$, $e_2 = (\sqrt2 - \lambda/2)f_2$. With the true features the "
        r"two coordinates of $f_1 + f_2$ are paid for separately, each at $\lambda - \lambda^2/4$ or more.",
    )  # fmt: skip


def biases() -> Proposition:
    """Decoder biases open a way out where the parent is common.

    >>> from absorption.theory.machine import check
    >>> part = biases().parts[2]
    >>> part.words, check(part).outcome
    ('its cost is p00 + p11', 'proved')
    """
    world = states()
    with_parent = parent_bias()
    both_bias = SymbolicSAE(
        encoder=sp.Matrix([[-1, 1], [0, -1]]),
        decoder=sp.Matrix([[-1, -1], [0, -1]]),
        decoder_bias=sp.Matrix([[1, 1]]),
    )
    chances = {"neither": P00, "parent": P10, "both": P11}
    absorbed_cost, bias_cost = P10 + SQRT2 * P11, P00 + P11

    def error(sae: SymbolicSAE) -> Expression:
        return sum((sae.error(world[state]) for state in chances), sp.Integer(0))

    def penalty(sae: SymbolicSAE) -> Expression:
        return sum((p * sae.penalty(world[s], weighted=True) for s, p in chances.items()), sp.Integer(0))

    moved = P00 * LENGTH + P10 * sp.sqrt((1 - U) ** 2 + V**2) + P11 * sp.sqrt((1 - U) ** 2 + (1 - V) ** 2)
    r10, r11, shift = sp.symbols("r10 r11 s", nonnegative=True)
    return Proposition(
        "prop-bias",
        "biases",
        (
            Sentence(
                "The family has zero biases, so its slope is there with biases too, and an encoder bias cannot beat the bound above. A decoder bias can lower the penalty of exact reconstruction.",
                (
                    Statement("b = f1 costs less than absorption where p00 < p10 + (√2 − 1)p11", less(bias_cost, absorbed_cost), (sp.Lt(P00, P10 + (SQRT2 - 1) * P11),)),
                ),
                by_hand="The bound of the proposition before this one holds for any encoder.",
            ),
            Sentence(
                r"With $b = f_1$ and latents *not parent* and *child* the reconstruction is exact, nothing is absorbed, and the norm-weighted penalty is $p_{00} + p_{11}$.",
                (
                    Statement("b = f1 with 'not parent' and 'child' is exact", equal(error(with_parent), 0), by="sympy"),
                    Statement("its cost is p00 + p11", equal(penalty(with_parent), bias_cost), by="sympy"),
                    Statement("b = f1 + f2 with 'not parent' and 'not child' is exact too", equal(error(both_bias), 0), by="sympy"),
                    Statement("its cost is √2 p00 + p10", equal(penalty(both_bias), SQRT2 * P00 + P10), by="sympy"),
                ),
                by_hand="Neither of the two latents is a parent that is silent on its child.",
            ),
            Sentence(
                r"That is less than absorption's $p_{10} + \sqrt2\,p_{11}$ if and only if $p_{00} < p_{10} + (\sqrt2 - 1)p_{11}$.",
                (
                    Statement("absorption's cost is that of the family's end", equal(penalty(family(1)), absorbed_cost), by="sympy"),
                    Statement("and b = f1 costs no less otherwise", at_most(absorbed_cost, bias_cost), (sp.Ge(P00, P10 + (SQRT2 - 1) * P11),)),
                ),
            ),
            Sentence(
                "If $p_{00} \\ge p_{10} + p_{11}$, no decoder bias lowers the penalty of exact reconstruction.",
                (
                    Statement("moving the origin by b brings an activation nearer by at most ‖b‖", at_most(N - LENGTH, sp.sqrt((N - U) ** 2 + V**2))),
                    Statement(
                        "so with p00 ≥ p10 + p11 every decoder bias costs at least as much as none",
                        at_most(absorbed_cost, P00 * shift + P10 * r10 + P11 * r11),
                        (sp.Ge(P00, P10 + P11), sp.Ge(r10, 1 - shift), sp.Ge(r11, SQRT2 - shift)),
                    ),
                    Statement("b = f1 has that cost", equal(sp.Subs(moved, (U, V), (1, 0)), bias_cost), by="sympy"),
                ),
                by_hand="An exact SAE with bias b pays at least E‖x − b‖, by the triangle inequality.",
            ),
        ),
        r"An exact SAE with bias $b$ pays at least $\mathbb{E}\lVert x - b\rVert$, and with $b = 0$ absorption pays just that. In a state with the parent "
        r"$\lVert x - b\rVert \ge \lVert x\rVert - \lVert b\rVert$: at most $\lVert b\rVert$ is saved, with probability $p_{10} + p_{11}$. In the empty state "
        r"$\lVert b\rVert$ is added, with probability $p_{00}$.",
    )  # fmt: skip
