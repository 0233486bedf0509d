"""Logistic probes, one against the rest: the yardstick of what can be read off an activation.

The probe is that of Chanin et al. 2024 (arXiv:2409.14507, §4): 26 one-vs-rest logistic regressions whose positives
weigh as much as their negatives. The objective is scikit-learn's

    ½‖w‖² + C Σ_i s_i log(1 + exp(−y_i (w·x_i + b))),   s_i = n / (2 n_class),

with the 26 letters solved together; a test holds it against scikit-learn.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.labels import one_hot


@dataclass(frozen=True)
class Probe:
    """26 linear classifiers: `weight [letter d_in]`, `bias [letter]`; a letter is predicted where the score is > 0.

    >>> import torch
    >>> Probe(weight=torch.tensor([[1.0, -1.0]]), bias=torch.tensor([0.5])).scores(torch.tensor([[2.0, 1.0]])).tolist()
    [[1.5]]
    """

    weight: Float[Tensor, "letter d_in"]
    bias: Float[Tensor, " letter"]

    def scores(self, x: Float[Tensor, "batch d_in"]) -> Float[Tensor, "batch letter"]:
        """The log-odds of every letter."""
        return x @ self.weight.T + self.bias


def fit_probe(
    x: Float[Tensor, "batch d_in"],
    letters: Int64[Tensor, " batch"],
    n_letters: int = 26,
    C: float = 10.0,
    max_steps: int = 100,
    tolerance: float = 1e-4,
) -> Probe:
    """One-vs-rest logistic regressions of all letters at once, by L-BFGS.

    >>> import torch
    >>> letters = torch.tensor([0, 1, 2, 0])
    >>> fit_probe(torch.eye(3)[letters], letters, n_letters=3).scores(torch.eye(3)).argmax(1).tolist()
    [0, 1, 2]

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

    >>> import torch
    >>> x, holds = torch.eye(3), torch.tensor([[True, False], [True, True], [False, False]])
    >>> (fit_label_probe(x, holds).scores(x) > 0).tolist()
    [[True, False], [True, True], [False, False]]

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
