"""Which prefixes of a Matryoshka dictionary have to reconstruct alone: fixed widths, or widths drawn anew each step."""

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.saes.clock import Clock
from absorption.saes.recipe import Recipe

SEED = 8
"""Keeps these draws apart from whatever else is drawn at the same step."""


def prefix_widths(recipe: Recipe, d_sae: int, clock: Clock) -> tuple[int, ...]:
    """Widths of the prefixes at this step, increasing, the last one d_sae; (d_sae,) for a flat SAE.

    >>> from absorption.saes import Recipe
    >>> from absorption.saes.clock import Clock
    >>> prefix_widths(Recipe(nesting=(2, 8)), d_sae=8, clock=Clock())
    (2, 8)
    >>> len(prefix_widths(Recipe(random_nesting=3), d_sae=8, clock=Clock(step=5, steps=10)))
    3

    Random widths are drawn without replacement from `prefix_probabilities` and are the same for all members,
    so that one product serves the whole stack. They depend on the step alone: a run repeated draws them again.
    """
    if not recipe.random_nesting:
        return recipe.nesting or (d_sae,)
    drawn = torch.multinomial(
        prefix_probabilities(d_sae), recipe.random_nesting - 1, generator=clock.generator(SEED)
    )
    return (*sorted(1 + int(i) for i in drawn), d_sae)


def prefix_probabilities(d_sae: int) -> Float[Tensor, " width"]:
    """P(width = w) ∝ √w − √(w−1) for w = 1 … d_sae − 1: short prefixes are drawn more often than long ones.

    >>> [round(p, 3) for p in prefix_probabilities(5).tolist()]
    [0.5, 0.207, 0.159, 0.134]

    The truncated Pareto law of github.com/noanabeshima/matryoshka-saes (`get_pareto_prefix_bounds`, power ½,
    shortest prefix 1). Unlike there, latents are not re-ordered by how much they contribute.
    """
    roots = torch.arange(d_sae, dtype=torch.float64).sqrt()
    return roots.diff() / roots[-1]
