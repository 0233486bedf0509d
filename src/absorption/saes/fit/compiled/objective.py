"""Training wide SAEs with compiled products at the active latents alone: forward and backward in one pass over a batch.

As on the sparse path (`fit/sparse.py`), the encoder product is done in full, in bfloat16 where that is faster (for BatchTopK in
eight-bit integers, `integers.py`), and names candidates; whatever is computed from them is computed in the stack's own precision. Beyond it, this path also takes
recipes whose number of active latents follows from a penalty, and goes without a step of autograd for each operation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.fit.compiled.member import Member, Step
from absorption.saes.fit.compiled.selection import Selection
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.losses.objective import Losses, Usage, revival_loss, weight_terms
from absorption.saes.losses.schemes import FrozenBatches
from absorption.saes.recipe import BatchTopK, MatchingPursuit
from absorption.saes.stack import SAEStack


class CompiledObjective:
    """The recipe's loss on a shared batch, member by member, for every recipe that `covers` accepts.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> from absorption.saes.losses.objective import population_losses
    >>> stack = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0], dtype=torch.float64)
    >>> x, uniform = torch.eye(4, dtype=torch.float64), torch.full((1, 4), 0.25, dtype=torch.float64)
    >>> torch.allclose(CompiledObjective(stack)(x).total, population_losses(stack, x, uniform).total)
    True

    Args:
        stack: The SAEs, on the processor.

    Raises:
        ValueError: the recipe or the device is not covered; the message says why.
    """

    def __init__(self, stack: SAEStack) -> None:
        if reason := uncovered(stack):
            raise ValueError(f"compiled training {reason}: leave compiled=False.")
        self.stack = stack
        self.share = Sharing()
        self.select = Selection(stack, self.share)

    def __call__(
        self,
        x: Float[Tensor, "*sae batch d_in"],
        dead: Bool[Tensor, "sae d_sae"] | None = None,
        target: Float[Tensor, "*own batch d_out"] | None = None,
    ) -> Losses:
        """As `population_losses` with uniform weights."""
        stack, y = self.stack, x if target is None else target
        extra = [getattr(stack, name, None) for name in ("threshold", "r_mag", "b_mag")]
        if isinstance(stack.recipe.activation, BatchTopK):
            extra[0] = None
        steps: list[Step] = []
        total = Loss.apply(self, x, y, steps, stack.W_enc, stack.b_enc, stack.W_dec, stack.b_dec, *extra)
        total = total + weight_terms(stack)
        if dead is not None and bool(dead.any()):
            total = total + stack.revival * torch.stack(
                [self._revived(i, _of(x, i), step, dead[i]) for i, step in enumerate(steps)]
            )
        mse = total.new_tensor([step.mse for step in steps])
        return Losses(total, mse, lambda: self._usage(steps))

    def _revived(self, i: int, x: Tensor, step: Step, dead: Tensor) -> Tensor:
        stack = self.stack
        read = x if stack.transcodes else x - stack.b_dec[i]
        pre, rows = read @ stack.W_enc[i][:, dead] + stack.b_enc[i, dead], stack.W_dec[i, dead]
        if stack.recipe.decoder == "normalised":
            lengths = stack.lengths[i, dead]
            pre, rows = pre * lengths, rows / lengths[:, None]
        alike = x.new_full((len(x),), 1 / len(x))
        return revival_loss(pre, rows, -step.residual(), alike)

    def _usage(self, steps: list[Step]) -> Usage:
        like = self.stack.b_enc
        fired, l0, smallest = np.zeros(like.shape, np.bool_), [], []
        for step, own in zip(steps, fired, strict=True):
            fires = step.acts > 0
            own[step.active.cols[fires]] = True
            positive = step.acts[fires]
            l0.append(len(positive) / (len(step.active.starts) - 1))
            smallest.append(float(positive.min()) if len(positive) else 0.0)
        return Usage(like.new_tensor(l0), torch.from_numpy(fired), like.new_tensor(smallest))


def uncovered(stack: SAEStack) -> str | None:
    """Why a stack cannot be trained by the compiled path, or None.

    >>> from absorption.saes import Recipe
    >>> uncovered(SAEStack(Recipe(decoder="normalised"), d_in=2, d_sae=2, seeds=[0]))
    "has no penalty beside decoder='normalised'"
    """
    recipe = stack.recipe
    reasons = {
        "runs on the processor only": stack.W_dec.device.type != "cpu",
        "has no matching pursuit": isinstance(recipe.activation, MatchingPursuit),
        "has no penalty beside decoder='normalised'": recipe.decoder == "normalised"
        and (recipe.k is None or "sparsity" in stack.terms),
        "has no FrozenBatches": isinstance(recipe.orthogonality_scheme, FrozenBatches),
        "knows no L_p penalty but L1": recipe.exponent != 1 or recipe.exponent_end is not None,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


class Loss(torch.autograd.Function):
    """The loss of every member, [sae], whose gradients are found on the way and handed over when they are asked for.

    >>> import torch
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0])
    >>> CompiledObjective(stack)(torch.eye(2)).total.sum().backward()
    >>> stack.W_enc.grad.shape
    torch.Size([1, 2, 2])
    """

    @staticmethod
    def forward(
        ctx: Any,
        objective: CompiledObjective,
        x: Tensor,
        y: Tensor,
        steps: list[Step],
        *parameters: Any,
    ) -> Tensor:
        """Parameters as in a stack, each [sae …] or None: W_enc, b_enc, W_dec, b_dec, threshold, r_mag, b_mag → [sae]."""
        # A weight's gradient is written row by row, the others' are added up.
        ctx.grads = [
            p if p is None else (torch.empty_like if p.ndim == 3 else torch.zeros_like)(p) for p in parameters
        ]
        totals = []
        for i in range(len(objective.stack)):
            of, grads = _member(parameters, i), _member(ctx.grads, i)
            member = Member(objective.stack, objective.select, objective.share, i, _of(x, i), _of(y, i), *of)
            total, step = member.run(*grads)
            totals.append(total)
            steps.append(step)
        return x.new_tensor(totals)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """A member's gradients, times that of its loss."""
        (of_loss,), found = grads, ctx.grads
        # Nobody else may hold them, or they are copied.
        ctx.grads = None
        if not bool((of_loss == 1).all()):
            for grad in found:
                if grad is not None:
                    grad.mul_(of_loss.view(-1, *[1] * (grad.ndim - 1)))
        return None, None, None, None, *found


def _of(x: Float[Tensor, "*sae batch width"], i: int) -> Float[Tensor, "batch width"]:
    """What member i sees: the same as all, or its own."""
    return x if x.ndim == 2 else x[i]


def _member(tensors: Sequence[Tensor | None], i: int) -> list[Any]:
    """Member i's part of each tensor."""
    return [None if t is None else t.detach()[i] for t in tensors]
