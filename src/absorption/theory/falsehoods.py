"""Statements that are false, some of them printed or plausible: the machine must find where each one fails.

They are the control of the proofs. A checker that proves one of these proves nothing.
"""

from dataclasses import replace

import sympy as sp

from absorption.theory.decay import DECAY, balance
from absorption.theory.delta import (
    DELTA,
    END,
    EXPONENT,
    LAMBDA,
    P00,
    P10,
    P11,
    START,
    family,
    loss,
    squared_norm,
    states,
)
from absorption.theory.statement import Statement, at_most, equal, less

ROOT = sp.sqrt(1 + DELTA**2)
OTHERS = sp.Symbol("others", nonnegative=True)


def falsehoods() -> tuple[Statement, ...]:
    """Each with the erratum or the belief that it stands for.

    >>> from absorption.theory.machine import check
    >>> binary = falsehoods()[3]
    >>> binary.words, check(binary).outcome
    ('activations are 0 or 1 on the whole path', 'refuted')
    """
    on_path = (sp.Ge(DELTA, 0), sp.Le(DELTA, 1))
    chances = sp.Lt(P10 + P11, 1)
    total = loss(family(DELTA), states(), parent=P10, both=P11)
    weighted = loss(family(DELTA), states(), weighted=True, parent=P10, both=P11)
    decayed = total + DECAY * squared_norm(family(DELTA).encoder)
    z = family(DELTA).encode(states()["both"])
    return (
        Statement(
            "as printed: the p-norm of (1 − δ, 1) is (2 − δ)^(1/p)",
            equal(((1 - DELTA) ** EXPONENT + 1) ** (1 / EXPONENT), (2 - DELTA) ** (1 / EXPONENT)),
            (sp.Gt(DELTA, 0), sp.Lt(DELTA, 1)),
            by="sympy",
        ),
        Statement(
            "beyond δ = 1 too, more absorption costs less",
            less(total.subs(DELTA, END), total.subs(DELTA, START)),
            (sp.Ge(START, 0), sp.Lt(START, END), chances),
        ),
        Statement(
            "as printed: the p-norm over all latents is the norm of these two plus that of the others (p = 2)",
            equal(sp.sqrt((1 - DELTA) ** 2 + 1 + OTHERS**2), sp.sqrt((1 - DELTA) ** 2 + 1) + OTHERS),
            on_path,
        ),
        Statement("activations are 0 or 1 on the whole path", equal(z[0] * (1 - z[0]), 0), on_path),
        Statement("decoder length plays no part", equal(weighted, total), (*on_path, chances)),
        Statement("at p = 3 no absorption is the cheapest", at_most(2, (1 - DELTA) ** 3 + ROOT**3), on_path),
        replace(
            balance(decayed, gain=LAMBDA * P11, cost=4 * DECAY, formula="λp11/(4μ)")[0],
            words="encoder decay alone gives δ* = λp11/(4μ)",
        ),
        Statement(
            "with a decoder bias absorption is still the cheapest",
            at_most(P10 + sp.sqrt(2) * P11, P00 + P11),
            (sp.Eq(P00 + P10 + P11, 1),),
        ),
        # The SAE with b = f1 and the latents 'not parent' and 'child' is exact; each fires in one state, with 1.
        Statement(
            "with a decoder bias too, no exact SAE without a latent along f1 + f2 has a mean L0 below the true one",
            at_most(P10 + 2 * P11, P00 + P11),
            (sp.Eq(P00 + P10 + P11, 1),),
        ),
        Statement(
            "tied weights always keep the truth",
            at_most(P10 + 2 * P11, sp.sqrt(2) * (P10 + P11)),
            (chances,),
        ),
    )
