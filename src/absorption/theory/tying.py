"""What tied weights leave of the family, and what they put in its place."""

import sympy as sp

from absorption.theory.delta import P10, P11, SymbolicSAE, family, states
from absorption.theory.statement import Proposition, Sentence, Statement, at_most, equal, less

SQRT2 = sp.sqrt(2)


def tied() -> Proposition:
    """Tied weights, two latents in two dimensions, no biases.

    >>> from absorption.theory.machine import check
    >>> part = tied().parts[-2]
    >>> part.words, check(part).outcome
    ('price of the truth', 'proved')
    """
    cos, sin = sp.symbols("cos sin", real=True)
    world = states()
    weights = sp.Matrix([[cos, sin], [sin, -cos]])
    rotated = SymbolicSAE(encoder=weights.T, decoder=weights)
    wedge = (sp.Eq(cos**2 + sin**2, 1, evaluate=False), sp.Ge(cos, 0), sp.Ge(sin, cos))
    missed = [
        entry for s in ("parent", "both") for entry in world[s] - rotated.decode(rotated.encode(world[s]))
    ]
    cost = P10 * rotated.penalty(world["parent"]) + P11 * rotated.penalty(world["both"])
    truth, diagonal = P10 + 2 * P11, SQRT2 * (P10 + P11)
    x1, y1, x2, y2 = sp.symbols("x1 y1 x2 y2", real=True)
    active_on_parent = sp.Gt(x1, 0)
    inactive, one_left = sp.Le(x2, 0), (sp.Eq(x1 * x1, 1, evaluate=False), sp.Eq(x1 * y1, 0, evaluate=False))
    gram = (
        sp.Eq(x1**2 + x2**2, 1, evaluate=False),
        sp.Eq(x1 * y1 + x2 * y2, 0, evaluate=False),
        sp.Gt(x1, 0),
        sp.Gt(x2, 0),
    )
    s1, s2 = x1 + y1, x2 + y2
    both_fire = (
        sp.Ge(s1, 0),
        sp.Ge(s2, 0),
        sp.Eq(s1 * x1 + s2 * x2, 1, evaluate=False),
        sp.Eq(s1 * y1 + s2 * y2, 1, evaluate=False),
    )
    first_fires = (
        sp.Gt(s1, 0),
        sp.Le(s2, 0),
        sp.Eq(s1 * x1, 1, evaluate=False),
        sp.Eq(s1 * y1, 1, evaluate=False),
    )
    total = P10 * (x1 + x2) + P11 * (sp.Max(0, s1) + sp.Max(0, s2))
    at_45 = sp.Matrix([[1, 1], [1, -1]]) / SQRT2
    diagonal_sae = SymbolicSAE(encoder=at_45.T, decoder=at_45)
    return Proposition(
        "prop-tied",
        "tied weights",
        (
            Sentence(
                r"Let $e_i = d_i$: two latents, two dimensions, no bias. All SAEs that reconstruct both states exactly are, up to order, "
                r"$d_1 = (\cos\theta, \sin\theta)$, $d_2 = (\sin\theta, -\cos\theta)$ with $45° \le \theta \le 90°$.",
                (
                    Statement("the rotations are exact", equal(sum(map(sp.Abs, missed), sp.Integer(0)), 0), wedge),
                    Statement("only d1 fires on f1: it is f1 itself (no sideways part)", equal(y1, 0), (active_on_parent, inactive, *one_left)),
                    Statement("then it also fires on f1 + f2, with 1, and d2 must be f2: cost p10 + 2p11", equal(x2, 0), (inactive, sp.Gt(x2 + y2, 0), sp.Eq((x2 + y2) * x2, 0, evaluate=False), sp.Eq((x2 + y2) * y2, 1, evaluate=False))),
                    Statement("both fire on f1 and on f1 + f2: the columns are unit vectors", equal(y1**2 + y2**2, 1), (*gram, *both_fire)),
                    Statement("and orthogonal, so they are a rotation", equal(y1**2, x2**2), (*gram, sp.Eq(y1**2 + y2**2, 1, evaluate=False))),
                    Statement("with the rotations' activations", equal(s1 + s2, 2 * sp.Max(x1, x2)), (sp.Gt(x1, 0), sp.Gt(x2, 0), sp.Ge(s1, 0), sp.Ge(s2, 0), sp.Eq(x1 * y1 + x2 * y2, 0, evaluate=False), sp.Eq(y1**2, x2**2, evaluate=False))),
                    Statement("both fire on f1, one on f1 + f2: the 45° end, d1 ∥ f1 + f2", equal(x1, y1), (*gram, *first_fires)),
                ),
                by_hand="These are all cases of which latents fire, up to their order.",
            ),
            Sentence(
                r"The cheapest lies at an end: the truth, with penalty $p_{10} + 2p_{11}$, if $p_{10} \ge \sqrt2\,p_{11}$; otherwise $f_1 + f_2$ beside $f_1 - f_2$, with $\sqrt2\,(p_{10} + p_{11})$.",
                (
                    Statement("their cost is p10(cos θ + sin θ) + 2p11 sin θ", equal(cost, P10 * (cos + sin) + 2 * P11 * sin), wedge),
                    Statement("which is least at one of the two ends", at_most(sp.Min(truth, diagonal), P10 * (cos + sin) + 2 * P11 * sin), wedge),
                    Statement("with that cost", equal(total, diagonal), (*gram, *first_fires)),
                    Statement("the truth is cheaper iff p10 > √2 p11", less(truth, diagonal), (sp.Gt(P10, SQRT2 * P11),)),
                    Statement("and the rotation otherwise", at_most(diagonal, truth), (sp.Le(P10, SQRT2 * P11),)),
                ),
            ),
            Sentence(
                r"At that rotation $\delta$ is 1, but the latent along $f_1 + f_2$ fires wherever the parent is. At full absorption without tying, no latent does.",
                (
                    Statement("at 45° the first latent fires on f1 and on f1 + f2", less(0, sp.Min(diagonal_sae.encode(world["parent"])[0], diagonal_sae.encode(world["both"])[0]))),
                    Statement("at δ = 1 of the family each latent is silent on one of the two", equal(sp.Max(*(a * b for a, b in zip(family(1).encode(world["parent"]), family(1).encode(world["both"]), strict=True))), 0), by="sympy"),
                ),
            ),
            Sentence(
                r"Against an untied SAE tying costs $\min\!\big((2-\sqrt2)p_{11}, (\sqrt2-1)p_{10}\big)$ a unit of $\lambda$.",
                (
                    Statement("price of the truth", equal(truth - (P10 + SQRT2 * P11), (2 - SQRT2) * P11), by="sympy"),
                    Statement("price of the rotation", equal(diagonal - (P10 + SQRT2 * P11), (SQRT2 - 1) * P10), by="sympy"),
                ),
            ),
        ),
        r"If only $d_1$ fires on $f_1$, exactness makes it $f_1$; it then fires on $f_1 + f_2$ with 1 and leaves $f_2$ to $d_2$: the truth. If "
        r"both fire on $f_1$ and on $f_1 + f_2$, the $2 \times 2$ decoder is orthogonal; if one falls silent on $f_1 + f_2$, the other is "
        r"$(f_1 + f_2)/\sqrt2$. The penalty $p_{10}(\cos\theta + \sin\theta) + 2p_{11}\sin\theta$ is concave in $\theta$.",
    )  # fmt: skip
