"""Beyond the path: the best of all SAEs, what a decoder bias can do, and what tied weights leave.

A slope along one chosen curve says nothing about other SAEs. These propositions compare all of them.
"""

import sympy as sp

from absorption.theory.delta import LAMBDA, P00, P10, P11, SymbolicSAE, loss, states
from absorption.theory.statement import Expression, Proposition, Statement, at_most, equal, less

SQRT2 = sp.sqrt(2)
U, V = sp.symbols("u v", real=True)
"""A point of the plane: a reconstruction or a bias."""
LENGTH = sp.sqrt(U**2 + V**2)
N = sp.Symbol("n", positive=True)


def global_optimum() -> Proposition:
    """No SAE of any width does better than full absorption.

    >>> from absorption.theory.machine import check
    >>> part = global_optimum().parts[3]
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
        "With p01 = 0 and 0 < λ < 2 the fully absorbed SAE, shrunk by λ/2, attains the least possible norm-weighted "
        "loss in each state at once. Every global minimum, at any width and with any encoder, is fully absorbed; "
        "keeping the true features costs at least p11(λ(2 − √2) − λ²/4) more.",
        (
            Statement(
                "Lagrange: ‖a‖²‖b‖² exceeds (a·b)² by a square",
                equal((a1**2 + a2**2) * (b1**2 + b2**2) - (a1 * b1 + a2 * b2) ** 2, (a1 * b2 - a2 * b1) ** 2),
                by="sympy",
            ),
            Statement("so two latents cost at least the length of their sum", at_most(together, first + second), cosine_rule),
            Statement(
                "and exactly that only if a·b = ‖a‖‖b‖: they point one way",
                equal(dot, first * second),
                (*cosine_rule, sp.Eq(together, first + second, evaluate=False)),
            ),
            Statement("no reconstruction of an activation of length n costs less than λn − λ²/4", at_most(least, anything), (reachable,)),
            Statement("equality needs the length n − λ/2", equal(U, N - LAMBDA / 2), (reachable, sp.Eq(anything, least, evaluate=False))),
            Statement("and the activation's own direction", equal(V, 0), (reachable, sp.Eq(anything, least, evaluate=False))),
            Statement(
                "the absorbed SAE's forward pass attains both bounds",
                equal(loss(absorbed, world, weighted=True, parent=P10, both=P11), P10 * bound_parent + P11 * bound_both),
                (small,),
            ),
            Statement("with true features each of two latents costs at least λ − λ²/4", at_most(bound_parent, (1 - U) ** 2 + LAMBDA * U), (small, sp.Ge(U, 0))),
            Statement("which is more, for every λ < 2", less(bound_both, truth_both), (small,)),
        ),
    )  # fmt: skip


def biases() -> Proposition:
    """Decoder biases open a way out where the parent is common.

    >>> from absorption.theory.machine import check
    >>> part = biases().parts[1]
    >>> part.words, check(part).outcome
    ('its cost is p00 + p11', 'proved')
    """
    world = states()
    parent_bias = SymbolicSAE(
        encoder=sp.Matrix([[-1, 0], [0, 1]]),
        decoder=sp.Matrix([[-1, 0], [0, 1]]),
        decoder_bias=sp.Matrix([[1, 0]]),
    )
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
        "The family has zero biases, so its slope is unchanged; an encoder bias cannot beat the bound of the global "
        "optimum. A decoder bias can: b = f1 with latents 'not parent' and 'child' reconstructs exactly, "
        "absorbs nothing and costs p00 + p11, less than absorption iff p00 < p10 + (√2 − 1)p11. If p00 ≥ p10 + p11 no "
        "decoder bias helps.",
        (
            Statement("b = f1 with 'not parent' and 'child' is exact", equal(error(parent_bias), 0), by="sympy"),
            Statement("its cost is p00 + p11", equal(penalty(parent_bias), bias_cost), by="sympy"),
            Statement("b = f1 + f2 with 'not parent' and 'not child' is exact too", equal(error(both_bias), 0), by="sympy"),
            Statement("its cost is √2 p00 + p10", equal(penalty(both_bias), SQRT2 * P00 + P10), by="sympy"),
            Statement("b = f1 costs less than absorption where p00 < p10 + (√2 − 1)p11", less(bias_cost, absorbed_cost), (sp.Lt(P00, P10 + (SQRT2 - 1) * P11),)),
            Statement("and not otherwise", at_most(absorbed_cost, bias_cost), (sp.Ge(P00, P10 + (SQRT2 - 1) * P11),)),
            Statement("moving the origin by b brings an activation nearer by at most ‖b‖", at_most(N - LENGTH, sp.sqrt((N - U) ** 2 + V**2))),
            Statement(
                "so with p00 ≥ p10 + p11 every decoder bias costs at least as much as none",
                at_most(absorbed_cost, P00 * shift + P10 * r10 + P11 * r11),
                (sp.Ge(P00, P10 + P11), sp.Ge(r10, 1 - shift), sp.Ge(r11, SQRT2 - shift)),
            ),
            Statement("b = f1 has that cost", equal(moved.subs({U: 1, V: 0}), bias_cost), by="sympy"),
        ),
    )  # fmt: skip


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
    return Proposition(
        "prop-tied",
        "tied weights",
        "With e_i = d_i (two latents, two dimensions, no bias) the family shrinks to δ = 0. The exact SAEs that "
        "remain are the rotations d1 = (cos θ, sin θ), d2 = (sin θ, −cos θ) with 45° ≤ θ ≤ 90°; the cost is least at "
        "an end: p10 + 2p11 for the truth (90°), √2(p10 + p11) for f1 + f2 beside f1 − f2 (45°). Tying keeps the truth "
        "iff p10 ≥ √2 p11, at a price of min((2 − √2)p11, (√2 − 1)p10) a unit of λ.",
        (
            Statement("the rotations are exact", equal(sum(map(sp.Abs, missed), sp.Integer(0)), 0), wedge),
            Statement("their cost is p10(cos θ + sin θ) + 2p11 sin θ", equal(cost, P10 * (cos + sin) + 2 * P11 * sin), wedge),
            Statement("which is least at one of the two ends", at_most(sp.Min(truth, diagonal), P10 * (cos + sin) + 2 * P11 * sin), wedge),
            Statement("only d1 fires on f1: it is f1 itself (no sideways part)", equal(y1, 0), (active_on_parent, inactive, *one_left)),
            Statement("then it also fires on f1 + f2, with 1, and d2 must be f2: cost p10 + 2p11", equal(x2, 0), (inactive, sp.Gt(x2 + y2, 0), sp.Eq((x2 + y2) * x2, 0, evaluate=False), sp.Eq((x2 + y2) * y2, 1, evaluate=False))),
            Statement("both fire on f1 and on f1 + f2: the columns are unit vectors", equal(y1**2 + y2**2, 1), (*gram, *both_fire)),
            Statement("and orthogonal, so they are a rotation", equal(y1**2, x2**2), (*gram, sp.Eq(y1**2 + y2**2, 1, evaluate=False))),
            Statement("with the rotations' activations", equal(s1 + s2, 2 * sp.Max(x1, x2)), (sp.Gt(x1, 0), sp.Gt(x2, 0), sp.Ge(s1, 0), sp.Ge(s2, 0), sp.Eq(x1 * y1 + x2 * y2, 0, evaluate=False), sp.Eq(y1**2, x2**2, evaluate=False))),
            Statement("both fire on f1, one on f1 + f2: the 45° end, d1 ∥ f1 + f2", equal(x1, y1), (*gram, *first_fires)),
            Statement("with that cost", equal(total, diagonal), (*gram, *first_fires)),
            Statement("the truth is cheaper iff p10 > √2 p11", less(truth, diagonal), (sp.Gt(P10, SQRT2 * P11),)),
            Statement("and the rotation otherwise", at_most(diagonal, truth), (sp.Le(P10, SQRT2 * P11),)),
            Statement("price of the truth", equal(truth - (P10 + SQRT2 * P11), (2 - SQRT2) * P11), by="sympy"),
            Statement("price of the rotation", equal(diagonal - (P10 + SQRT2 * P11), (SQRT2 - 1) * P10), by="sympy"),
        ),
    )  # fmt: skip
