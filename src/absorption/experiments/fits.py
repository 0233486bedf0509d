"""Training on an exact population as the pages do it: nothing may diverge, and what was learned is read on the CPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.fit.report import FitReport
from absorption.saes.fit.training import fit_population
from absorption.saes.stack import SAEStack


def fit(
    stack: SAEStack, x: Tensor | np.ndarray, p: Tensor | np.ndarray, description: str, **options: Any
) -> FitReport:
    """`fit_population`, which trains in place, and an error where a member diverged.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, TopK
    >>> stack = SAEStack(Recipe(activation=TopK(1)), 2, 4, seeds=[0, 1])
    >>> fit(stack, torch.eye(2), torch.tensor([0.5, 0.5]), "two states", steps=3, lr=0.01).diverged
    tensor([False, False])

    Args:
        stack: Trained in place.
        x: Activations, `[state d_in]` or `[sae state d_in]`. p: probabilities, `[state]` or `[sae state]`.
        description: What the progress bar says.
        options: As for `fit_population`: `steps`, `lr`, `warmup`, `decay`, `optimizer`, `observe`, `every`.

    Raises:
        FloatingPointError: a member diverged; the message names the first ones.
    """
    x, p = (torch.as_tensor(values, dtype=torch.float32) for values in (x, p))
    report = fit_population(stack, x, p, description=description, **options)
    if bool(report.diverged.any()):
        which = report.diverged.nonzero()[:5, 0].tolist()
        raise FloatingPointError(
            f"{description}: {int(report.diverged.sum())} of {len(stack)} SAEs diverged, members {which} first; "
            "lower lr."
        )
    return report


def code(
    stack: SAEStack, x: Float[Tensor, "*sae state d_in"]
) -> tuple[Float[Tensor, "sae state d_sae"], Float[Tensor, "sae d_sae d_in"]]:
    """Activations and decoder rows of every member, on the CPU and without gradients.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, TopK
    >>> z, dictionary = code(SAEStack(Recipe(activation=TopK(1)), 3, 4, seeds=[0, 1]), torch.eye(3))
    >>> z.shape, dictionary.shape
    (torch.Size([2, 3, 4]), torch.Size([2, 4, 3]))
    """
    return stack.encode(x.to(stack.W_dec)).cpu(), stack.dictionary.detach().cpu()


def living(
    stack: SAEStack,
    x: Float[Tensor, "*sae state d_in"],
    p: Float[Tensor, "*worlds state"] | None = None,
    above: float = 1e-6,
) -> Bool[Tensor, "sae d_sae"]:
    """Which latents fire on some state, by more than `above`; the others are dead. On the CPU.

    With probabilities only the possible states count.

    >>> import torch
    >>> from absorption.experiments.starts import start_at
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, seeds=[0])
    >>> start_at(stack, W_dec=torch.eye(2), W_enc=torch.tensor([[1.0, -1.0], [1.0, -1.0]]))
    >>> living(stack, torch.eye(2))
    tensor([[ True, False]])
    """
    fires = (stack.encode(x.to(stack.W_dec)) > above).cpu()
    return (fires if p is None else fires & (torch.atleast_2d(p).cpu() > 0)[..., None]).any(1)


def l0_followed(
    x: Float[Tensor, "*sae state d_in"],
    p: Float[Tensor, " state"],
    target: float,
    within: tuple[float, float] = (1e-3, 0.3),
    gain: float = 0.2,
) -> Callable[[SAEStack], Float[Tensor, " sae"]]:
    """An `observe` for `fit` that holds every member near one L0: λ is raised where too many latents fire, and lowered where too few do.

    Each time it is called it multiplies λ by (L0 / target)^gain, the ratio kept between ½ and 2, and gives the L0 it saw.

    >>> import torch
    >>> from absorption.experiments.starts import start_at
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU(), sparsity=0.1), 2, 2, seeds=[0])
    >>> start_at(stack, W_dec=torch.eye(2), W_enc=torch.eye(2))  # one latent fires on each state
    >>> follow = l0_followed(torch.eye(2), torch.tensor([0.5, 0.5]), target=0.5, gain=1.0)
    >>> follow(stack), stack.sparsity
    (tensor([1.]), tensor([0.2000]))

    Args:
        x, p: What L0 is measured on.
        target: The L0 wanted. L1 does not reach every L0; measure what was reached (`exact_l0`).
        within: Smallest and largest λ.
        gain: How fast λ follows.
    """

    def follow(stack: SAEStack) -> Float[Tensor, " sae"]:
        l0 = exact_l0(stack, x, p)
        stack.sparsity.mul_((l0 / target).clamp(0.5, 2) ** gain).clamp_(*within)
        return l0

    return follow


def exact_l0(
    stack: SAEStack, x: Float[Tensor, "*sae state d_in"], p: Float[Tensor, " state"]
) -> Float[Tensor, " sae"]:
    """Mean number of latents that fire, over the states with their probabilities; on the stack's device.

    >>> import torch
    >>> from absorption.experiments.starts import start_at
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, seeds=[0])
    >>> start_at(stack, W_dec=torch.eye(2), W_enc=torch.eye(2))
    >>> exact_l0(stack, torch.tensor([[1.0, 1.0], [1.0, 0.0]]), torch.tensor([0.25, 0.75]))
    tensor([1.2500])
    """
    fires = (stack.encode(x.to(stack.W_dec)) > 0).sum(-1)
    return (fires * p.to(stack.W_dec)).sum(-1)
