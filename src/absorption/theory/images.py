"""What absorption pays where a feature is written as an image in other spaces: transcoders, and crosscoders as a sum.

Along the family of page 01 the child's row grows from its image c to c + δ a, a being the parent's image, while the
parent's latent fades as 1 − δ. What is reconstructed does not depend on δ, so any error of the reconstruction is a
constant, and the penalty on activations times row lengths, summed over spaces, decides alone.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp
from jaxtyping import Float

from absorption.theory.statement import Proposition, Sentence, Statement, at_most, equal, less

Image = Float[np.ndarray, " d_out"]


def image_cost(parent: Sequence[Image], child: Sequence[Image], delta: float) -> float:
    """(1 − δ) Σ‖a‖ + Σ‖c + δ a‖ over the spaces: what a state with both pays, per unit of the penalty's weight.

    >>> parent, child = [np.array([1.0, 0.0])], [np.array([0.0, 1.0])]
    >>> [round(image_cost(parent, child, delta), 3) for delta in (0, 1)]
    [2.0, 1.414]
    """
    _check(parent, child)
    lengths = [np.linalg.norm(c + delta * a) for a, c in zip(parent, child, strict=True)]
    return float((1 - delta) * sum(np.linalg.norm(a) for a in parent) + sum(lengths))


def image_slope(parent: Sequence[Image], child: Sequence[Image], delta: float) -> float:
    """Its derivative in δ: −Σ‖a‖(1 − cos θ), θ being the angle in each space between a and the child's row c + δ a.

    >>> apart = image_slope([np.array([1.0]), np.array([0.0])], [np.array([0.0]), np.array([1.0])], delta=0.5)
    >>> together = image_slope([np.array([1.0, 0.0])], [np.array([0.0, 1.0])], delta=0.0)
    >>> apart, together
    (0.0, -1.0)

    A child without an image in a space has a row there that is the parent's from the first step on: θ = 0.
    """
    _check(parent, child)
    total = 0.0
    for a, c in zip(parent, child, strict=True):
        row, size = c + delta * a, np.linalg.norm(a)
        length = np.linalg.norm(row)
        cosine = float(a @ row / (size * length)) if size * length > 0 else 1.0
        total -= size * (1 - cosine)
    return float(total)


def image_gain(parent: Sequence[Image], child: Sequence[Image]) -> float:
    """What full absorption saves, Σ(‖a‖ + ‖c‖ − ‖a + c‖): the slack of the triangle inequality in every space.

    >>> round(image_gain([np.array([1.0, 0.0])], [np.array([0.0, 1.0])]), 3)
    0.586
    """
    return image_cost(parent, child, 0.0) - image_cost(parent, child, 1.0)


def _check(parent: Sequence[Image], child: Sequence[Image]) -> None:
    if len(parent) != len(child) or any(a.shape != c.shape for a, c in zip(parent, child, strict=False)):
        raise ValueError("parent and child need an image each in every space, of one shape.")


def translated() -> Proposition:
    """The slope in one space, at any lengths and angle; spaces add up.

    >>> from absorption.theory.machine import check
    >>> part = translated().parts[1]
    >>> part.words, check(part).outcome
    ('it never rises', 'proved')
    """
    size = sp.Symbol("a", positive=True)
    along, across = sp.symbols("c_along c_across", real=True)
    delta = sp.Symbol("delta", real=True)
    row = along + delta * size
    length = sp.sqrt(row**2 + across**2)
    cost = (1 - delta) * size + length
    slope = size * (row / length - 1)
    on_path, there = (sp.Ge(delta, 0), sp.Le(delta, 1)), (sp.Gt(row**2 + across**2, 0),)
    return Proposition(
        "prop-images",
        "images in other spaces",
        (
            Sentence(
                "Let a parent be written as $a$ and its child as $c$ in a space. The cost of a state with both falls, as δ grows, at "
                "$\\lVert a\\rVert(1 - \\cos\\theta)$, θ being the angle between $a$ and $c + \\delta a$; it never rises.",
                (
                    Statement("the slope", equal(sp.diff(cost, delta), slope), by="sympy"),
                    Statement("it never rises", at_most(slope, 0), (*on_path, *there)),
                ),
                by_hand="Spaces add up, and so do their slopes.",
            ),
            Sentence(
                "It is flat exactly where the child's row points the parent's way: parallel images, or none of the child.",
                (
                    Statement("it falls wherever the child's image has a part across the parent's", less(slope, 0), (*on_path, sp.Ne(across, 0))),
                    Statement("it is flat where that part is missing and the row points the parent's way", equal(slope, 0), (*on_path, sp.Eq(across, 0), sp.Gt(row, 0))),
                    Statement("a child without an image: flat from the first step on", equal(slope.subs({along: 0, across: 0}), 0), (sp.Gt(delta, 0), sp.Le(delta, 1))),
                    Statement("against the parent's way it falls at twice the parent's length", equal(slope, -2 * size), (*on_path, sp.Eq(across, 0), sp.Lt(row, 0))),
                ),
            ),
        ),
        proof="The derivative of $(1-\\delta)\\lVert a\\rVert + \\lVert c + \\delta a\\rVert$, and Cauchy and Schwarz.",
    )  # fmt: skip
