"""Matching pursuits as fast as they can be trained here: choices by Gram matrix, gradients by hand, finished inputs left out.

What a choice takes from every latent's inner product with the residual is a row of the Gram matrix, so the products are
computed once and then only corrected. On a two-level tree nearly all inputs are finished after a choice or two, but the last
one of a batch takes many. `saes.pursuit` is the plain form, which carries all of them along with their graph, and against which
this one is tested.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.saes.recipe import MatchingPursuit
from absorption.saes.stack import SAEStack


@dataclass(frozen=True)
class Step:
    """One choice of the inputs that still make one, all SAEs in one row of inputs and one row of latents."""

    at: Int64[Tensor, " some"]
    """Which inputs."""
    row: Int64[Tensor, " some"]
    """Which latent each of them chooses."""
    value: Float[Tensor, " some"]
    """What it fires with."""
    before: Float[Tensor, "some d_in"]
    """What is left of the input before it."""


@torch.no_grad()
def pursue(
    x: Float[Tensor, "sae batch d_in"],
    rows: Float[Tensor, "sae d_sae d_in"],
    k: Float[Tensor, " sae"],
    short: float,
) -> tuple[list[Step], Float[Tensor, "sae batch d_in"]]:
    """Every choice, and what is left in the end.

    >>> steps, left = pursue(torch.tensor([[[1.0, 2.0]]]), torch.eye(2)[None], torch.tensor([1.0]), short=0.0)
    >>> [(step.row.tolist(), step.value.tolist()) for step in steps], left.tolist()
    ([([1], [2.0])], [[[1.0, 0.0]]])

    Args:
        x: Inputs of each SAE, less the decoder's bias.
        rows: Of any length; they read and write.
        k: Most choices of each SAE.
        short: Length of what is left that needs no further choice.
    """
    n_sae, batch, d_in = x.shape
    flat, gram = rows.reshape(-1, d_in), (rows @ rows.mT).flatten(0, 1)
    left, inner = x.reshape(-1, d_in).clone(), (x @ rows.mT).flatten(0, 1)
    first, most = (each.repeat_interleave(batch) for each in (torch.arange(n_sae) * rows.shape[1], k))
    at, taken, steps = torch.arange(n_sae * batch), torch.zeros_like(inner, dtype=torch.bool), []
    for choice in range(int(k.max())):
        value, latent = inner.max(1)
        known = taken.gather(1, latent[:, None])[:, 0]
        taken.scatter_(1, latent[:, None], True)
        row, before = first.index_select(0, at) + latent, left.index_select(0, at)
        step = Step(at, row, value.relu(), before)
        after = torch.addcmul(before, flat.index_select(0, row), step.value[:, None], value=-1)
        left.index_copy_(0, at, after)
        steps.append(step)
        goes_on = (
            (value > 0)
            & ~known
            & (after.square().sum(1) >= short**2)
            & (most.index_select(0, at) > choice + 1)
        )
        some = goes_on.nonzero()[:, 0]
        if len(some) == 0:
            break
        if len(some) < len(at):
            at, taken, inner, row, value = (
                one.index_select(0, some) for one in (at, taken, inner, row, value)
            )
        inner.addcmul_(gram.index_select(0, row), value[:, None], value=-1)
    return steps, left.view_as(x)


class _Error(torch.autograd.Function):
    """Backwards through the choices: what is left after one is r − (r·d) d, differentiated by r and by d."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor, k: Tensor, short: float) -> Tensor:
        ctx.steps, ctx.left = pursue(x, rows, k, short)
        ctx.save_for_backward(rows)
        return ctx.left.square().sum(-1).mean(-1)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        (rows,) = ctx.saved_tensors
        flat, left = rows.reshape(-1, rows.shape[-1]), ctx.left
        back = (left * (outer[0][:, None, None] * 2 / left.shape[1])).flatten(0, 1)
        found = torch.zeros_like(flat)
        for step in reversed(ctx.steps):
            of_left, chosen = back.index_select(0, step.at), flat.index_select(0, step.row)
            along = (of_left * chosen).sum(1, keepdim=True) * (step.value > 0)[:, None]
            found.index_add_(
                0, step.row, torch.addcmul(along * step.before, of_left, step.value[:, None]), alpha=-1
            )
            back.index_copy_(0, step.at, of_left.addcmul_(along, chosen, value=-1))
        return back.view_as(left), found.view_as(rows), None, None


def error_left(
    x: Float[Tensor, "sae batch d_in"],
    rows: Float[Tensor, "sae d_sae d_in"],
    k: Float[Tensor, " sae"],
    short: float,
) -> Float[Tensor, " sae"]:
    """Mean squared length of what is left: differentiable by inputs and rows, the choices being given.

    >>> rows = torch.eye(2)[None].requires_grad_(True)
    >>> error = error_left(torch.tensor([[[1.0, 2.0]]]), rows, torch.tensor([1.0]), short=0.0)
    >>> error.sum().backward()
    >>> error.tolist(), rows.grad.abs().tolist()
    ([1.0], [[[0.0, 0.0], [4.0, 0.0]]])

    Args:
        x, rows, k, short: As for `pursue`.
    """
    return _Error.apply(x, rows, k, short)  # pyright: ignore[reportReturnType]


def activations(
    x: Float[Tensor, "sae batch d_in"],
    rows: Float[Tensor, "sae d_sae d_in"],
    k: Float[Tensor, " sae"],
    short: float,
) -> Float[Tensor, "sae batch d_sae"]:
    """What every latent fires with.

    >>> activations(torch.tensor([[[1.0, 2.0]]]), torch.eye(2)[None], torch.tensor([2.0]), short=0.0).tolist()
    [[[1.0, 2.0]]]

    Args:
        x, rows, k, short: As for `pursue`.
    """
    n_sae, d_sae, _ = rows.shape
    z = x.new_zeros(n_sae * x.shape[1] * d_sae)
    for step in pursue(x, rows, k, short)[0]:
        z.index_add_(0, step.at * d_sae + step.row % d_sae, step.value)
    return z.view(n_sae, x.shape[1], d_sae)


def fit_pursuits(
    stack: SAEStack,
    batches: Iterable[Float[Tensor, "*sae batch d_in"]],
    rate: Callable[[int], float],
) -> None:
    """Train pursuits in place as arXiv:2506.03093 does (appendix B.1.2 and its code), but for the rates, which are given.

    Adam with short memories, gradients clipped at 1, rows of any length. On the tree, with Adam's usual memories and rows held at
    length 1, a pursuit ended with one row for what concepts of a level share, at a cosine of 0.3 between them.

    >>> from absorption.saes.recipe import Recipe
    >>> recipe = Recipe(MatchingPursuit(1), tied=True, encoder_bias=False, decoder="free")
    >>> stack = SAEStack(recipe, 4, 4, seeds=[0])
    >>> fit_pursuits(stack, torch.eye(4).expand(2, 4, 4), rate=lambda step: 0.01)

    Args:
        stack: Pursuits with free rows, with a decoder bias or without.
        batches: One a step, shared or one for each SAE.
        rate: Of Adam, by the number of the step.
    """
    assert isinstance(stack.recipe.activation, MatchingPursuit) and stack.recipe.decoder == "free"
    short, biased = stack.recipe.activation.residual_threshold, stack.recipe.decoder_bias
    trained = [stack.W_dec, *([stack.b_dec] if biased else [])]
    adam = torch.optim.Adam(trained, betas=(0.5, 0.9375))
    for step, x in enumerate(batches):
        adam.param_groups[0]["lr"] = rate(step)
        adam.zero_grad()
        centred = x - stack.b_dec[:, None] if biased else x.expand(len(stack), -1, -1)
        error_left(centred, stack.W_dec, stack.k, short).sum().backward()
        grads = [each.grad for each in trained if each.grad is not None]
        length = torch.stack([grad.flatten(1).square().sum(1) for grad in grads]).sum(0).sqrt()
        for grad in grads:
            grad.div_(length.clamp_min(1.0).view(-1, *[1] * (grad.ndim - 1)))
        adam.step()
