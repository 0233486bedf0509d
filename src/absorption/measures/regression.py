"""Linear regression inside groups: what a word's properties add, letter by letter, to how often it is absorbed.

Every group has an intercept of its own (a fixed effect), so that nothing that groups differ in can pass for an
effect of the predictors. By Frisch, Waugh and Lovell this is least squares on deviations from group means.
"""

import numpy as np
from jaxtyping import Float, Int


def slopes_within_groups(
    outcome: Float[np.ndarray, "seed row"],
    predictors: Float[np.ndarray, "row predictor"],
    groups: Int[np.ndarray, " row"],
) -> Float[np.ndarray, "seed predictor"]:
    """Least squares of each seed's outcome on the predictors, with an intercept a group: outcome per unit of predictor.

    >>> import numpy as np
    >>> outcome = np.array([[0.0, 2.0, 7.0, 9.0], [1.0, 4.0, 5.0, 8.0]])  # rises by 2 in both groups, or by 3
    >>> slopes_within_groups(outcome, np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([0, 0, 1, 1])).round(3).tolist()
    [[2.0], [3.0]]

    Args:
        outcome: One row of outcomes a seed, on the same words.
        predictors: Properties of the words.
        groups: Any whole numbers.

    Raises:
        ValueError: predictors that are collinear within groups.
    """
    at = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(at).astype(float)

    def centred(columns: np.ndarray) -> np.ndarray:
        means = np.stack([np.bincount(at, column) / sizes for column in columns.T], axis=1)
        return columns - means[at]

    x, y = centred(predictors.astype(float)), centred(outcome.T.astype(float))
    if np.linalg.matrix_rank(x.T @ x) < x.shape[1]:
        raise ValueError("predictors are collinear within groups: leave one out.")
    return np.linalg.solve(x.T @ x, x.T @ y).T
