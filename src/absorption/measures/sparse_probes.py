"""k-sparse probes: how many of an SAE's latents a letter is spread over.

k-sparse probing (Gurnee et al. 2023, arXiv:2305.01610; for SAEs Chanin et al. 2024, arXiv:2409.14507, §4.2): an L1
probe over all latents ranks them, and a plain probe is fitted on the best k.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents, columns_of, largest_of
from absorption.measures.labels import Labels, holds, one_hot
from absorption.measures.weighted_rows import weighted_rows

warnings.filterwarnings("ignore", message="Sparse (CSR|CSC) tensor support is in beta")


LABELS_AT_ONCE = 32
"""Weights of so many labels are read together by one product with z: more would not stay in a processor's cache."""


def rank_latents(
    z: Float[Tensor, "batch d_sae"] | ActiveLatents,
    letters: Labels,
    n_best: int = 15,
    n_letters: int = 26,
    penalty: float = 0.002,
    steps: int = 60,
) -> Int64[Tensor, "letter n_best"]:
    """The latents with the largest weights in an L1 logistic probe on all latents, best first, letter by letter.

    >>> import torch
    >>> letters = torch.tensor([0, 0, 1, 1])
    >>> z = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    >>> rank_latents(z, letters, n_best=1, n_letters=2).tolist()
    [[1], [0]]

    Only positive weights count, as in Chanin et al.: a latent that speaks *against* a letter does not stand
    for it. The objective is the balanced mean loss (half from each class) + `penalty`·‖w‖₁ over latents scaled
    to a largest activation of one, minimised from zero by FISTA (Beck & Teboulle 2009,
    doi:10.1137/080716542), all letters at once.

    Raises:
        ValueError: more latents are asked for than there are.
    """
    if n_best > z.shape[1]:
        raise ValueError(f"n_best = {n_best} exceeds the {z.shape[1]} latents.")
    labels = one_hot(letters, n_letters).to(z.device, z.dtype)
    scaled = _scaled_both_ways(z)
    weights = torch.cat(
        [_l1_probe(*scaled, part, penalty, steps) for part in labels.split(LABELS_AT_ONCE, 1)], 1
    )
    return weights.T.topk(n_best, dim=1).indices


def _scaled_both_ways(z: Tensor | ActiveLatents) -> tuple[Any, Any]:
    """Latents scaled to a largest activation of one, to be multiplied from the left: z, and its transpose."""
    if isinstance(z, ActiveLatents):
        active = z.scaled(z.largest().clamp(min=1e-12))
        return active, active.by_latent
    rows = z.to_sparse_csr()
    values = rows.values() / z.amax(0).clamp(min=1e-12)[rows.col_indices()]
    # Told so, torch does not warn that it checks nothing.
    rows = torch.sparse_csr_tensor(
        rows.crow_indices(), rows.col_indices(), values, z.shape, check_invariants=False
    )
    by_column = rows.to_sparse_csc()  # the same numbers, read as the rows of the transpose
    columns = torch.sparse_csr_tensor(
        by_column.ccol_indices(),
        by_column.row_indices(),
        by_column.values(),
        z.shape[::-1],
        check_invariants=False,
    )
    return rows, columns


def _l1_probe(
    rows: Any, columns: Any, labels: Tensor, penalty: float, steps: int
) -> Float[Tensor, "d_sae letter"]:
    n, positives = len(labels), labels.sum(0).clamp(min=1)
    balance = torch.where(labels > 0, 0.5 / positives, 0.5 / (n - positives).clamp(min=1))
    rate = 4 / _largest_curvature(rows, columns, balance)
    w = labels.new_zeros(columns.shape[0], labels.shape[1])
    ahead, bias, bias_ahead, t = w, w[0], w[0], 1.0
    for _ in range(steps):
        slope = (rows @ ahead).add_(bias_ahead).sigmoid_().sub_(labels).mul_(balance)
        moved = ahead - rate * (columns @ slope)
        new = moved.sign() * (moved.abs() - rate * penalty).clamp(min=0)
        new_bias = bias_ahead - rate * slope.sum(0)
        t_new = (1 + (1 + 4 * t * t) ** 0.5) / 2
        ahead, bias_ahead = new + (t - 1) / t_new * (new - w), new_bias + (t - 1) / t_new * (new_bias - bias)
        w, bias, t = new, new_bias, t_new
    return w


def _largest_curvature(rows: Any, columns: Any, balance: Tensor) -> Float[Tensor, " letter"]:
    """The largest eigenvalue of Σ_i s_i (x_i, 1)(x_i, 1)ᵀ for every letter, by power iteration, with a margin."""
    v, v_bias = torch.ones(columns.shape[0], balance.shape[1]).to(balance), balance.new_ones(balance.shape[1])
    size = balance.new_ones(balance.shape[1])
    for _ in range(15):
        product = (rows @ v).add_(v_bias).mul_(balance)
        v, v_bias = columns @ product, product.sum(0)
        size = (v.square().sum(0) + v_bias.square()).sqrt()
        v, v_bias = v / size, v_bias / size
    return 1.1 * size


@dataclass(frozen=True)
class SparseProbes:
    """One logistic probe a letter and k, reading the letter's first k of `latents [letter k_max]`.

    >>> import torch
    >>> weight, bias = torch.tensor([[[3.0]]]), torch.tensor([[-1.0]])
    >>> probes = SparseProbes((1,), latents=torch.tensor([[2]]), weight=weight, bias=bias)
    >>> probes.scores(torch.tensor([[5.0, 5.0, 1.0]]), k=1).tolist()
    [[2.0]]

    For each of the `ks`: `weight [ks letter k_max]` (zero beyond the first k) and `bias [ks letter]`.
    """

    ks: tuple[int, ...]
    latents: Int64[Tensor, "letter k_max"]
    weight: Float[Tensor, "ks letter k_max"]
    bias: Float[Tensor, "ks letter"]

    def scores(
        self, z: Float[Tensor, "batch d_sae"] | ActiveLatents, k: int
    ) -> Float[Tensor, "batch letter"]:
        """Log-odds of every letter from its best k latents."""
        at = self.ks.index(k)
        own, n_letters = self.latents[:, :k], len(self.latents)
        read = columns_of(z, own.flatten()).view(len(z), n_letters, k)
        return (read * self.weight[at, :, :k]).sum(-1) + self.bias[at]


def fit_sparse_probes(
    z: Float[Tensor, "batch d_sae"] | ActiveLatents,
    letters: Labels,
    latents: Int64[Tensor, "letter k_max"],
    ks: Sequence[int],
    C: float = 1.0,
    which: Int64[Tensor, " letter"] | None = None,
) -> SparseProbes:
    """Logistic probes on the first k of each letter's latents, for every k in `ks` and all letters at once.

    >>> import torch
    >>> letters, z = torch.tensor([0, 0, 1, 1]), torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> probes = fit_sparse_probes(z, letters, latents=torch.tensor([[0], [1]]), ks=[1])
    >>> (probes.scores(z, k=1) > 0).int().tolist()
    [[1, 0], [1, 0], [0, 1], [0, 0]]

    Row i of `latents` is for letter i, or for letter `which[i]`.

    The objective is scikit-learn's with balanced classes, as for `fit_probe`, on latents scaled to a largest
    activation of one; solved by Newton's method, each k starting from the solution before. Words on which
    none of a letter's latents is active are alike to it, and enter as one weighted row a class.

    Raises:
        ValueError: `ks` does not rise from at least 1 to at most k_max.
    """
    if not ks or not all(a < b for a, b in pairwise((0, *ks, latents.shape[1] + 1))):
        raise ValueError(f"ks must rise within 1 … {latents.shape[1]}, got {tuple(ks)}.")
    numbers = range(len(latents)) if which is None else which
    scale = largest_of(z).clamp(min=1e-12)[latents]
    x, y, weight = weighted_rows(z, latents, scale, torch.stack([holds(letters, i) for i in numbers]))
    n_letters, k_max = latents.shape
    theta = x.new_zeros(n_letters, k_max + 1)
    solutions = []
    for k in ks:
        theta[:, : k + 1] = _newton(x[..., : k + 1], y, weight, theta[:, : k + 1], C)
        solutions.append(theta.clone())
    found = torch.stack(solutions)
    return SparseProbes(tuple(ks), latents, (found[..., 1:] / scale).to(scale), found[..., 0].to(scale))


def _newton(
    x: Tensor, y: Tensor, weight: Tensor, theta: Tensor, C: float
) -> Float[Tensor, "letter k_plus_1"]:
    """Minimise Σ weight·log-loss + ‖w‖²/2C for every letter, the first column (the bias) unpenalised."""
    ridge = torch.full_like(theta, 1 / C)
    ridge[:, 0] = 0.0

    def loss(at: Tensor) -> Float[Tensor, " letter"]:
        logits = (x @ at[..., None])[..., 0]
        data = weight * (torch.nn.functional.softplus(logits) - y * logits)
        return data.sum(-1) + 0.5 * (ridge * at.square()).sum(-1)

    value, rounding = loss(theta), 10 * torch.finfo(x.dtype).eps
    for _ in range(50):
        p = (x @ theta[..., None])[..., 0].sigmoid()
        gradient = ((weight * (p - y))[:, None] @ x)[:, 0] + ridge * theta
        hessian = (x * (weight * p * (1 - p))[..., None]).mT @ x + torch.diag_embed(ridge + 1e-9)
        step = torch.linalg.solve(hessian, gradient)
        if bool((step.abs() <= 1e-4 + 1e-4 * theta.abs()).all()):
            return theta - step  # Newton's error is then of the order of the step squared
        moved = value
        for _ in range(20):  # halve the step of every letter that it would make worse
            moved = loss(theta - step)
            worse = moved > value * (1 + rounding)
            if not bool(worse.any()):
                break
            step = torch.where(worse[:, None], step / 2, step)
        theta, value = theta - step, moved
    return theta


def count_splits(f1: Sequence[float], rise: float = 0.03) -> int:
    """How many latents a letter is split over: F1 of k-sparse probes at k = 1, 2, …, while each adds at least `rise`.

    >>> count_splits([0.8, 0.9, 0.91])
    2

    1 means one latent does what several can (Chanin et al. 2024, §4.2: rise = 0.03).

    Raises:
        ValueError: `f1` is empty.
    """
    if not f1:
        raise ValueError("f1 is empty: k-sparse probing starts at k = 1.")
    splits = 1
    for before, after in pairwise(f1):
        if after - before < rise:
            break
        splits += 1
    return splits
