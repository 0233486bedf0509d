"""Linear regression inside groups: what a word's properties add, letter by letter, to how often it is absorbed.

Every group has an intercept of its own (a fixed effect), so that nothing that groups differ in can pass for an
effect of the predictors. By Frisch, Waugh and Lovell this is least squares on deviations from group means, so
all that a fit needs is one small matrix and one small vector a group, and a bootstrap over groups and seeds
only adds them up anew.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Slopes:
    """Of each predictor: the estimate and the ends of its interval, all `[predictor]`, outcome per unit of predictor."""

    value: Float[np.ndarray, " predictor"]
    low: Float[np.ndarray, " predictor"]
    high: Float[np.ndarray, " predictor"]


def slopes_within_groups(
    outcome: Float[np.ndarray, "seed row"],
    predictors: Float[np.ndarray, "row predictor"],
    groups: Int[np.ndarray, " row"],
    level: float = 0.95,
    resamples: int = 10_000,
) -> Slopes:
    """Least squares of the outcome, averaged over seeds, on the predictors, with an intercept a group.

    >>> import numpy as np
    >>> outcome = np.array([[0.0, 2.0, 7.0, 9.0], [1.0, 3.0, 5.0, 7.0]])  # rises by 2 in both groups, for both seeds
    >>> found = slopes_within_groups(outcome, np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([0, 0, 1, 1]))
    >>> found.value.round(3).tolist(), found.low.round(3).tolist()
    ([2.0], [2.0])

    The interval is a percentile bootstrap that draws seeds and groups with replacement, independently of each
    other (Owen 2007, doi:10.1214/07-AOAS122); the generator is fixed.

    Args:
        outcome: One row of outcomes a seed, on the same words.
        predictors: Properties of the words.
        groups: Any whole numbers.
        level: Of the interval.
        resamples: Of the bootstrap.

    Raises:
        ValueError: fewer than two seeds or two groups, or predictors that are collinear within groups.
    """
    names, at = np.unique(groups, return_inverse=True)
    n_seeds, n_groups = len(outcome), len(names)
    if min(n_seeds, n_groups) < 2:
        raise ValueError(f"two seeds and two groups at least are needed, got {n_seeds} and {n_groups}.")
    sizes = np.bincount(at).astype(float)

    def centred(columns: np.ndarray) -> np.ndarray:
        means = np.stack([np.bincount(at, column) / sizes for column in columns.T], axis=1)
        return columns - means[at]

    x, y = centred(predictors.astype(float)), centred(outcome.T.astype(float))
    squares = np.stack([x[at == g].T @ x[at == g] for g in range(n_groups)])  # [group predictor predictor]
    products = np.stack([x[at == g].T @ y[at == g] for g in range(n_groups)])  # [group predictor seed]
    if np.linalg.matrix_rank(squares.sum(0)) < x.shape[1]:
        raise ValueError("predictors are collinear within groups: leave one out.")
    rng = np.random.default_rng(0)
    seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=resamples) / n_seeds
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples)
    left = np.einsum("rg,gpq->rpq", drawn, squares)
    right = np.einsum("rg,gps,rs->rp", drawn, products, seeds, optimize=True)
    solvable = np.linalg.matrix_rank(left) == x.shape[1]
    found = np.linalg.solve(left[solvable], right[solvable][..., None])[..., 0]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    value = np.linalg.solve(squares.sum(0), products.sum(0).mean(1))
    return Slopes(value, np.minimum(low, value), np.maximum(high, value))
