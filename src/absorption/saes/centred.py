"""Pre-activations of inputs less the decoder's bias, with their gradients in one step."""

from typing import Any

import torch
from torch import Tensor


class Centred(torch.autograd.Function):
    """(x − b_dec) W_enc + b_enc, as one step: small stacks wait for autograd's steps, not for products.

    >>> x, W_enc, b_enc, b_dec = torch.ones(1, 1, 2), torch.eye(2)[None], torch.tensor([[0.0, 2.0]]), torch.ones(1, 2)
    >>> Centred.apply(x, W_enc, b_enc, b_dec).tolist()
    [[[0.0, 2.0]]]
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, W_enc: Tensor, b_enc: Tensor, b_dec: Tensor) -> Tensor:
        """`x [sae batch d_in]`, `W_enc [sae d_in d_sae]`, `b_enc [sae d_sae]`, `b_dec [sae d_in]` → `[sae batch d_sae]`."""
        ctx.save_for_backward(x, W_enc, b_dec)
        return torch.bmm(x, W_enc).add_((b_enc - torch.bmm(b_dec[:, None], W_enc)[:, 0])[:, None])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """For each, by the products that autograd would take."""
        (grad,), (x, W_enc, b_dec), wanted = grads, ctx.saved_tensors, ctx.needs_input_grad
        of_bias = grad.sum(1)
        moved = -of_bias[:, None]
        return (
            torch.bmm(grad, W_enc.mT) if wanted[0] else None,
            torch.bmm(x.mT, grad).add_(torch.bmm(b_dec[:, :, None], moved)) if wanted[1] else None,
            of_bias if wanted[2] else None,
            torch.bmm(moved, W_enc.mT)[:, 0] if wanted[3] else None,
        )
