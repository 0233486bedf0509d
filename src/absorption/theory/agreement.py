"""Closed forms against a forward pass that knows none of them: what finds a formula that was typed wrongly."""

import numpy as np

from absorption.theory import closed, forward


def formula_errors(generator: np.random.Generator) -> list[float]:
    """Closed forms minus forward passes, at one random setting.

    >>> bool(max(abs(error) for error in formula_errors(np.random.default_rng(0))) < 1e-12)
    True

    The family's loss for eight penalties and any angle, with a child that is sometimes alone, and with one latent allowed.
    """
    delta, cosine, lam = generator.uniform(0, 1), generator.uniform(-0.9, 0.9), generator.uniform(0.01, 1)
    p11, p10, p01 = generator.uniform(0.05, 0.3, 3)
    f1, f2 = forward.directions(cosine)
    member, chances = forward.family_member(delta, cosine), np.array([p10, p11])
    x = np.array([f1, f1 + f2])
    errors = []
    for weighted in (False, True):
        for exponent, aggregate in ((1.0, "sum"), (0.5, "sum"), (1.5, "norm"), (3.0, "norm")):
            cost = closed.child_state_cost(
                np.array([delta]), exponent, weighted=weighted, aggregate=aggregate, cosine=cosine
            )[0]
            passed = forward.expected_loss(
                member, x, chances, lam, weighted=weighted, exponent=exponent, aggregate=aggregate
            )
            errors.append(lam * (p11 * cost + p10) - passed)
    plain, states = forward.family_member(delta), np.array([[1, 0], [1, 1], [0, 1.0]])
    with_child = forward.expected_loss(plain, states, np.array([p10, p11, p01]), lam)
    errors.append(p01 * delta**2 + lam * (p11 * (2 - delta) + p10 + p01) - with_child)
    one_latent = forward.expected_loss(plain, states[1:2], np.array([p11]), 0, k=1)
    errors.append(p11 * (1 - delta) ** 2 - one_latent)
    return errors
