"""What a reconstruction costs: the squared error, or any function of it."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

Error = Callable[[Tensor, Tensor], Tensor]
"""Reconstruction `[sae batch d_out]` and target `[*sae batch d_out]` → the cost of each input `[sae batch]`.

An end-to-end SAE's is what the rest of a model makes of the two (Braun et al. 2024, arXiv:2405.12241)."""


class MeanSquaredError(torch.autograd.Function):
    """The mean of ‖x̂ − x‖² with given weights; its gradient takes one pass over the difference, not autograd's five.

    >>> import torch
    >>> MeanSquaredError.apply(torch.zeros(1, 2, 2), torch.eye(2), torch.full((1, 2), 0.5)).tolist()
    [1.0]
    """

    @staticmethod
    def forward(ctx: Any, reconstruction: Tensor, x: Tensor, weights: Tensor) -> Tensor:
        """`reconstruction [sae batch d_in]`, `x [*sae batch d_in]`, `weights [sae_or_one batch]` → `[sae]`."""
        difference = reconstruction - x
        ctx.save_for_backward(difference, weights)
        ctx.shape = x.shape
        return (difference.square().sum(-1) * weights).sum(-1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor | None, None]:
        """For the reconstruction and, where it is learned, for x; members that share x add up."""
        (grad,), (difference, weights) = grads, ctx.saved_tensors
        change = difference * ((2 * grad)[:, None] * weights)[..., None]
        return change, -change.sum_to_size(ctx.shape) if ctx.needs_input_grad[1] else None, None


class DecodingError(torch.autograd.Function):
    """The same of what a dictionary makes of activations, as one step: small stacks wait for autograd's steps, not for products.

    >>> acts, eye, still = torch.ones(1, 1, 2), torch.eye(2)[None], torch.zeros(1, 2)
    >>> DecodingError.apply(acts, eye, still, torch.tensor([[1.0, 3.0]]), torch.ones(1, 1)).tolist()
    [4.0]
    """

    @staticmethod
    def forward(
        ctx: Any, acts: Tensor, dictionary: Tensor, b_dec: Tensor, x: Tensor, weights: Tensor
    ) -> Tensor:
        """`acts [sae batch d_sae]`, `dictionary [sae d_sae d_out]`, `b_dec [sae d_out]`, the rest as above → `[sae]`."""
        difference = torch.bmm(acts, dictionary).add_(b_dec[:, None]).sub_(x)
        ctx.save_for_backward(acts, dictionary, difference, weights)
        ctx.shape = x.shape
        return (difference.square().sum(-1) * weights).sum(-1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """For activations, dictionary and bias, and for x as above; each by the product that autograd would take."""
        (grad,), (acts, dictionary, difference, weights), wanted = (
            grads,
            ctx.saved_tensors,
            ctx.needs_input_grad,
        )
        change = difference * ((2 * grad)[:, None] * weights)[..., None]
        return (
            torch.bmm(change, dictionary.mT),
            torch.bmm(acts.mT, change) if wanted[1] else None,
            change.sum(1) if wanted[2] else None,
            -change.sum_to_size(ctx.shape) if wanted[3] else None,
            None,
        )


def mean_error(
    error: Error | None,
    reconstruction: Float[Tensor, "sae batch d_out"],
    target: Float[Tensor, "*own batch d_out"],
    weights: Float[Tensor, "sae_or_one batch"],
) -> Float[Tensor, " sae"]:
    """The mean of an error over inputs that are met with these probabilities; of the squared one where none is given.

    >>> import torch
    >>> guess, truth, alike = torch.zeros(1, 2, 2), torch.eye(2), torch.full((1, 2), 0.5)
    >>> mean_error(None, guess, truth, alike).tolist()
    [1.0]
    >>> mean_error(lambda r, y: (r - y).abs().amax(-1), guess, 3 * truth, alike).tolist()
    [3.0]

    Raises:
        ValueError: the error does not give one number an input and member.
    """
    if error is None:
        return MeanSquaredError.apply(reconstruction, target, weights)
    each = error(reconstruction, target)
    if each.shape != reconstruction.shape[:-1]:
        raise ValueError(
            f"error must give one number an input, {tuple(reconstruction.shape[:-1])}, got {tuple(each.shape)}."
        )
    return (each * weights).sum(-1)
