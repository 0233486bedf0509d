"""Adam in one pass over each parameter."""

import numpy as np
import torch
from torch import Tensor

from absorption.saes.fit.compiled import kernels
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.stack import SAEStack

BETAS, EPS = (0.9, 0.999), 1e-8
"""As torch has them."""


class Adam:
    """`torch.optim.Adam` with its default moments, in one pass over each parameter, the decoder's constraint included.

    >>> import torch
    >>> from absorption.saes.fit.compiled.objective import CompiledObjective
    >>> from absorption.saes import Recipe
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0])
    >>> CompiledObjective(stack)(torch.eye(2)).total.sum().backward()
    >>> Adam(stack, lr=0.1).step()
    >>> bool(torch.allclose(stack.W_dec.norm(dim=-1), torch.ones(1, 2)))
    True

    Args:
        stack: Its parameters are changed in place; decoder rows keep norm 1 where the recipe says `unit`.
        lr: Learning rate; `param_groups[0]["lr"]` changes it, as torch's.
    """

    def __init__(self, stack: SAEStack, lr: float) -> None:
        self.param_groups = [{"lr": lr}]
        self.parameters = list(stack.parameters())
        self.unit = stack.W_dec if stack.recipe.decoder == "unit" else None
        self.state = {
            p: {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)} for p in self.parameters
        }
        self.share, self.done = Sharing(), 0

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One step on the gradients that there are."""
        self.done += 1
        rates = np.array(
            [*BETAS, EPS, self.param_groups[0]["lr"], 1 - BETAS[0] ** self.done, 1 - BETAS[1] ** self.done]
        )
        for p in self.parameters:
            if p.grad is not None:
                moments = self.state[p].values()
                rows = [_rows(t).numpy() for t in (p.detach(), p.grad, *moments)]
                self.share(kernels.adam, len(rows[0]), *rows, rates, p is self.unit)


def _rows(t: Tensor) -> Tensor:
    """A parameter or what is like it as [row width], in the order of its memory."""
    t = t.mT if t.ndim == 3 and not t.is_contiguous() else t
    return t.reshape(-1, t.shape[-1])
