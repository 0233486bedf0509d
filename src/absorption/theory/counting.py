"""Penalties that count latents instead of adding up their values: L0, TopK, any limit on the mean number of active ones."""

import sympy as sp

from absorption.theory.delta import DELTA, P00, P10, P11, SymbolicSAE, family, mean, states
from absorption.theory.statement import Expression, Matrix, Proposition, Sentence, Statement, equal, less

ON_PATH = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))


def parent_bias() -> SymbolicSAE:
    """A decoder bias that carries the parent, with the latents *not parent* and *child*.

    >>> parent_bias().encode(states()["neither"]), parent_bias().encode(states()["both"])
    (Matrix([[1, 0]]), Matrix([[0, 1]]))
    """
    signs = sp.Matrix([[-1, 0], [0, 1]])
    return SymbolicSAE(encoder=signs, decoder=signs, decoder_bias=sp.Matrix([[1, 0]]))


def l0(z: Matrix) -> Expression:
    """How many activations are positive.

    >>> l0(sp.Matrix([[1, 0]]))
    1
    """
    return sum((sp.Piecewise((1, entry > 0), (0, True)) for entry in z), sp.Integer(0))


def hard_sparsity() -> Proposition:
    """L0, TopK and any limit on the mean number of active latents.

    >>> from absorption.theory.machine import check
    >>> part = hard_sparsity().parts[1]
    >>> part.words, check(part).outcome
    ('L0 is 1 at δ = 1', 'proved')
    """
    world, sae, biased = states(), family(DELTA), parent_bias()
    z = sae.encode(world["both"])
    # TopK with k = 1 keeps the larger activation; z2 = 1 wins whenever δ > 0 and ties at δ = 0.
    kept = sp.Matrix(
        [[sp.Piecewise((z[0], z[0] > z[1]), (0, True)), sp.Piecewise((z[1], z[1] >= z[0]), (0, True))]]
    )
    missed = sum(((x - r) ** 2 for x, r in zip(world["both"], sae.decode(kept), strict=True)), sp.Integer(0))
    n11, n10, activation = sp.symbols("n11 n10 z", positive=True)
    d_parent, d_child = sp.symbols("d_parent d_child", real=True)
    chances = {"neither": P00, "parent": P10, "both": P11}
    count = mean({state: l0(biased.encode(world[state])) for state in chances}, **chances)
    there = {P11: sp.Rational(1, 5), P10: sp.Rational(1, 2), P00: sp.Rational(3, 10)}
    error = sum((biased.error(world[state]) for state in chances), sp.Integer(0))
    across = sp.Min(*(sp.Abs(row[0] - row[1]) for row in biased.decoder.tolist()))
    return Proposition(
        "prop-l0",
        "TopK and L0",
        (
            Sentence(
                r"Where both are present the family has an L0 of 2 for every $\delta$ in $[0, 1)$ and of 1 at $\delta = 1$: no slope, one jump.",
                (
                    Statement("L0 is 2 before full absorption", equal(l0(z), 2), (sp.Ge(DELTA, 0), sp.Lt(DELTA, 1))),
                    Statement("L0 is 1 at δ = 1", equal(sp.Subs(l0(z), DELTA, 1), 1), by="sympy"),
                ),
            ),
            Sentence(
                r"TopK with $k = 2$ is indifferent to $\delta$; with $k = 1$ the error is $p_{11}(1-\delta)^2$, and only $\delta = 1$ reconstructs.",
                (
                    Statement("k = 2 is indifferent: the error is 0 for every δ in [0, 1]", equal(sae.error(world["both"]), 0), ON_PATH),
                    Statement("k = 1: the error is (1 − δ)²", equal(missed, (1 - DELTA) ** 2), ON_PATH),
                    Statement("k = 1: only δ = 1 reconstructs", less(0, missed), (sp.Ne(DELTA, 1),)),
                ),
            ),
            Sentence(
                "Any SAE **without decoder bias** that reconstructs both states exactly with a mean L0 below the true $2p_{11} + p_{10}$ has a latent along $f_1 + f_2$.",
                (
                    Statement("a mean L0 below 2 p11 + p10 leaves fewer than two latents for both together", less(n11, 2), (sp.Ge(n10, 1), sp.Lt(P11 * n11 + P10 * n10, 2 * P11 + P10))),
                    Statement("one latent alone reproduces f1 + f2 only with equal components: δ = 1", equal(d_parent, d_child), (sp.Eq(activation * d_parent, 1), sp.Eq(activation * d_child, 1))),
                ),
                by_hand="Without decoder bias each state that is not 0 needs at least one latent; a number of latents below 2 is then 1.",
            ),
            Sentence(
                "With a decoder bias that is false: $b = f_1$ with the latents *not parent* and *child* is exact at a mean L0 of $p_{00} + p_{11}$ "
                r"(for $p_{11} = 0.2$, $p_{10} = 0.5$: $0.5 < 0.9$), and no latent points along $f_1 + f_2$.",
                (
                    Statement("the SAE with decoder bias is exact", equal(error, 0), by="sympy"),
                    Statement("its mean L0 is p00 + p11", equal(count, P00 + P11), by="sympy"),
                    Statement("which at p11 = 0.2, p10 = 0.5 is below the true one", less(count.subs(there), (2 * P11 + P10).subs(there))),
                    Statement("both of its rows have components that differ", less(0, across)),
                ),
            ),
        ),
        "Without decoder bias each state needs at least one latent. If $f_1 + f_2$ used two or more, the mean L0 would be at least $2p_{11} + p_{10}$. So it "
        "uses one, and one latent reproduces $f_1 + f_2$ only by pointing along it.",
    )  # fmt: skip
