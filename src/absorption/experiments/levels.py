"""SAEs on two-level trees: does their dictionary keep parents and children apart, and siblings as they are?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.members import Members
from absorption.experiments.pursuit_steps import fit_pursuits
from absorption.experiments.starts import start_at
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import BatchTopK, MatchingPursuit, Recipe, ReLU
from absorption.saes.stack import SAEStack
from absorption.worlds.two_levels import N_CHILDREN, N_FEATURES, N_FIRST, N_PARENTS, PAIRS, Tree

RECIPES = MappingProxyType(
    {
        "pursuit": Recipe(
            MatchingPursuit(1, 0.05),
            tied=True,
            encoder_bias=False,
            decoder_bias=False,
            decoder="free",
            init_norm=1.0,
        ),
        "L1": Recipe(ReLU(), sparsity=1.0),
        "BatchTopK": Recipe(BatchTopK(1.0)),
        "nested": Recipe(ReLU(), sparsity=1.0, random_nesting=5),
    }
)
"""What is compared in arXiv:2506.03093, §4.1: MP-SAE, Vanilla, BatchTopK, and Matryoshka with five prefixes drawn anew."""
MOST_STEPS = 8
"""Choices of a pursuit: by far enough for two concepts; it stops where less than 0.05 is left."""
PRESSURES = MappingProxyType(
    {"pursuit": (MOST_STEPS,), "L1": (0.02, 0.2, 0.6), "BatchTopK": (1.2, 1.6), "nested": (0.2, 0.6, 2.0)}
)
"""λ, or k: wide enough that the L0s on either side of the tree's own are reached."""
JUDGED_ON = 4000
"""Inputs on which an SAE is judged."""
MEASURES = (
    "between",
    "within",
    "worse",
    "absorbed",
    "recall",
    "explained",
    "l0",
    "coherence",
    "first",
    "second",
    "third",
    "hole_first",
    "hole_second",
    "hole_third",
)
"""`between`: mean absolute cosine of a child's own latent with its parent, less the true one (the absorption score of arXiv:2506.03093,
table 1). `within`: mean absolute difference of learned and true cosine over pairs of one level, of the first and of siblings alike. `worse`: the larger
of the two. `absorbed`, `recall`: as in `measures.hierarchy`, of pairs. `explained`: share of the variance. `coherence`: largest
cosine of each latent with another, on average. `first`, `second`, `third`: how far the own latents of each parent's first, second
and third child have gone from the child (0) to equal parts of child and parent (1), in cosines with the parent. `hole_first`,
`hole_second`, `hole_third`: `absorbed` of these children alone."""


@dataclass(frozen=True)
class Training:
    """How SAEs are trained, each with a latent a concept.

    Args:
        name: A key of `RECIPES`.
        start: `random`, `truth`, or `absorbed` (each child's row has half of its parent), these with weights disturbed by 0.05.
        steps, batch_size, lr: Of Adam, on minibatches drawn anew.
        seed: Of weights and draws, beside the world's number.
    """

    name: str
    start: str = "random"
    steps: int = 2000
    batch_size: int = 100
    lr: float = 0.02
    seed: int = 0


def train(
    worlds: Sequence[Tree], how: Training, asked: Float[ndarray, "value world"]
) -> tuple[SAEStack, Members]:
    """One SAE for each value of k or λ and each world, all in one stack; the worlds have as many dimensions.

    >>> from absorption.worlds.two_levels import two_levels
    >>> stack, members = train([two_levels(0)], Training("pursuit", steps=2), np.array([[1.0], [2.0]]))
    >>> len(stack), members.shape
    (2, (2, 1))
    """
    members = Members(value=len(asked), world=len(worlds))
    counts = how.name in ("pursuit", "BatchTopK")
    swept = {"k" if counts else "sparsity": torch.tensor(asked.ravel(), dtype=torch.float32)}
    seeds = [1_000_000 + how.seed + w for w in members.index("world")]  # other draws than the worlds'
    stack = SAEStack(RECIPES[how.name], worlds[0].features.shape[1], N_FEATURES, seeds, swept)
    if how.start != "random":
        rows = torch.stack([world.features + _taken(world, how.start) for world in worlds])
        generator = torch.Generator().manual_seed(how.seed)
        rows = members.spread(torch.nn.functional.normalize(rows, dim=-1), "world")
        start_at(stack, rows, torch.linalg.inv(rows), noise=0.05, generator=generator)
    if how.steps:
        stream = _minibatches(worlds, members, how)
        if how.name == "pursuit":
            fit_pursuits(stack, stream, partial(rate, how))
        else:
            fit_batches(
                stack, stream, steps=how.steps, lr=how.lr, warmup=0.05, decay=0.3, clip=1.0, quiet=True, description=how.name
            )  # fmt: skip
    return stack.requires_grad_(False), members


def rate(how: Training, step: int) -> float:
    """The source's: it rises for a hundred steps and falls to a tenth in the last fifth.

    >>> how = Training("pursuit", steps=1000, lr=0.03)
    >>> [round(rate(how, step), 4) for step in (0, 99, 800, 999)]
    [0.0003, 0.03, 0.03, 0.0031]
    """
    late = max(0.0, step / how.steps - 0.8) / 0.2
    return how.lr * min(1.0, (step + 1) / 100) * (1 - 0.9 * late)


def _taken(world: Tree, start: str) -> Float[Tensor, "feature d_in"]:
    """What children have taken over of their parents."""
    taken = torch.zeros_like(world.features)
    if start == "absorbed":
        for parent, child in PAIRS:
            taken[child] = world.features[parent]
    return taken


def _minibatches(
    worlds: Sequence[Tree], members: Members, how: Training
) -> Iterator[Float[Tensor, "sae batch d_in"]]:
    """Drawn anew at each step, some hundred steps at a time; the same for all values."""
    generator, at_once = torch.Generator().manual_seed(how.seed), 100
    for start in range(0, how.steps, at_once):
        n = min(at_once, how.steps - start)
        drawn = torch.stack([world.draw(n * how.batch_size, generator) @ world.features for world in worlds])
        for batch in drawn.split(how.batch_size, 1):
            yield members.spread(batch, "world")


def read(
    stack: SAEStack, members: Members, worlds: Sequence[Tree], seed: int = 1
) -> dict[str, Float[ndarray, "value world"]]:
    """Each of `MEASURES`, on fresh inputs.

    >>> from absorption.worlds.two_levels import two_levels
    >>> worlds = [two_levels(0, correlation=0.3)]
    >>> stack, members = train(worlds, Training("pursuit", "truth", steps=0), np.array([[4.0]]))
    >>> start_at(stack, worlds[0].features)
    >>> found = read(stack, members, worlds)
    >>> [round(float(found[name][0, 0]), 2) for name in ("between", "within", "absorbed", "recall", "explained")]
    [0.0, 0.0, 0.0, 1.0, 1.0]
    """
    found = {name: torch.full((len(stack),), torch.nan) for name in MEASURES}
    for w, world in enumerate(worlds):
        at = members.where(world=w)
        values = _of_world(stack.select(at), world, torch.Generator().manual_seed(1_000_003 * seed + w))
        for name in MEASURES:
            found[name][at] = values[name]
    return {name: members.shaped(values).astype(float) for name, values in found.items()}


def _of_world(stack: SAEStack, world: Tree, generator: torch.Generator) -> dict[str, Float[Tensor, " sae"]]:
    magnitudes = world.draw(JUDGED_ON, generator)
    x = magnitudes @ world.features
    acts = stack.encode(x)
    lost = (stack.decode(acts) - x).square().sum(-1).mean(-1)
    alike = torch.full((1, JUDGED_ON), 1 / JUDGED_ON)
    pairs = measure_pairs(acts, stack.W_enc, stack.dictionary, world.features, magnitudes, alike, PAIRS)
    rows = torch.nn.functional.normalize(stack.dictionary, dim=-1)
    cosines = rows @ rows.mT
    holes = pairs.absorbed.unflatten(1, (N_PARENTS, N_CHILDREN)).mean(1)
    found = angles(rows, world.features) | dict(
        zip(("hole_first", "hole_second", "hole_third"), holes.T, strict=True)
    )
    return found | {
        "worse": torch.maximum(found["between"], found["within"]),
        "absorbed": pairs.absorbed.mean(-1),
        "recall": pairs.recall.mean(-1),
        "explained": 1 - lost / (x - x.mean(0)).square().sum(-1).mean(),
        "l0": (acts > 0).float().sum(-1).mean(-1),
        "coherence": (cosines - 2 * torch.eye(N_FEATURES)).amax(-1).mean(-1),
    }


def angles(
    rows: Float[Tensor, "sae d_sae d_in"], features: Float[Tensor, "feature d_in"]
) -> dict[str, Float[Tensor, " sae"]]:
    """What is read of unit rows alone, as in `MEASURES`.

    >>> from absorption.worlds.two_levels import two_levels
    >>> features = two_levels(0).features
    >>> absorbed = features.clone()
    >>> for parent, child in PAIRS:
    ...     absorbed[child] = (features[parent] + features[child]) / 2**0.5
    >>> {name: round(float(value), 3) for name, value in angles(absorbed[None], features).items()}
    {'first': 1.0, 'second': 1.0, 'third': 1.0, 'between': 0.707, 'within': 0.25}
    """
    own = own_latents(rows, features)
    mine = rows.gather(1, own[..., None].expand(-1, -1, rows.shape[-1]))
    parents, children = (list(side) for side in zip(*PAIRS, strict=True))
    off = (mine @ mine.mT - features @ features.T).abs()
    first = torch.triu_indices(N_FIRST, N_FIRST, 1)
    siblings = [
        off[:, N_FIRST + N_CHILDREN * p + a, N_FIRST + N_CHILDREN * p + b]
        for p in range(N_PARENTS)
        for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    true = (features[children] * features[parents]).sum(-1)
    lean = (mine[:, children] * features[parents]).sum(-1) - true
    gone = (lean / (((1 + true) / 2).sqrt() - true)).unflatten(1, (N_PARENTS, N_CHILDREN)).mean(1)
    of_child = dict(zip(("first", "second", "third"), gone.T, strict=True))
    return of_child | {
        "between": lean.abs().mean(-1),
        "within": (off[:, first[0], first[1]].mean(-1) + torch.stack(siblings).mean(0)) / 2,
    }


def placed(worlds: Sequence[Tree], absorbed: bool = False, k: int = 8) -> dict[str, Float[ndarray, " world"]]:
    """`MEASURES` of the true dictionary and its pursuit, or of one in which each child's row is the child and its parent in
    equal parts.

    >>> from absorption.worlds.two_levels import two_levels
    >>> [round(float(placed([two_levels(0)], absorbed)["between"][0]), 3) for absorbed in (False, True)]
    [0.0, 0.707]
    """
    stack, members = train(worlds, Training("pursuit", steps=0), np.full((1, len(worlds)), float(k)))
    rows = [world.features + _taken(world, "absorbed" if absorbed else "truth") for world in worlds]
    start_at(stack, torch.stack(rows))
    return {name: values[0] for name, values in read(stack, members, worlds).items()}
