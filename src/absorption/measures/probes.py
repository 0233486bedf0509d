"""Logistic probes: one against the rest, dense over a vector and k-sparse over an SAE's latents.

The dense probe is the yardstick of Chanin et al. 2024 (arXiv:2409.14507, §4): 26 one-vs-rest logistic
regressions whose positives weigh as much as their negatives. The objective is scikit-learn's

    ½‖w‖² + C Σ_i s_i log(1 + exp(−y_i (w·x_i + b))),   s_i = n / (2 n_class),

with the 26 letters solved together; a test holds it against scikit-learn.

k-sparse probing (Gurnee et al. 2023, arXiv:2305.01610; for SAEs Chanin et al., §4.2) asks how many latents a
letter is spread over: an L1 probe over all latents ranks them, and a plain probe is fitted on the best k.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.classification import one_hot

warnings.filterwarnings("ignore", message="Sparse (CSR|CSC) tensor support is in beta")


@dataclass(frozen=True)
class Probe:
    """26 linear classifiers: `weight [letter d_in]`, `bias [letter]`; a letter is predicted where the score is > 0."""

    weight: Float[Tensor, "letter d_in"]
    bias: Float[Tensor, " letter"]

    def scores(self, x: Float[Tensor, "batch d_in"]) -> Float[Tensor, "batch letter"]:
        """The log-odds of every letter."""
        return x @ self.weight.T + self.bias


@dataclass(frozen=True)
class Split:
    """Row numbers of the training and the held-out words."""

    train: Int64[Tensor, " train"]
    held_out: Int64[Tensor, " held_out"]


def split_words(letters: Int64[Tensor, " word"], generator: torch.Generator, held_out: float = 0.2) -> Split:
    """A random split that holds out the same fraction of every letter's words (and at least one of two or more).

    Raises:
        ValueError: `held_out` is not between 0 and 1.
    """
    if not 0 < held_out < 1:
        raise ValueError(f"held_out must lie between 0 and 1, not {held_out}.")
    train, test = [], []
    for letter in letters.unique():
        rows = (letters == letter).nonzero()[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        n_test = min(max(1, round(held_out * len(rows))), len(rows) - 1)
        test.append(rows[:n_test])
        train.append(rows[n_test:])
    return Split(torch.cat(train).sort().values, torch.cat(test).sort().values)


def fit_probe(
    x: Float[Tensor, "batch d_in"],
    letters: Int64[Tensor, " batch"],
    n_letters: int = 26,
    C: float = 10.0,
    max_steps: int = 100,
    tolerance: float = 1e-4,
) -> Probe:
    """One-vs-rest logistic regressions of all letters at once, by L-BFGS.

    Args:
        x: Activations, best centred and of length about one.
        letters: Index of each word's letter.
        n_letters: How many letters there are.
        C: scikit-learn's inverse penalty. 10 suits inputs of length about one.
        max_steps: Most L-BFGS steps (preconditioned by the Hessian at zero).
        tolerance: Stop where no gradient entry exceeds this fraction of the largest at the start.

    Raises:
        ValueError: a letter has no example, or nothing else has.
    """
    labels = one_hot(letters, n_letters) > 0
    if bool((~labels.any(0) | labels.all(0)).any()):
        raise ValueError("letters must hold at least one word of every letter, and not one letter only.")
    return fit_label_probe(x, labels, C, max_steps, tolerance)


def fit_label_probe(
    x: Float[Tensor, "batch d_in"],
    holds: Bool[Tensor, "batch letter"],
    C: float = 10.0,
    max_steps: int = 100,
    tolerance: float = 1e-4,
) -> Probe:
    """As `fit_probe`, for properties of which a word may have several, or none: column i of `holds` is the i-th.

    Raises:
        ValueError: a property holds for no word, or for all.
    """
    labels = holds.to(x)
    positives, n, n_letters = labels.sum(0), len(x), holds.shape[1]
    if bool((positives == 0).any() | (positives == n).any()):
        raise ValueError("holds must be true and false at least once in every column.")
    balance = torch.where(labels > 0, n / (2 * positives), n / (2 * (n - positives)))
    extended = torch.cat([x, x.new_ones(n, 1)], dim=1)
    ridge = x.new_full((extended.shape[1],), 1 / C)
    ridge[-1] = 1e-9  # the bias is free
    # Solved for θ Lᵀ, where L Lᵀ is near the Hessian (every word as if undecided, p = ½): fewer steps.
    hessian = 0.25 * extended.T @ extended
    rounding = 1e-4 * hessian.diagonal().mean()  # inputs may be long, and float32 has seven digits
    factor = torch.linalg.cholesky(hessian + torch.diag(ridge + rounding))
    back = torch.linalg.solve_triangular(factor, torch.eye(len(ridge)).to(x), upper=False)
    data = extended @ back.T
    scaled = x.new_zeros(n_letters, len(ridge), requires_grad=True)

    def closure() -> Tensor:
        # Gradient by hand: two matrix products, and no graph over [batch letter].
        with torch.no_grad():
            logits, theta = data @ scaled.T, scaled @ back
            scaled.grad = (balance * (logits.sigmoid() - labels)).T @ data + (ridge * theta) @ back.T
            losses = torch.nn.functional.softplus(logits) - labels * logits
            return (balance * losses).sum() + 0.5 * (ridge * theta.square()).sum()

    closure()
    assert scaled.grad is not None
    optimizer = torch.optim.LBFGS(
        [scaled],
        max_iter=max_steps,
        max_eval=2 * max_steps,
        history_size=20,
        tolerance_grad=tolerance * float(scaled.grad.abs().max()),
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )
    optimizer.step(closure)
    weights = scaled.detach() @ back
    return Probe(weights[:, :-1].contiguous(), weights[:, -1].contiguous())


def rank_latents(
    z: Float[Tensor, "batch d_sae"],
    letters: Int64[Tensor, " batch"],
    n_best: int = 15,
    n_letters: int = 26,
    penalty: float = 0.002,
    steps: int = 60,
) -> Int64[Tensor, "letter n_best"]:
    """The latents with the largest weights in an L1 logistic probe on all latents, best first, letter by letter.

    Only positive weights count, as in Chanin et al.: a latent that speaks *against* a letter does not stand
    for it. The objective is the balanced mean loss (half from each class) + `penalty`·‖w‖₁ over latents scaled
    to a largest activation of one, minimised from zero by FISTA (Beck & Teboulle 2009,
    doi:10.1137/080716542), all letters at once.

    Raises:
        ValueError: more latents are asked for than there are.
    """
    if n_best > z.shape[1]:
        raise ValueError(f"n_best = {n_best} exceeds the {z.shape[1]} latents.")
    weights = _l1_probe(z, one_hot(letters, n_letters).to(z), penalty, steps)
    return weights.T.topk(n_best, dim=1).indices


def _l1_probe(z: Tensor, labels: Tensor, penalty: float, steps: int) -> Float[Tensor, "d_sae letter"]:
    n, positives = len(z), labels.sum(0).clamp(min=1)
    balance = torch.where(labels > 0, 0.5 / positives, 0.5 / (n - positives).clamp(min=1))
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
    rate = 4 / _largest_curvature(rows, columns, balance)
    w = z.new_zeros(z.shape[1], labels.shape[1])
    ahead, bias, bias_ahead, t = w, w[0], w[0], 1.0
    for _ in range(steps):
        slope = balance * ((rows @ ahead + bias_ahead).sigmoid() - labels)
        moved = ahead - rate * (columns @ slope)
        new = moved.sign() * (moved.abs() - rate * penalty).clamp(min=0)
        new_bias = bias_ahead - rate * slope.sum(0)
        t_new = (1 + (1 + 4 * t * t) ** 0.5) / 2
        ahead, bias_ahead = new + (t - 1) / t_new * (new - w), new_bias + (t - 1) / t_new * (new_bias - bias)
        w, bias, t = new, new_bias, t_new
    return w


def _largest_curvature(rows: Tensor, columns: Tensor, balance: Tensor) -> Float[Tensor, " letter"]:
    """The largest eigenvalue of Σ_i s_i (x_i, 1)(x_i, 1)ᵀ for every letter, by power iteration, with a margin."""
    v, v_bias = torch.ones(columns.shape[0], balance.shape[1]).to(balance), balance.new_ones(balance.shape[1])
    size = balance.new_ones(balance.shape[1])
    for _ in range(15):
        product = balance * (rows @ v + v_bias)
        v, v_bias = columns @ product, product.sum(0)
        size = (v.square().sum(0) + v_bias.square()).sqrt()
        v, v_bias = v / size, v_bias / size
    return 1.1 * size


@dataclass(frozen=True)
class SparseProbes:
    """One logistic probe a letter and k, reading the letter's first k of `latents [letter k_max]`.

    For each of the `ks`: `weight [ks letter k_max]` (zero beyond the first k) and `bias [ks letter]`.
    """

    ks: tuple[int, ...]
    latents: Int64[Tensor, "letter k_max"]
    weight: Float[Tensor, "ks letter k_max"]
    bias: Float[Tensor, "ks letter"]

    def scores(self, z: Float[Tensor, "batch d_sae"], k: int) -> Float[Tensor, "batch letter"]:
        """Log-odds of every letter from its best k latents."""
        at = self.ks.index(k)
        own, n_letters = self.latents[:, :k], len(self.latents)
        read = z[:, own.flatten()].view(len(z), n_letters, k)
        return (read * self.weight[at, :, :k]).sum(-1) + self.bias[at]


def fit_sparse_probes(
    z: Float[Tensor, "batch d_sae"],
    letters: Int64[Tensor, " batch"],
    latents: Int64[Tensor, "letter k_max"],
    ks: Sequence[int],
    C: float = 1.0,
    which: Int64[Tensor, " letter"] | None = None,
) -> SparseProbes:
    """Logistic probes on the first k of each letter's latents, for every k in `ks` and all letters at once.

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
    rows = [_weighted_rows(z[:, own], letters == i) for i, own in zip(numbers, latents, strict=True)]
    x, y, weight = (
        torch.nn.utils.rnn.pad_sequence(list(part), batch_first=True) for part in zip(*rows, strict=True)
    )
    n_letters, k_max = latents.shape
    theta = x.new_zeros(n_letters, k_max + 1)
    solutions = []
    for k in ks:
        theta[:, : k + 1] = _newton(x[..., : k + 1], y, weight, theta[:, : k + 1], C)
        solutions.append(theta.clone())
    found = torch.stack(solutions)
    scale = z.amax(0).clamp(min=1e-12)[latents]
    return SparseProbes(tuple(ks), latents, (found[..., 1:] / scale).to(z), found[..., 0].to(z))


def _weighted_rows(z: Tensor, positive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs (1, scaled latents), targets and balanced weights; the silent words of each class as one row."""
    n, n_positive = len(z), positive.sum()
    active = (z > 0).any(1)
    silent = torch.stack([(~active & positive).sum(), (~active & ~positive).sum()])
    x = torch.cat([z[active] / z.amax(0).clamp(min=1e-12), z.new_zeros(2, z.shape[1])])
    y = torch.cat([positive[active], positive.new_tensor([True, False])]).to(z)
    counts = torch.cat([z.new_ones(len(x) - 2), silent.to(z)])
    share = torch.where(y > 0, n / (2 * n_positive), n / (2 * (n - n_positive)))
    return torch.cat([z.new_ones(len(x), 1), x], dim=1), y, counts * share


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
