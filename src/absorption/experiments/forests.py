"""Architectures on a forest of trees in superposition: the same batches, the same inputs to judge, several pressures at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.architectures import recipe_of, swept
from absorption.experiments.members import Members
from absorption.experiments.starts import start_beside
from absorption.measures.hierarchy import measure_pairs
from absorption.measures.toy import explained_variance, mcc
from absorption.saes.fit.training import fit_batches
from absorption.saes.stack import SAEStack
from absorption.worlds.sampled import Forest, forest

JUDGED = 2048
NOISE = 0.3
"""Length of the random part that is added to each row of a start beside the truth."""
BIAS = -0.4
"""Encoder bias of that start: it lets a true encoder ignore the interference of the other features."""

MEASURES = ("absorbed", "recall", "strangers", "mcc", "explained", "l0")


@dataclass(frozen=True)
class Sample:
    """What SAEs on a forest are trained on and judged on."""

    world: Forest
    batches: tuple[Float[Tensor, "batch d_in"], ...]
    magnitudes: Float[Tensor, "input feature"]

    @property
    def x(self) -> Float[Tensor, "input d_in"]:
        """The inputs on which SAEs are judged."""
        return self.magnitudes @ self.world.features


def grown(n_trees: int, d_in: int, l0: float) -> Forest:
    """A forest with `l0` features present on average; its parents are alone in a fifth to four fifths of their appearances.

    >>> world = grown(n_trees=2, d_in=16, l0=1.5)
    >>> world.features.shape, world.pairs[:3]
    (torch.Size([8, 16]), ((0, 1), (0, 2), (0, 3)))
    """
    root = l0 / (1.5 * n_trees)
    return forest(n_trees, d_in, roots=(root, root), alone=(0.2, 0.8), magnitude_spread=0.1)


def drawn(world: Forest, steps: int, batch_size: int) -> Sample:
    """Batches to train on, and 2048 other inputs to judge by.

    >>> sample = drawn(grown(n_trees=2, d_in=16, l0=1.5), steps=3, batch_size=8)
    >>> len(sample.batches), sample.batches[0].shape, sample.x.shape
    (3, torch.Size([8, 16]), torch.Size([2048, 16]))
    """
    batches = world.batches(batch_size, steps, torch.Generator().manual_seed(0))
    return Sample(world, tuple(batches), world.sample_magnitudes(JUDGED, torch.Generator().manual_seed(1)))


def on_forest(
    sample: Sample,
    name: str,
    tied: bool,
    plan: Sequence[tuple[str, float]],
    *,
    n_seeds: int,
    lr: float,
    device: str,
) -> dict[str, np.ndarray]:
    """Train one architecture as planned; each of `MEASURES` as `[plan seed]`.

    `absorbed` and `recall` are means over the pairs of parent and child, `strangers` is `absorbed` where a parent is
    paired with the children of the next tree, which it has nothing to do with.

    >>> sample = drawn(grown(n_trees=2, d_in=16, l0=1.5), steps=3, batch_size=8)
    >>> plan = [("random", 1), ("truth", 1), ("truth", 2)]
    >>> found = on_forest(sample, "TopK", tied=False, plan=plan, n_seeds=2, lr=1e-3, device="cpu")
    >>> found["absorbed"].shape
    (3, 2)

    Args:
        sample: Of a forest.
        name, tied: Which architecture.
        plan: (start, pressure) pairs: start `random` or `truth` (beside it), pressure k or λ.
        n_seeds: Of each.
        lr: Peak learning rate.
        device: Where to train.
    """
    members = Members(plan=len(plan), seed=n_seeds)
    recipe, features = recipe_of(name, tied), sample.world.features
    d_sae, d_in = features.shape
    pressed = members.spread([pressure for _, pressure in plan], "plan").tolist()
    stack = SAEStack(recipe, d_in, d_sae, members.index("seed"), sweep=swept(name, pressed), device=device)
    at_truth = members.spread([start == "truth" for start, _ in plan], "plan")
    _put_beside_truth(stack, features, at_truth)
    fit_batches(stack, list(sample.batches), lr=lr, decay=0.3, description=name, quiet=True)
    return {key: members.shaped(values) for key, values in _measured(stack, sample).items()}


@torch.no_grad()
def _put_beside_truth(stack: SAEStack, features: Tensor, members: Tensor) -> None:
    """Start some members beside the truth; noise is drawn for all, so that a member's does not depend on the plan."""
    beside = SAEStack(stack.recipe, stack.d_in, stack.d_sae, stack.seeds)
    generator = torch.Generator().manual_seed(0)
    start_beside(beside, features, noise=NOISE / stack.d_in**0.5, generator=generator)
    stack.W_dec[members] = beside.W_dec[members].to(stack.W_dec)
    if not stack.recipe.tied:
        stack.W_enc[members] = beside.W_enc[members].to(stack.W_dec)
    if stack.recipe.encoder_bias:
        stack.b_enc[members] = BIAS


@torch.no_grad()
def _measured(stack: SAEStack, sample: Sample) -> dict[str, Tensor]:
    """Each of `MEASURES`, `[sae]`."""
    world, x = sample.world, sample.x.to(stack.W_dec)
    acts, uniform = stack.encode(x), torch.full((len(x),), 1 / len(x))
    strangers = [(parent, (child + 4) % len(world.features)) for parent, child in world.pairs]
    pairs = measure_pairs(
        acts,
        stack.W_enc,
        stack.dictionary,
        world.features,
        sample.magnitudes,
        uniform,
        [*world.pairs, *strangers],
    )
    n = len(strangers)
    return {
        "absorbed": pairs.absorbed[:, :n].nanmean(-1),
        "recall": pairs.recall[:, :n].nanmean(-1),
        "strangers": pairs.absorbed[:, n:].nanmean(-1),
        "mcc": mcc(stack.dictionary, world.features),
        "explained": explained_variance(stack, x),
        "l0": (acts > 0).float().sum(-1).mean(-1),
    }
