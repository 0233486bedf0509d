"""Many small worlds in which frequent features often come together and rare ones come seldom.

After the toy of Till 2024 (*Do sparse autoencoders find "true features"?*): three features, two of which mostly come together.
Probabilities and magnitudes are drawn for each world; states are finite, so that an expected loss is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Worlds:
    """Worlds with the same features and states, but probabilities and magnitudes of their own; features are orthonormal.

    >>> worlds = pair_worlds(n_worlds=2, seed=0)
    >>> worlds.present.tolist()[3], worlds.rare, worlds.x.shape
    ([1.0, 1.0, 0.0], (2,), torch.Size([2, 8, 3]))
    """

    present: Float[Tensor, "state feature"]
    """1 where a feature is there."""
    x: Float[Tensor, "world state feature"]
    """Activations, in the coordinates of the features."""
    p: Float[Tensor, "world state"]
    """Probabilities."""
    rare: tuple[int, ...]
    """Numbers of the rare features."""

    @property
    def true_l0(self) -> Float[np.ndarray, " world"]:
        """Features present, on average."""
        return (self.p @ self.present.sum(1)).numpy()

    @property
    def rarity(self) -> Float[np.ndarray, "world rare"]:
        """Probability of each rare feature."""
        return (self.p @ self.present[:, list(self.rare)]).numpy()


def pair_worlds(
    n_worlds: int,
    seed: int,
    *,
    alone: tuple[float, float] = (0.05, 0.15),
    together: tuple[float, float] = (0.2, 0.4),
    rare: tuple[float, float] = (0.001, 0.1),
    magnitude: tuple[float, float] = (0.75, 1.25),
    turned: Sequence[float] = (0.0,),
) -> Worlds:
    """The source's toy: f1 and f2 alone or together, and a rare f3 of length 1, whatever else is there.

    >>> worlds = pair_worlds(n_worlds=2, seed=0, rare=(0.01, 0.02))
    >>> bool((worlds.rarity > 0.01).all() and (worlds.rarity < 0.02).all())
    True

    Args:
        n_worlds, seed: How many, and of which draw; the same draw for every other choice.
        alone, together: Ranges of the probabilities of f1 alone, of f2 alone, and of both.
        rare: Range of f3's, drawn evenly on a logarithmic scale.
        magnitude: Range of the magnitudes of f1 and f2.
        turned: Proportions of the pair, as angles in degrees from its own direction; equally frequent, and as long.
    """
    rng = np.random.default_rng([seed, 3])
    p_alone = rng.uniform(*alone, (n_worlds, 2))
    p_pair = rng.uniform(*together, n_worlds)
    p_rare = np.exp(rng.uniform(np.log(rare[0]), np.log(rare[1]), n_worlds))
    size = rng.uniform(*magnitude, (n_worlds, 2))
    angle = np.arctan2(size[:, 1], size[:, 0])[:, None] + np.radians(turned)
    length = np.linalg.norm(size, axis=1)[:, None]
    pairs = np.stack([length * np.cos(angle), length * np.sin(angle)], -1)
    plane = np.concatenate([np.zeros((n_worlds, 1, 2)), size[:, :, None] * np.eye(2), pairs], 1)
    of_pairs = np.repeat(p_pair[:, None] / len(turned), len(turned), 1)
    nothing = 1 - p_alone.sum(1, keepdims=True) - of_pairs.sum(1, keepdims=True)
    chances = np.concatenate([nothing, p_alone, of_pairs], 1)
    there = np.vstack([np.zeros((1, 2)), np.eye(2), np.ones((len(turned), 2))])
    return with_rare(there, plane, chances, p_rare[:, None])


def crowded_worlds(
    n_worlds: int,
    seed: int,
    *,
    n_frequent: int = 5,
    n_rare: int = 1,
    together: tuple[float, float] = (0.4, 0.6),
    alone: tuple[float, float] = (0.15, 0.25),
    rare: tuple[float, float] = (0.001, 0.1),
    magnitude: tuple[float, float] = (0.75, 1.25),
) -> Worlds:
    """Overlapping combinations, more of them than features: every two frequent features come together.

    >>> worlds = crowded_worlds(n_worlds=2, seed=0)
    >>> int((worlds.present[:, :5].sum(1) > 1).sum()) // 2, worlds.rare  # ten combinations, with and without the rare feature
    (10, (5,))

    Args:
        n_worlds, seed: How many, and of which draw.
        n_frequent, n_rare: Features.
        together, alone: Ranges of the probability of all combinations, and of all frequent features alone; each is
            dealt out evenly at random.
        rare: Range of each rare feature's, drawn evenly on a logarithmic scale.
        magnitude: Range of the frequent features' magnitudes; those of rare ones are 1.
    """
    rng = np.random.default_rng([seed, n_frequent])
    sets = [set(some) for size in (0, 1, 2) for some in combinations(range(n_frequent), size)]
    there = np.array([[float(i in some) for i in range(n_frequent)] for some in sets])
    n_sets = len(sets) - 1 - n_frequent
    p_alone = rng.uniform(*alone, (n_worlds, 1)) * rng.dirichlet(np.ones(n_frequent), n_worlds)
    p_sets = rng.uniform(*together, (n_worlds, 1)) * rng.dirichlet(np.ones(n_sets), n_worlds)
    p_rare = np.exp(rng.uniform(np.log(rare[0]), np.log(rare[1]), (n_worlds, n_rare)))
    size = rng.uniform(*magnitude, (n_worlds, 1, n_frequent))
    nothing = 1 - p_alone.sum(1, keepdims=True) - p_sets.sum(1, keepdims=True)
    return with_rare(there, there * size, np.concatenate([nothing, p_alone, p_sets], 1), p_rare)


def with_rare(
    present: Float[np.ndarray, "state frequent"],
    x: Float[np.ndarray, "world state frequent"],
    p: Float[np.ndarray, "world state"],
    p_rare: Float[np.ndarray, "world rare"],
) -> Worlds:
    """Add features of length 1 that come independently of everything.

    >>> import numpy as np
    >>> worlds = with_rare(np.eye(2), np.eye(2)[None], np.array([[0.5, 0.5]]), np.array([[0.1]]))
    >>> worlds.x[0].tolist(), (worlds.p[0] @ worlds.present).tolist()
    ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [0.5, 0.5, 0.10000000149011612])
    """
    n_worlds, n_frequent = len(x), present.shape[1]
    for chance in p_rare.T:
        width = present.shape[1]
        present = np.vstack([np.column_stack([present, np.full(len(present), on)]) for on in (0.0, 1.0)])
        third = np.broadcast_to(present[:, width:], (n_worlds, len(present), 1))
        x = np.concatenate([np.concatenate([x, x], 1), third], 2)
        p = np.concatenate([p * (1 - chance[:, None]), p * chance[:, None]], 1)
    parts = (torch.as_tensor(part, dtype=torch.float32) for part in (present, x, p))
    return Worlds(*parts, rare=tuple(range(n_frequent, present.shape[1])))


def apart(worlds: Worlds) -> Worlds:
    """The same worlds without combinations: where several frequent features came together, one of them comes alone.

    >>> alone = apart(pair_worlds(n_worlds=2, seed=0))
    >>> alone.p[:, 3].tolist(), bool((alone.p.sum(1) - 1).abs().max() < 1e-6)
    ([0.0, 0.0], True)
    """
    frequent = [i for i in range(worlds.present.shape[1]) if i not in worlds.rare]
    size = worlds.present[:, frequent].sum(1)
    rare_part = worlds.present[:, list(worlds.rare)]
    single = (size == 1)[None] & (rare_part[:, None] == rare_part).all(-1)  # [state, state of one alone]
    member = (worlds.present[:, frequent] @ worlds.present[:, frequent].T > 0) & single
    share = torch.where((size > 1)[:, None], member / size.clamp_min(1)[:, None], torch.eye(len(size)))
    return replace(worlds, p=worlds.p @ share)
