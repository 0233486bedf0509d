"""Eight ways to press an SAE to be sparse, each with an encoder of its own or tied, as pages compare them."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor

from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, TopK

ARCHITECTURES = MappingProxyType(
    {
        "L1": Recipe(activation=ReLU(), sparsity=1.0),
        "L½": Recipe(activation=ReLU(), sparsity=1.0, exponent=0.5),
        "p-annealed": Recipe(activation=ReLU(), sparsity=1.0, exponent_end=0.2),
        "gated": Recipe(activation=Gated(), sparsity=1.0),
        "JumpReLU": Recipe(activation=JumpReLU(0.1, 0.2), sparsity=1.0),
        "TopK": Recipe(activation=TopK(1)),
        "BatchTopK": Recipe(activation=BatchTopK(1)),
        "pursuit": Recipe(activation=MatchingPursuit(1), tied=True, encoder_bias=False, decoder_bias=False),
    }
)
"""By name. Four penalise magnitude, JumpReLU the count; the last three fix the count. Pursuit is always tied."""

COUNTS = ("TopK", "BatchTopK", "pursuit")
"""Those that fix the count: k is what presses them; the others have a penalty of weight λ."""


def recipe_of(name: str, tied: bool = False, encoder_bias: bool = True) -> Recipe:
    """An architecture without a decoder bias.

    >>> [recipe_of(name, encoder_bias=False).encoder_bias for name in ("TopK", "gated", "pursuit")]
    [False, True, False]

    Args:
        name: A key of `ARCHITECTURES`.
        tied: Whether the encoder is the transposed decoder; pursuit is tied in any case.
        encoder_bias: Whether there is one. A gate without it could not tell firing from not firing, so a gated SAE
            keeps it; pursuit has none.
    """
    made = ARCHITECTURES[name]
    bias = name == "gated" or (encoder_bias and name != "pursuit")
    return replace(made, decoder_bias=False, encoder_bias=bias, tied=tied or made.tied)


def swept(name: str, values: Sequence[float]) -> dict[str, Tensor]:
    """The `sweep` of a stack: what presses the architecture to be sparse, k or λ, one value a member.

    >>> swept("TopK", [1, 2]), swept("L1", [0.5])
    ({'k': tensor([1, 2])}, {'sparsity': tensor([0.5000])})
    """
    return {"k" if name in COUNTS else "sparsity": torch.tensor(values)}
