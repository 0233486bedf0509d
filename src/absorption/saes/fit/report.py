"""What a fit ended with, and one sentence for each thing that it did not reach."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.recipe import BatchTopK
from absorption.saes.stack import SAEStack

MANY_DEAD = 0.1
"""Share of dead latents above which a fit says so."""
NEAR = 0.1
"""Share of k by which the L0 of `encode` may differ from k."""


class FitWarning(UserWarning):
    """A fit on batches left many latents dead, or did not reach the L0 that was asked for."""


@dataclass(frozen=True)
class FitReport:
    """What a fit ended with, an entry a member.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, fit_population
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0, 1])
    >>> report = fit_population(stack, torch.eye(2), torch.tensor([0.5, 0.5]), steps=5)
    >>> report.mse.shape, report.trace
    (torch.Size([2]), None)
    """

    loss: Float[Tensor, " sae"]
    """The objective at the end: on the whole population, or on the last batch before its step."""
    mse: Float[Tensor, " sae"]
    """Mean of ‖x − x̂‖², likewise."""
    l0: Float[Tensor, " sae"]
    """Mean number of active latents of what `encode` gives, on the population or on the last 4096 inputs or so."""
    dead: Float[Tensor, " sae"]
    """Share of latents that fire on no possible state, or fired on none of the last tenth of the batches."""
    diverged: Bool[Tensor, " sae"]
    """Members whose loss or weights stopped being finite (or exploded); they were put back to their last
    sound weights and trained no further. The others are untouched by them."""
    trace: Float[Tensor, "moment ..."] | None
    """What `observe` returned, every `every` steps."""


def misses(stack: SAEStack, l0: Float[Tensor, " sae"]) -> Bool[Tensor, " sae"]:
    """Members of a BatchTopK stack whose L0 at inference is more than a tenth off their k; nobody else has one to miss.

    >>> import torch
    >>> from absorption.saes import BatchTopK, Recipe
    >>> misses(SAEStack(Recipe(BatchTopK(2)), d_in=4, d_sae=4, seeds=[0, 1]), torch.tensor([2.1, 2.4])).tolist()
    [False, True]
    """
    if not isinstance(stack.recipe.activation, BatchTopK):
        return torch.zeros_like(l0, dtype=torch.bool)
    return (l0 - stack.k).abs() > NEAR * stack.k


def shortfalls(stack: SAEStack, report: FitReport) -> Iterator[str]:
    """A sentence for latents that died (above a tenth of them) and for a k that was not reached, with the remedy.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> one, none = torch.ones(1), torch.zeros(1, dtype=torch.bool)
    >>> report = FitReport(loss=one, mse=one, l0=one, dead=0.25 * one, diverged=none, trace=None)
    >>> print(*shortfalls(SAEStack(Recipe(), d_in=2, d_sae=4, seeds=[0]), report))
    25% of the latents of SAE 0 are dead: try a lower lr, revival, or start_at_mean=True.
    """
    worst = int(report.dead.argmax())
    if float(report.dead[worst]) > MANY_DEAD:
        share = float(report.dead[worst])
        yield (
            f"{share:.0%} of the latents of SAE {worst} are dead: try a lower lr, revival, or start_at_mean=True."
        )
    for member in misses(stack, report.l0).nonzero()[:1, 0].tolist():
        k, l0 = float(stack.k[member]), float(report.l0[member])
        yield (
            f"SAE {member} was asked for k = {k:.4g} and fires {l0:.4g} latents an input: set its threshold on more "
            "inputs, or lower k if no more latents than that are alive."
        )


def warn(stack: SAEStack, report: FitReport) -> None:
    """Each shortfall as a `FitWarning`, at the line that called the fit.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> one, none = torch.ones(1), torch.zeros(1, dtype=torch.bool)
    >>> report = FitReport(loss=one, mse=one, l0=one, dead=0 * one, diverged=none, trace=None)
    >>> warn(SAEStack(Recipe(), d_in=2, d_sae=4, seeds=[0]), report)  # nothing died
    """
    for sentence in shortfalls(stack, report):
        warnings.warn(sentence, FitWarning, stacklevel=3)
