"""From pre-activations to activations, for a whole stack at once.

Everything is ReLU followed by a choice of which entries survive; only the choice differs.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def topk_mask(
    pre: Float[Tensor, "sae batch d_sae"], k: Float[Tensor, " sae"]
) -> Bool[Tensor, "sae batch d_sae"]:
    """The k largest entries of each input; k may differ between SAEs.

    >>> import torch
    >>> pre = torch.tensor([[3.0, 1.0, 2.0]]).expand(2, 1, 3)
    >>> topk_mask(pre, torch.tensor([1.0, 2.0])).int().tolist()
    [[[1, 0, 0]], [[1, 0, 1]]]
    """
    largest = int(k.max())
    top = pre.topk(largest, dim=-1)
    kept = torch.arange(largest, device=pre.device) < k[:, None, None]
    return torch.zeros_like(pre, dtype=torch.bool).scatter_(-1, top.indices, kept.expand_as(top.indices))


def batch_topk_mask(
    acts: Float[Tensor, "sae batch d_sae"],
    k: Float[Tensor, " sae"],
    weights: Float[Tensor, "sae_or_one batch"],
) -> Bool[Tensor, "sae batch d_sae"]:
    """The largest entries of the batch, as many as keep the weighted mean L0 at or below k; ties in any order.

    >>> import torch
    >>> acts = torch.tensor([[[3.0, 2.0], [1.0, 0.5]]])
    >>> batch_topk_mask(acts, torch.tensor([1.0]), torch.full((1, 2), 0.5)).int().tolist()
    [[[1, 1], [0, 0]]]

    Args:
        acts: Activations, not negative.
        k: Target mean L0 of each SAE.
        weights: Probability of each input; rows sum to 1. With uniform weights this is BatchTopK's floor(k · batch).
    """
    flat = acts.flatten(1)
    most = _most_kept(flat.shape[1], k, weights)
    if most < flat.shape[1]:
        order = flat.topk(most, dim=-1).indices
    else:
        order = flat.argsort(dim=-1, descending=True, stable=True)
    mass = weights[:, :, None].expand(acts.shape).flatten(1).gather(1, order)
    # The slack forgives rounding in the running sum, never a whole entry.
    kept = mass.cumsum(-1, dtype=torch.float64) <= k[:, None] + 1e-9 * acts[0].numel()
    return torch.zeros_like(flat, dtype=torch.bool).scatter_(1, order, kept).view_as(acts)


def batch_topk(
    acts: Float[Tensor, "sae batch d_sae"],
    k: Float[Tensor, " sae"],
    weights: Float[Tensor, "sae_or_one batch"],
) -> Float[Tensor, "sae batch d_sae"]:
    """Activations where `batch_topk_mask` keeps them, else 0: the same bytes in less time.

    >>> import torch
    >>> acts = torch.tensor([[[3.0, 2.0], [1.0, 0.5]]])
    >>> batch_topk(acts, torch.tensor([1.0]), torch.full((1, 2), 0.5)).tolist()
    [[[3.0, 2.0], [0.0, 0.0]]]

    It takes what `batch_topk_mask` takes. Silent entries need no place in the order, and where all inputs count alike the
    number that is kept is known beforehand.
    """
    flat = acts.detach().flatten(1)
    first = _first_kept(flat, k, weights)
    if first is None:
        return acts * batch_topk_mask(acts.detach(), k, weights)
    return acts * first.view_as(acts)


LAST = np.iinfo(np.int64).max
"""A key after every other, of an entry that is not there."""


def _first_kept(
    flat: Float[Tensor, "sae entry"], k: Float[Tensor, " sae"], weights: Float[Tensor, "sae_or_one batch"]
) -> Float[Tensor, "sae entry"] | None:
    """1 where a positive entry is kept, by NumPy's vectorised sort of whole numbers; None where that does not apply.

    A key is an activation's bits, turned so that the largest comes first, and then its place: positive numbers have the
    order of their bits, and no two keys are equal, so ties fall as in a stable sort. Only positive entries have one.
    """
    if flat.dtype != torch.float32 or flat.device.type != "cpu":
        return None
    members, entries = flat.shape
    if _most_kept(entries, k, weights) < entries:
        return None  # few of many are kept: torch's selection is faster, and has its own order of ties
    values = flat.numpy()
    fires = values > 0
    at, n_firing = np.flatnonzero(fires), np.count_nonzero(fires, axis=1)
    row = np.repeat(np.arange(members), n_firing)
    keys = ((0x7FFFFFFF - values.view(np.int32).ravel()[at].astype(np.int64)) << 32) | (at - row * entries)
    order = np.full((members, max(1, n_firing.max())), LAST)
    starts = n_firing.cumsum() - n_firing
    order[row, np.arange(len(at)) - starts[row]] = keys
    order.sort(axis=-1)
    kept = alike_kept(entries, k, weights)
    if kept is None:
        places = torch.from_numpy(order & 0x7FFFFFFF).clamp_max_(entries - 1)
        mass = weights.repeat_interleave(entries // weights.shape[1], 1).expand(members, -1).gather(1, places)
        kept = torch.searchsorted(mass.cumsum(-1, dtype=torch.float64), _bound(entries, k), right=True)
    last = np.take_along_axis(order, (kept.numpy() - 1).clip(0, order.shape[1] - 1), 1)
    last[kept.numpy() == 0] = -1
    found = np.zeros(members * entries, dtype=np.float32)
    found[at] = keys <= last[row, 0]
    return torch.from_numpy(found).view(members, entries)


def alike_kept(
    entries: int, k: Float[Tensor, " sae"], weights: Float[Tensor, "sae_or_one batch"]
) -> Int[Tensor, "sae 1"] | None:
    """How many of so many entries `batch_topk_mask` keeps where all inputs count alike; None where they do not.

    >>> import torch
    >>> alike_kept(6, torch.tensor([1.0, 1.7]), torch.full((1, 2), 0.5)).tolist()
    [[2], [3]]
    """
    weight = float(weights.min())
    if weight != float(weights.max()) or weight <= 0:
        return None
    kept = torch.searchsorted(_running(weight, entries), _bound(entries, k).cpu(), right=True)
    return kept.clamp_max(_most_kept(entries, k, weights)).to(k.device)


def _most_kept(entries: int, k: Float[Tensor, " sae"], weights: Float[Tensor, "sae_or_one batch"]) -> int:
    """No more than k / the lightest input can be kept: where those are few, the rest need not be sorted, else all are."""
    lightest = float(weights.min())
    few = int(float(k.max()) / lightest) + 1 if lightest > 0 else entries
    return few if few < entries // 4 else entries


def _bound(entries: int, k: Float[Tensor, " sae"]) -> Float[Tensor, "sae 1"]:
    """The most probability that may be kept. The slack forgives rounding in the running sum, never a whole entry."""
    return (k[:, None] + 1e-9 * entries).double()


@lru_cache(8)
def _running(weight: float, entries: int) -> Float[Tensor, " entry"]:
    """The running sum of equal weights, as it is taken of unequal ones."""
    return torch.full((entries,), weight, dtype=torch.float64).cumsum(0)


def _kernel(distance: Tensor, bandwidth: float) -> Tensor:
    """The rectangle of width `bandwidth` around zero, with area one."""
    return (distance.abs() < bandwidth / 2).to(distance) / bandwidth


class JumpReLUFunction(torch.autograd.Function):
    """pre · 1[pre > max(0, threshold)] with a straight-through gradient to the threshold (arXiv:2407.14435, eq. 11).

    >>> import torch
    >>> JumpReLUFunction.apply(torch.tensor([[[0.5, 2.0]]]), torch.ones(1, 1, 2), 0.5).tolist()
    [[[0.0, 2.0]]]
    """

    @staticmethod
    def forward(ctx: Any, pre: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        """pre [sae batch d_sae], threshold [sae 1 d_sae]."""
        threshold = threshold.clamp_min(0)  # no activation is negative, in training as in `encode`
        ctx.save_for_backward(pre, threshold)
        ctx.bandwidth = bandwidth
        return pre * (pre > threshold).to(pre)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients for pre, threshold and (none) the bandwidth."""
        (grad,), (pre, threshold) = grads, ctx.saved_tensors
        to_threshold = -(threshold * _kernel(pre - threshold, ctx.bandwidth) * grad).sum(1, keepdim=True)
        return grad * (pre > threshold).to(grad), to_threshold, None


class StepFunction(torch.autograd.Function):
    """1[pre > max(0, threshold)], whose sum is L0, with a straight-through gradient to the threshold (eq. 12).

    >>> import torch
    >>> threshold = torch.ones(1, 1, 1, requires_grad=True)
    >>> StepFunction.apply(torch.tensor([[[0.5], [1.125], [3.0]]]), threshold, 0.5).sum().backward()
    >>> threshold.grad.tolist()  # of the input within the bandwidth: −1 / 0.5
    [[[-2.0]]]
    """

    @staticmethod
    def forward(ctx: Any, pre: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        """pre [sae batch d_sae], threshold [sae 1 d_sae]."""
        threshold = threshold.clamp_min(0)
        ctx.save_for_backward(pre, threshold)
        ctx.bandwidth = bandwidth
        return (pre > threshold).to(pre)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None]:
        """Gradient for the threshold alone."""
        (grad,), (pre, threshold) = grads, ctx.saved_tensors
        return None, -(_kernel(pre - threshold, ctx.bandwidth) * grad).sum(1, keepdim=True), None
