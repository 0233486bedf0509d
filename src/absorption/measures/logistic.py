"""Many logistic regressions on the same inputs, each with steps of its own: what a hundred half-spaces need.

The objective is that of `measures.probes`. There all labels are one problem for one L-BFGS, whose steps are as long as suits
them all, and none is done before the last: 78 evaluations for 12 half-spaces of 46,000 words in 640 dimensions. Here each label has its own
history, its own line search and its own end, and only the products with the inputs are shared: 18 a label. Libraries solve one such regression at
a time, for which the inputs have to be read from memory again with every label.

L-BFGS as in Nocedal & Wright 2006, Numerical Optimization, algorithm 7.4, started from the inverse Hessian at zero. Along a
direction the log-odds are linear, so a line search costs no product: it is Newton's method in one dimension, kept between bounds.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.measures.probes import Probe

MEMORY = 10
"""Steps that L-BFGS remembers."""
FLAT = 0.1
"""A line search ends where the slope is so much of that at its beginning."""
TRIALS = 12


def fit_each(
    x: Float[Tensor, "batch d_in"],
    holds: Bool[Tensor, "batch label"],
    C: float = 10.0,
    tolerance: float = 3e-5,
    max_steps: int = 200,
    factor: Float[Tensor, "d_in_plus_1 d_in_plus_1"] | None = None,
) -> Probe:
    """As `fit_label_probe`, label by label: each ends when it has converged, whatever the others do.

    >>> import torch
    >>> x, holds = torch.eye(3), torch.tensor([[True, False], [True, True], [False, False]])
    >>> (fit_each(x, holds).scores(x) > 0).tolist()
    [[True, False], [True, True], [False, False]]

    Args:
        x: Activations, best centred and of length about one.
        holds: Column i says of which rows the i-th label holds.
        C: scikit-learn's inverse penalty.
        tolerance: A label is done when its gradient is so much of that at zero, both measured by that inverse Hessian.
        max_steps: A label that is not done after so many stays as it then is.
        factor: `curvature(x, C)`, where it is known: it takes as long as 13 steps of 26 labels.

    Raises:
        ValueError: a label holds for no row, or for all.
    """
    problem = _Problem.of(x, holds, C, curvature(x, C) if factor is None else factor)
    found = x.new_zeros(holds.shape[1], x.shape[1] + 1)
    going = torch.arange(len(found))
    at = problem.at_zero()
    done_at = tolerance * problem.length(at.gradient)
    history = _History()
    for _ in range(max_steps):
        done = problem.length(at.gradient) <= done_at[going]
        if bool(done.any()):
            found[going[done]] = at.theta[done]
            keep = (~done).nonzero()[:, 0]
            going, at = going[keep], at.some(keep)
            problem, history = problem.some(keep), history.some(keep)
        if len(going) == 0:
            break
        moved = problem.moved(at, -history.times_inverse_hessian(at.gradient, problem))
        history.remember(moved.theta - at.theta, moved.gradient - at.gradient, problem)
        at = moved
    found[going] = at.theta
    return Probe(found[:, :-1].contiguous(), found[:, -1].contiguous())


def curvature(x: Float[Tensor, "batch d_in"], C: float = 10.0) -> Float[Tensor, "d_in_plus_1 d_in_plus_1"]:
    """The Cholesky factor of what is near every label's Hessian at zero: it leaves out only that rows of the rarer class weigh more.

    >>> import torch
    >>> x, holds = torch.eye(3), torch.tensor([[True], [True], [False]])
    >>> torch.equal(fit_each(x, holds, factor=curvature(x)).weight, fit_each(x, holds).weight)
    True
    """
    ridge, total = _ridge(x, C), x.sum(0)
    hessian = 0.25 * torch.cat(
        [torch.cat([x.T @ x, total[:, None]], 1), torch.cat([total, total.new_tensor([len(x)])])[None]]
    )
    rounding = 1e-4 * hessian.diagonal().mean()  # inputs may be long, and float32 has seven digits
    return torch.linalg.cholesky(hessian + torch.diag(ridge + rounding))


def _ridge(x: Tensor, C: float) -> Float[Tensor, " d_in_plus_1"]:
    ridge = x.new_full((x.shape[1] + 1,), 1 / C)
    ridge[-1] = 1e-9  # the bias is free
    return ridge


@dataclass(frozen=True)
class _At:
    """A point of every label: parameters `theta` and `gradient` `[label d_in + 1]`, the bias last, and `logits [label row]`."""

    theta: Tensor
    logits: Tensor
    gradient: Tensor

    def some(self, labels: Tensor) -> "_At":
        return _At(self.theta[labels], self.logits[labels], self.gradient[labels])


@dataclass(frozen=True)
class _Problem:
    """Inputs, `holds` and its weights `balance` `[label row]`, the penalty and the factor of the Hessian at zero `[d_in + 1]`."""

    x: Tensor
    holds: Tensor
    balance: Tensor
    ridge: Tensor
    factor: Tensor

    @classmethod
    def of(cls, x: Tensor, holds: Tensor, C: float, factor: Tensor) -> "_Problem":
        y, n = holds.T.contiguous().to(x), len(x)
        positives = y.sum(1, keepdim=True)
        if bool((positives == 0).any() | (positives == n).any()):
            raise ValueError("holds must be true and false at least once in every column.")
        balance = torch.where(y > 0, n / (2 * positives), n / (2 * (n - positives)))
        return cls(x, y, balance, _ridge(x, C), factor)

    def some(self, labels: Tensor) -> "_Problem":
        return _Problem(self.x, self.holds[labels], self.balance[labels], self.ridge, self.factor)

    def at_zero(self) -> _At:
        theta = self.x.new_zeros(len(self.holds), len(self.ridge))
        return _At(theta, torch.zeros_like(self.holds), self.down(self.balance * (0.5 - self.holds), theta))

    def down(self, slopes: Tensor, theta: Tensor) -> Tensor:
        """The gradient, of slopes `[label row]` by the logits."""
        return torch.cat([slopes @ self.x, slopes.sum(1, keepdim=True)], 1) + self.ridge * theta

    def preconditioned(self, gradient: Tensor) -> Tensor:
        return torch.cholesky_solve(gradient.T, self.factor).T

    def length(self, gradient: Tensor) -> Tensor:
        return (gradient * self.preconditioned(gradient)).sum(1).clamp(min=0).sqrt()

    def moved(self, at: _At, step: Tensor) -> _At:
        """Every label at the lowest point along a direction of its own."""
        along = torch.addmm(step[:, -1:], step[:, :-1], self.x.T)
        size, slopes = self._lowest(at, step, along)
        theta = at.theta + size * step
        return _At(theta, torch.addcmul(at.logits, size, along), self.down(slopes, theta))

    def _lowest(self, at: _At, step: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        """How far to go, `[label 1]`, and there the slopes by the logits: Newton's method, kept between bounds."""
        bent = (self.ridge * step.square()).sum(1, keepdim=True)
        tilted = (self.ridge * at.theta * step).sum(1, keepdim=True)
        flat = FLAT * (at.gradient * step).sum(1, keepdim=True).abs()
        size = torch.ones_like(flat)
        low, high = torch.zeros_like(size), torch.full_like(size, torch.inf)
        p, slopes = self._slopes(at.logits, size, along)
        for _ in range(TRIALS):
            slope = _dot(slopes, along) + tilted + size * bent
            settled = slope.abs() <= flat
            if bool(settled.all()):
                break
            curvature = _dot(p.mul_(1 - p).mul_(self.balance).mul_(along), along) + bent
            low, high = torch.where(slope < 0, size, low), torch.where(slope > 0, size, high)
            tried = torch.minimum(size - slope / curvature, 4 * size)
            halfway = torch.where(high.isinf(), 2 * size, (low + high) / 2)
            tried = torch.where((tried > low) & (tried < high), tried, halfway)
            size = torch.where(settled, size, tried)
            p, slopes = self._slopes(at.logits, size, along)
        return size, slopes

    def _slopes(self, logits: Tensor, size: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities and slopes `[label row]`, so far along."""
        p = torch.addcmul(logits, size, along).sigmoid_()
        return p, (p - self.holds).mul_(self.balance)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Of each label, `[label 1]`."""
    return torch.linalg.vecdot(one, other)[:, None]


@dataclass
class _History:
    """The last steps of every label, and how the gradient changed: the newest last."""

    steps: list[Tensor] = field(default_factory=list)
    changes: list[Tensor] = field(default_factory=list)
    weights: list[Tensor] = field(default_factory=list)
    scale: Tensor | None = None

    def some(self, labels: Tensor) -> "_History":
        steps, changes, weights = (
            [each[labels] for each in part] for part in (self.steps, self.changes, self.weights)
        )
        return _History(steps, changes, weights, None if self.scale is None else self.scale[labels])

    def remember(self, step: Tensor, change: Tensor, problem: _Problem) -> None:
        """1 / step · change, or 0 for a label that has come to where only rounding is left."""
        product = (step * change).sum(1, keepdim=True)
        sound = product > 1e-7 * step.norm(dim=1, keepdim=True) * change.norm(dim=1, keepdim=True)
        weight = torch.where(sound, 1 / product, 0.0)
        scale = product / (change * problem.preconditioned(change)).sum(1, keepdim=True)
        before = torch.ones_like(scale) if self.scale is None else self.scale
        self.scale = torch.where(sound, scale, before)
        for kept, new in ((self.steps, step), (self.changes, change), (self.weights, weight)):
            kept.append(new)
            del kept[:-MEMORY]

    def times_inverse_hessian(self, gradient: Tensor, problem: _Problem) -> Tensor:
        """The two loops."""
        q, along = gradient.clone(), []
        every = list(zip(self.steps, self.changes, self.weights, strict=True))
        for step, change, weight in reversed(every):
            along.append(weight * (step * q).sum(1, keepdim=True))
            q -= along[-1] * change
        q = problem.preconditioned(q)
        if self.scale is not None:
            q = q * self.scale
        for (step, change, weight), first in zip(every, reversed(along), strict=True):
            q = q + step * (first - weight * (change * q).sum(1, keepdim=True))
        return q
