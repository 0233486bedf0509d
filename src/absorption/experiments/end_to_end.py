"""SAEs that are trained not to reconstruct but to leave what comes after them unchanged: a KL divergence after a head."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.one_pair import Worlds
from absorption.saes.recipe import ReLU
from absorption.saes.stack import SAEStack

Head = Float[Tensor, "*sae vocabulary d_in"]


def random_heads(n: int, vocabulary: int, d_in: int, seed: int, size: float = 2.0) -> Head:
    """What stands for the rest of a model: logits linear in x, with normal weights of standard deviation `size`; n of them.

    >>> random_heads(3, vocabulary=5, d_in=2, seed=0).shape
    torch.Size([3, 5, 2])
    """
    return size * torch.randn(n, vocabulary, d_in, generator=torch.Generator().manual_seed(seed))


def divergence(
    rebuilt: Float[Tensor, "... d_in"], x: Float[Tensor, "... d_in"], head: Head
) -> Float[Tensor, "..."]:
    """KL divergence of what is said after `rebuilt` from what is said after x, in nats.

    >>> x = torch.tensor([[1.0, 0.0]])
    >>> divergence(x, x, random_heads(1, 4, 2, seed=0)[0]).tolist()
    [0.0]
    """
    said, meant = ((values @ head.mT).log_softmax(-1) for values in (rebuilt, x))
    return (meant.exp() * (meant - said)).sum(-1)


def fit_through(
    stack: SAEStack,
    x: Float[Tensor, "state d_in"],
    p: Float[Tensor, "sae state"],
    description: str,
    *,
    head: Head,
    steps: int,
    lr: float,
) -> None:
    """Minimise E[KL] + λ E[Σ z] on an exact population, in place, with rows of length 1; Adam, the rate falling to 0 at the end.

    >>> from absorption.saes.recipe import Recipe
    >>> stack = SAEStack(Recipe(encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
    >>> fit_through(stack, torch.eye(2), torch.full((1, 2), 0.5), "", head=random_heads(1, 4, 2, 0), steps=20, lr=0.05)
    >>> bool(torch.allclose(stack.W_dec.norm(dim=-1), torch.ones(2)))
    True

    Raises:
        ValueError: a recipe that this loss is not written for.
    """
    if not (
        isinstance(stack.recipe.activation, ReLU)
        and stack.recipe.decoder == "unit"
        and stack.recipe.exponent == 1
    ):
        raise ValueError("an end-to-end fit takes ReLU SAEs with unit rows and exponent 1.")
    x, p, head = x.to(stack.W_dec), p.to(stack.W_dec), head.to(stack.W_dec)
    optimiser = torch.optim.Adam(stack.parameters(), lr=lr)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, (steps - step) / (0.3 * steps))
        optimiser.zero_grad()
        z = stack.pre_activations(x).relu()
        cost = divergence(z @ stack.dictionary + stack.b_dec[:, None], x, head) + stack.sparsity[
            :, None
        ] * z.sum(-1)
        (cost * p).sum().backward()
        optimiser.step()
        with torch.no_grad():
            stack.W_dec.copy_(torch.nn.functional.normalize(stack.W_dec, dim=-1))


def slope_of_family(
    delta: float,
    p11: float,
    p10: float,
    sparsity: float,
    loss: Callable[[Tensor, Tensor], Any],
    weighted: bool = False,
) -> float:
    """dL/dδ of the printed family by automatic differentiation, for any loss of (x̂, x), in double precision.

    >>> round(slope_of_family(0.3, p11=0.2, p10=0.3, sparsity=0.1, loss=lambda a, b: (a - b).abs().sum(-1)), 6)
    -0.02

    Args:
        delta: Member of the family.
        p11, p10: Probabilities of both and of the parent alone.
        sparsity: λ.
        loss: Of reconstruction and activation, `[state d_in]` each → `[state]`.
        weighted: Whether the penalty counts the length of decoder rows.
    """
    at = torch.tensor(delta, dtype=torch.float64, requires_grad=True)
    one, zero = torch.ones_like(at), torch.zeros_like(at)
    encoder = torch.stack(
        [torch.stack([one, zero]), torch.stack([-at, one])]
    )  # rows: f1, f2; columns: latents
    decoder = torch.stack([torch.stack([one, zero]), torch.stack([at, one])])
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    z = (x @ encoder).relu()
    lengths = decoder.norm(dim=-1) if weighted else torch.ones(2, dtype=torch.float64)
    cost = loss(z @ decoder, x) + sparsity * (z * lengths).sum(-1)
    total = (cost * torch.tensor([p10, p11], dtype=torch.float64)).sum()
    return float(torch.autograd.grad(total, at)[0])


def slope_errors(worlds: Worlds, heads: Head, generator: np.random.Generator) -> list[float]:
    """How far the slope of the family's loss is from −λp11 in each world, at a δ drawn for it: a KL divergence after the world's head.

    >>> worlds = Worlds(np.array([0.2]), np.array([0.3]), np.array([0.1]))
    >>> slope_errors(worlds, random_heads(1, 4, 2, seed=0), np.random.default_rng(0))[0] < 1e-12
    True
    """
    errors = []
    for p11, p10, lam, head in zip(worlds.p11, worlds.p10, worlds.sparsity, heads, strict=True):
        delta = float(generator.uniform(0, 0.99))
        slope = slope_of_family(delta, p11, p10, lam, partial(divergence, head=head.double()))
        errors.append(float(abs(slope + lam * p11)))
    return errors
