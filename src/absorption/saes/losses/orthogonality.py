"""The orthogonality penalty of a stack by each scheme, and the two marks that schemes leave on training itself."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from absorption.saes.clock import Clock
from absorption.saes.losses.pairs import (
    ENTRIES,
    cost_between,
    cost_within,
    directions,
    mean_cost,
    pair_cost,
    quartic_pays,
)
from absorption.saes.losses.schemes import FrozenBatches, Neighbours, RandomChunks, Scheme
from absorption.saes.stack import SAEStack

SEED = 7
"""Keeps these draws apart from whatever else is drawn at the same step."""
ABSENT = -1e4
"""Pre-activation of a latent that waits for its batch: below every threshold, and finite."""


def orthogonality_penalty(stack: SAEStack) -> Float[Tensor, " sae"]:
    """What the recipe's scheme makes of the decoders at this step, before its weight.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack
    >>> stack = SAEStack(Recipe(orthogonality=0.25), d_in=2, d_sae=2, seeds=[0])
    >>> stack.W_dec.data = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    >>> round(orthogonality_penalty(stack).item(), 4)
    0.36
    """
    scheme = stack.recipe.orthogonality_scheme
    match scheme:
        case RandomChunks():
            return chunk_cost(stack.W_dec, scheme, stack.clock)
        case Neighbours():
            if stack.neighbours is None or stack.clock.step % scheme.every == 0:
                stack.neighbours = nearest(stack.W_dec, scheme.count)
            return listed_cost(stack.W_dec, stack.neighbours, scheme.exponent, scheme.hinge)
        case FrozenBatches():
            return batch_cost(stack.W_dec, scheme, *scheme.span(stack.clock.fraction, stack.d_sae))
        case _:
            return mean_cost(stack.W_dec, scheme.exponent, scheme.hinge)


def chunk_cost(
    dictionary: Float[Tensor, "sae d_sae d_in"], scheme: RandomChunks, clock: Clock
) -> Float[Tensor, " sae"]:
    """Cost within chunks that are drawn anew each step; the same chunks for all members.

    >>> import torch
    >>> from absorption.saes import RandomChunks
    >>> from absorption.saes.clock import Clock
    >>> dictionary = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    >>> round(chunk_cost(dictionary, RandomChunks(size=2), Clock()).item(), 4)
    0.36

    Zero, without a gradient, at steps that the scheme leaves out.
    """
    n = dictionary.shape[1]
    if clock.step % scheme.every or n < 2:
        return dictionary.new_zeros(len(dictionary))
    dealt = torch.arange(n) if scheme.size >= n else torch.randperm(n, generator=clock.generator(SEED))
    total, pairs = dictionary.new_zeros(len(dictionary)), 0
    unit = directions(dictionary)
    for chunk in dealt.to(dictionary.device).split(scheme.size):
        rows = unit if len(chunk) == n else unit[:, chunk]
        if scheme.aggregate == "mean":
            total = total + cost_within(rows, scheme.exponent, scheme.hinge)
            pairs += len(chunk) * (len(chunk) - 1)
        elif len(chunk) > 1:
            closest = pair_cost(_to_listed(rows, nearest(rows, 1)), scheme.exponent, scheme.hinge)
            total = total + closest.sum((-1, -2))
    return scheme.every * total / (pairs if scheme.aggregate == "mean" else n)


@torch.no_grad()
def nearest(dictionary: Float[Tensor, "sae d_sae d_in"], count: int) -> Int[Tensor, "sae d_sae neighbour"]:
    """The other latents with the largest `|cosine|` to each, largest first; all others if there are no more than count.

    >>> import torch
    >>> nearest(torch.tensor([[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]]), count=1).tolist()
    [[[1], [0], [1]]]
    """
    unit = directions(dictionary)
    n_sae, n, _ = unit.shape
    height = max(1, ENTRIES // (n_sae * n))
    found = []
    for start in range(0, n, height):
        cosine = (unit[:, start : start + height] @ unit.mT).abs_()
        cosine.diagonal(offset=start, dim1=-2, dim2=-1).fill_(-1)
        found.append(cosine.topk(min(count, n - 1), dim=-1).indices)
    return torch.cat(found, 1)


def listed_cost(
    dictionary: Float[Tensor, "sae d_sae d_in"],
    neighbours: Int[Tensor, "sae d_sae neighbour"],
    exponent: float,
    hinge: float,
) -> Float[Tensor, " sae"]:
    """The cost of the listed pairs over the number of all ordered pairs.

    >>> import torch
    >>> dictionary, neighbours = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]]), torch.tensor([[[1], [0]]])
    >>> round(listed_cost(dictionary, neighbours, exponent=1.0, hinge=0.0).item(), 4)
    0.6
    """
    n = dictionary.shape[1]
    costs = pair_cost(_to_listed(directions(dictionary), neighbours), exponent, hinge)
    return costs.sum((-1, -2)) / max(1, n * (n - 1))


def _to_listed(
    unit: Float[Tensor, "sae n d_in"], listed: Int[Tensor, "sae n neighbour"]
) -> Float[Tensor, "sae n neighbour"]:
    """Cosines of each row with those on its list."""
    member = torch.arange(len(unit), device=unit.device)[:, None]
    columns = [(unit * unit[member, column]).sum(-1, keepdim=True) for column in listed.unbind(-1)]
    return torch.cat([unit[..., :0], *columns], -1)


def batch_cost(
    dictionary: Float[Tensor, "sae d_sae d_in"], scheme: FrozenBatches, start: int, end: int
) -> Float[Tensor, " sae"]:
    """Cost within the batch [start, end) and between it and the frozen latents before it.

    >>> import torch
    >>> from absorption.saes import FrozenBatches
    >>> dictionary = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    >>> round(batch_cost(dictionary, FrozenBatches(batches=2, exponent=1.0), start=1, end=2).item(), 4)
    0.6
    """
    unit = directions(dictionary)
    learning, frozen = unit[:, start:end], unit[:, :start]
    total = cost_within(learning, scheme.exponent, scheme.hinge)
    if start:
        total = total + 2 * cost_between(learning, frozen, scheme.exponent, scheme.hinge)
    return total / max(1, end * (end - 1))


def learning_span(stack: SAEStack) -> tuple[int, int] | None:
    """The batch of latents that learns at this step; None where all do.

    >>> from absorption.saes import FrozenBatches, Recipe, SAEStack
    >>> recipe = Recipe(orthogonality_scheme=FrozenBatches(batches=2))
    >>> learning_span(SAEStack(recipe, d_in=2, d_sae=4, seeds=[0]))
    (0, 2)
    """
    scheme = stack.recipe.orthogonality_scheme
    if isinstance(scheme, FrozenBatches):
        return scheme.span(stack.clock.fraction, stack.d_sae)
    return None


def without_waiting(
    stack: SAEStack, pre: Float[Tensor, "sae batch d_sae"]
) -> Float[Tensor, "sae batch d_sae"]:
    """Pre-activations in which latents whose batch has not begun cannot fire.

    >>> import torch
    >>> from absorption.saes import FrozenBatches, Recipe, SAEStack
    >>> stack = SAEStack(Recipe(orthogonality_scheme=FrozenBatches(batches=2)), d_in=2, d_sae=4, seeds=[0])
    >>> without_waiting(stack, torch.ones(1, 1, 4)).relu().tolist()
    [[[1.0, 1.0, 0.0, 0.0]]]
    """
    span = learning_span(stack)
    if span is None or span[1] == stack.d_sae:
        return pre
    waits = torch.arange(stack.d_sae, device=pre.device) >= span[1]
    return pre.masked_fill(waits, ABSENT)


def multiplications(scheme: Scheme, n: int, d_in: int) -> float:
    """Multiplications a step in the matrix products of one SAE's penalty, forward and backward, for n ≥ d_in latents.

    >>> from absorption.saes import AllPairs
    >>> multiplications(AllPairs(), n=100, d_in=10)  # a Gram matrix of width 10
    20000

    A Gram matrix of width w takes 2 n w², pairs in blocks 2 n² d_in, a product that only looks for the nearest n² d_in
    (within chunks: n times the chunk; for a list: now and then). `FrozenBatches` is averaged over its batches.
    """

    def exact(rows: float) -> float:
        if scheme.exponent == 2 and not scheme.hinge:
            return 2 * rows * d_in * min(d_in, rows)
        if scheme.exponent == 4 and not scheme.hinge and quartic_pays(n, d_in):
            return 2 * rows * (d_in * (d_in + 1) // 2) ** 2
        return 2 * rows**2 * d_in

    match scheme:
        case RandomChunks(size=size, aggregate=aggregate, every=every):
            height = min(size, n)
            each = exact(height) if aggregate == "mean" else height**2 * d_in + 3 * height * d_in
            return n / height * each / every
        case Neighbours(count=count, every=every):
            return n**2 * d_in / every + 3 * n * count * d_in
        case FrozenBatches(batches=batches):
            rows = n / batches
            if scheme.exponent == 2 and not scheme.hinge:
                return exact(rows) + 3 * rows * d_in**2 + d_in**2 * (n - rows) / 2
            return exact(rows) + 2 * rows * d_in * (n - rows) / 2
        case _:
            return exact(n)
