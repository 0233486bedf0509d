"""When a latent is better spent on a frequent pair of features than on a rare third one.

World: orthonormal f1, f2, f3. The first two span a plane in which the frequent states lie; the rare f3 comes
and goes independently of them. Codes are free (any activations ≥ 0), decoders have unit norm, the penalty is L1.

Two facts carry everything. Without enough latents the plane's optimum splits into gaps between neighbouring
atoms, so the best dictionary of n planar atoms is a shortest path over angles. And a latent spent on f3 saves
(1 − λ/2)² whenever f3 comes, one spent on the plane saves what the n-th planar atom saves.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import linprog

RIGHT_ANGLE = np.pi / 2


def floor(norms: ArrayLike, probabilities: ArrayLike, sparsity: ArrayLike) -> Float[np.ndarray, "..."]:
    """The least loss that any dictionary can reach: one latent along every direction of the data.

    >>> float(floor(norms=[2.0], probabilities=[1.0], sparsity=1.0))
    1.75

    Σ z ≥ ‖x̂‖ for unit atoms, with equality iff the active ones point one way; so a state of norm r costs at
    least min over s of (r − s)² + λs: λr − λ²/4, or r² where r < λ/2. Norms and probabilities are `[state]`.
    """
    r, p, lam = np.asarray(norms), np.asarray(probabilities), np.asarray(sparsity, dtype=float)[..., None]
    return np.asarray((p * np.where(r > lam / 2, lam * r - lam**2 / 4, r**2)).sum(-1))


@dataclass(frozen=True)
class Planar:
    """The best dictionaries of 0, 1, 2, … atoms in a plane.

    >>> import numpy as np
    >>> none = np.array([])
    >>> Planar(loss=np.array([1.0, 0.5, 0.25]), angles=(none, none, none)).boundary(sparsity=0.0).tolist()
    [0.5, 0.25]
    """

    loss: Float[np.ndarray, " atoms"]
    """Least loss with that many atoms; entry 0 reconstructs nothing."""
    angles: tuple[Float[np.ndarray, " _"], ...]
    """Where the atoms are, in radians from f1."""

    def boundary(self, sparsity: float) -> Float[np.ndarray, " atoms"]:
        """p3* for n = 1, 2, … latents: an independent feature of magnitude 1 that comes less often is left out.

        (P(n−1) − P(n)) / (1 − λ/2)²: what the n-th planar atom saves over what a latent for f3 saves.
        """
        return -np.diff(self.loss) / (1 - sparsity / 2) ** 2


def planar_optimum(
    states: Float[np.ndarray, "state 2"],
    probabilities: Float[np.ndarray, " state"],
    sparsity: float,
    n_atoms: int,
    resolution: int = 181,
) -> Planar:
    """The exact best dictionaries of up to n_atoms unit atoms on a grid of angles in the quadrant.

    >>> import numpy as np
    >>> best = planar_optimum(np.array([[1.0, 1.0]]), np.array([1.0]), sparsity=0.1, n_atoms=1)
    >>> np.degrees(best.angles[1]).round(3).tolist()
    [45.0]

    Unit atoms of a plane are all extreme points of their convex hull, so the cheapest code of a state uses the
    two neighbours between which it lies (or the one at the end). The loss is then a sum over gaps between
    neighbours, and its minimum a shortest path.

    Args:
        states: Frequent states in the coordinates of f1 and f2, 0 or more; the empty state may be left out.
        probabilities: Of each.
        sparsity: λ.
        n_atoms: How many atoms at most.
        resolution: Number of angles in [0, π/2].

    Raises:
        ValueError: a negative coordinate.
    """
    if (states < 0).any():
        raise ValueError("states must lie in the quadrant: magnitudes are not negative.")
    angle = np.linspace(0, RIGHT_ANGLE, resolution)
    atoms = np.column_stack([np.cos(angle), np.sin(angle)])
    where = np.arctan2(states[:, 1], states[:, 0])
    norms = (states**2).sum(1)
    along = states @ atoms.T  # [state angle]
    single = norms[:, None] - np.maximum(0, along - sparsity / 2) ** 2

    before = np.where(where[:, None] < angle - 1e-12, single, 0).T @ probabilities
    after = np.where(where[:, None] > angle + 1e-12, single, 0).T @ probabilities
    at = np.where(np.abs(where[:, None] - angle) <= 1e-12, single, 0).T @ probabilities
    gap = np.full((resolution, resolution), np.inf)
    for i in range(resolution):
        between = (where[:, None] > angle[i] + 1e-12) & (where[:, None] < angle[i + 1 :] - 1e-12)
        pair = _pair_loss(
            norms, along[:, [i]], along[:, i + 1 :], np.cos(angle[i + 1 :] - angle[i]), sparsity
        )
        gap[i, i + 1 :] = np.where(between, pair, 0).T @ probabilities

    losses, chosen = [float(probabilities @ norms)], [np.array([])]
    reach, previous = before + at, []
    for _ in range(n_atoms):
        end = int((reach + after).argmin())
        losses.append(float(reach[end] + after[end]))
        path = [end]
        for step in reversed(previous):
            path.append(int(step[path[-1]]))
        chosen.append(angle[path[::-1]])
        through = reach[:, None] + gap
        previous.append(through.argmin(0))
        reach = through.min(0) + at
    return Planar(np.array(losses), tuple(chosen))


def _pair_loss(
    norms: Float[np.ndarray, " state"],
    first: Float[np.ndarray, "state 1"],
    second: Float[np.ndarray, "state right"],
    cosine: Float[np.ndarray, " right"],
    sparsity: float,
) -> Float[np.ndarray, "state right"]:
    """Loss of the best non-negative code on two unit atoms; `first`, `second` are the state's products with them."""
    u, v = first - sparsity / 2, second - sparsity / 2
    z1, z2 = (u - cosine * v) / (1 - cosine**2), (v - cosine * u) / (1 - cosine**2)
    both = norms[:, None] - z1 * u - z2 * v
    one = norms[:, None] - np.maximum(0, np.maximum(u, v)) ** 2
    return np.where((z1 > 0) & (z2 > 0), both, one)


def free_codes(
    atoms: Float[np.ndarray, "atom d_in"], states: Float[np.ndarray, "state d_in"], sparsity: float
) -> Float[np.ndarray, "state atom"]:
    """The non-negative codes that minimise ‖x − zD‖² + λ Σ z for each state, by trying every set of active atoms.

    >>> import numpy as np
    >>> free_codes(np.eye(2), np.array([[1.0, 2.0]]), sparsity=0.2).round(3).tolist()
    [[0.9, 1.9]]
    """
    best = (states**2).sum(1)
    codes = np.zeros((len(states), len(atoms)))
    for size in range(1, min(len(atoms), states.shape[1]) + 1):
        for chosen in combinations(range(len(atoms)), size):
            d = atoms[list(chosen)]
            z = np.linalg.lstsq(d @ d.T, d @ states.T - sparsity / 2, rcond=None)[0].T
            loss = ((states - z @ d) ** 2).sum(1) + sparsity * z.sum(1)
            better = (z >= 0).all(1) & (loss < best - 1e-12)
            best = np.where(better, loss, best)
            codes[better] = 0
            codes[np.ix_(better, chosen)] = z[better]
    return codes


def linear_encoder(
    states: Float[np.ndarray, "state d_in"],
    probabilities: Float[np.ndarray, " state"],
    codes: Float[np.ndarray, "state atom"],
) -> tuple[Float[np.ndarray, "d_in atom"], Float[np.ndarray, " atom"]]:
    """Weights and biases of a ReLU encoder that comes as close to the codes as a linear program can bring it.

    >>> import numpy as np
    >>> codes = np.array([[2.0, 0.0], [0.0, 3.0]])
    >>> weights, biases = linear_encoder(np.eye(2), np.array([0.5, 0.5]), codes)
    >>> np.maximum(0, np.eye(2) @ weights + biases).round(3).tolist()
    [[2.0, 0.0], [0.0, 3.0]]

    Minimises for each atom the mean of `|pre − z|` where z > 0 and of max(0, pre) where z = 0, plus a
    thousandth of the weights' sizes, so that there is one answer.
    """
    n_states, d_in = states.shape
    inputs = np.column_stack([states, np.ones(n_states)])
    # Variables: weights and bias as differences of two non-negative parts, then one slack a state.
    rows = np.hstack([inputs, -inputs, -np.eye(n_states)])
    cost = np.concatenate([np.full(2 * d_in + 2, 1e-3), probabilities])
    solutions = []
    for z in codes.T:
        on = z > 0
        from_below = np.hstack([-inputs, inputs, -np.eye(n_states)])[on]
        program = linprog(cost, A_ub=np.vstack([rows, from_below]), b_ub=np.concatenate([z, -z[on]]))
        solutions.append(program.x[: d_in + 1] - program.x[d_in + 1 : 2 * d_in + 2])
    found = np.stack(solutions, axis=1)
    return found[:-1], found[-1]
