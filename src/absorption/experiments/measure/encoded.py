"""An SAE on a task's activations: what it makes of them, and whether it is the SAE of these activations at all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.measure.errors import CannotMeasureError
from absorption.measures.active import ActiveLatents
from absorption.saes.exchange.dictionary import Dictionary

Progress = Callable[[list[Any], str], Iterable[Any]]
"""Goes through a list, and may show how far it is: `runtime.progress.track`, or nothing but the list."""

ROWS_AT_ONCE = 256
"""Tables of so many rows and 16,384 latents are 16 MB, which the allocator uses again; larger ones it asks for anew each time."""
TRIED = 4096
"""Words, drawn at random, on which reconstruction is judged before all are encoded."""
LEAST_EXPLAINED = 0.5
"""An SAE that explains less of the variance is on the wrong layer or in the wrong frame."""


def quietly(steps: list[Any], description: str) -> list[Any]:
    """Shows nothing.

    >>> quietly([1, 2], "counting")
    [1, 2]
    """
    return steps


@dataclass(frozen=True)
class Encoded:
    """`z` on every word; `written [word d_in]`, what the latents have to write: x less what the SAE gives out without any.

    `explained` variance and mean number of active latents `l0`; `dead`: the share of latents that are active on no word.
    """

    z: ActiveLatents
    written: Float[Tensor, "word d_in"]
    explained: float
    l0: float
    dead: float


def encoded(
    dictionary: Dictionary, x: Float[Tensor, "word d_in"], progress: Progress = quietly, seed: int = 0
) -> Encoded:
    """Try the SAE on some of the words, and encode all of them if it is the right one.

    >>> import torch
    >>> from absorption.saes.exchange.dictionary import as_dictionary
    >>> sae = as_dictionary({"W_enc": torch.cat([torch.eye(3), -torch.eye(3)], 1), "W_dec": torch.eye(3).repeat(2, 1)})
    >>> found = encoded(sae, x=torch.eye(3))
    >>> found.explained, found.l0, found.dead
    (1.0, 1.0, 0.5)

    Raises:
        CannotMeasureError: the activations have another width, or less than half of their variance is explained.
    """
    if x.shape[1] != dictionary.d_in:
        raise CannotMeasureError(
            f"{dictionary.name} takes activations of width {dictionary.d_in}, and these have {x.shape[1]}: "
            "it was trained on another model."
        )
    tried = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:TRIED]]
    explained, rest = _reconstruction(dictionary, tried)
    if not explained >= LEAST_EXPLAINED:  # not a number is not enough either
        raise CannotMeasureError(
            f"{dictionary.name} explains {explained:.2f} of the variance of these activations, less than half: it was trained on "
            "another layer, or on activations that were centred or scaled, so it is not rated."
        )
    # An SAE that rescales every input has an output of its own without latents for each.
    varies = bool(rest.std(0).max() > 1e-3 * tried.std(0).max())
    parts, rests = [], []
    for batch in progress(list(x.split(ROWS_AT_ONCE)), "encoding"):
        z = dictionary.encode(batch)
        parts.append(ActiveLatents.of(z.float()))
        if varies:
            rests.append(dictionary.decode(z) - z @ dictionary.W_dec.to(z))
    z = ActiveLatents.joined(parts)
    written = x - (torch.cat(rests) if varies else rest.mean(0))
    ever = torch.bincount(z.latents.long(), minlength=dictionary.d_sae) > 0
    return Encoded(z, written, explained, len(z.values) / len(x), 1 - float(ever.float().mean()))


def _reconstruction(dictionary: Dictionary, x: Tensor) -> tuple[float, Float[Tensor, "word d_in"]]:
    """Explained variance, and what is given out besides what latents write."""
    lost, rests = 0.0, []
    for batch in x.split(ROWS_AT_ONCE):
        z = dictionary.encode(batch)
        rebuilt = dictionary.decode(z)
        lost += float((batch - rebuilt).square().sum())
        # From the active latents alone: this product would cost as much as all the encoding of these rows.
        rests.append(rebuilt - ActiveLatents.of(z.float()) @ dictionary.W_dec.to(z.device).float())
    spread = float((x - x.mean(0)).square().sum())
    return 1 - lost / spread if spread else 0.0, torch.cat(rests)
