"""Every architecture on families of features, at one pressure after another, from minibatches: absorption over L0.

A weight λ or a count k decides how sparse an SAE gets, and means something else in every architecture. So each is trained
at a range of pressures, and what is compared is read off these curves where their L0s are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.architectures import ARCHITECTURES, swept
from absorption.experiments.families import Families
from absorption.experiments.members import Members
from absorption.experiments.overlooked import judged
from absorption.experiments.starts import start_at, start_towards
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

NESTED = "nested"
"""BatchTopK whose first latents, one a parent, have to reconstruct alone, too."""
PRESSURES = MappingProxyType(
    {
        "L1": (0.005, 0.02, 0.07, 0.25, 0.8),
        "L½": (0.003, 0.012, 0.04, 0.13, 0.4),
        "p-annealed": (0.005, 0.02, 0.07, 0.25, 0.8),
        "gated": (0.01, 0.04, 0.12, 0.35, 1.0),
        "JumpReLU": (0.01, 0.03, 0.08, 0.2, 0.5),
        "TopK": (1, 2, 3, 4),
        "BatchTopK": (0.8, 1.0, 1.25, 1.6),
        "pursuit": (1, 2, 3, 4),
        NESTED: (0.8, 1.0, 1.25, 1.6),
    }
)
"""λ, k, or for BatchTopK k over the world's own L0; wide enough that an SAE from random weights passes that L0."""


RELU = Recipe()
"""Latents that decide alone, without any pressure."""


def pressed_recipe(name: str, tied: bool = False, inner: int = 1, d_sae: int = 2) -> Recipe:
    """An architecture that trains both biases.

    >>> pressed_recipe("nested", inner=3, d_sae=9).nesting, pressed_recipe("pursuit").encoder_bias  # pursuit has none
    ((3, 9), False)

    Args:
        name: A key of `ARCHITECTURES`, or `NESTED`.
        tied: Whether the encoder is the transposed decoder; pursuit is tied in any case.
        inner, d_sae: Widths, for `NESTED`.
    """
    made = ARCHITECTURES["BatchTopK" if name == NESTED else name]
    widths = (inner, d_sae) if name == NESTED else ()
    return replace(
        made, decoder_bias=True, encoder_bias=name != "pursuit", tied=tied or made.tied, nesting=widths
    )


@dataclass(frozen=True)
class Pressing:
    """How the SAEs of a curve are trained; each has as many latents as there are features.

    >>> Pressing("TopK", tied=True).starts
    ('random', 'beside')

    Args:
        name, tied: Which architecture.
        starts: `random`, `beside` (the truth), or both.
        own: Beside the truth, length of the random direction that is added to each true one.
        steps, batch_size, lr: Of Adam, on minibatches. No steps leave the SAEs as they start.
        d_in: Dimensions. Fewer than features make each world draw directions of its own; else they are orthogonal.
        device: Where.
    """

    name: str
    tied: bool = False
    starts: tuple[str, ...] = ("random", "beside")
    own: float = 0.3
    steps: int = 600
    batch_size: int = 48
    lr: float = 0.02
    d_in: int | None = None
    device: str = "cpu"


def pressures(name: str, worlds: Families) -> Float[ndarray, "pressure world"]:
    """The pressures of an architecture in each world.

    >>> from absorption.experiments.families import families
    >>> pressures("TopK", families([0, 1], "apart")).tolist()
    [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]
    """
    relative = name in ("BatchTopK", NESTED)
    own = worlds.true_l0.double().numpy() if relative else np.ones(len(worlds.seeds))
    return np.array(PRESSURES[name], dtype=float)[:, None] * own


def directions_of(worlds: Families, d_in: int | None) -> Float[Tensor, "world feature d_in"]:
    """The features of each world: orthogonal, or random unit vectors where there are fewer dimensions.

    >>> from absorption.experiments.families import families
    >>> directions_of(families([0, 1], "apart"), d_in=5).shape
    torch.Size([2, 6, 5])
    """
    if d_in is None:
        return worlds.features.expand(len(worlds.seeds), -1, -1)
    drawn = [
        torch.randn(len(worlds.features), d_in, generator=torch.Generator().manual_seed(s))
        for s in worlds.seeds
    ]
    return torch.nn.functional.normalize(torch.stack(drawn), dim=-1)


def on_curve(
    worlds: Families, how: Pressing, asked: Float[ndarray, "pressure *start world"]
) -> dict[str, Float[ndarray, "pressure start world"]]:
    """Train one architecture on every world, at each pressure and from each start; each of `overlooked.MEASURES`.

    >>> from absorption.experiments.families import families
    >>> worlds = families([0, 1, 2], "apart")
    >>> found = on_curve(worlds, Pressing("L1", steps=2), np.full((4, 3), 0.1))
    >>> found["absorbed"].shape
    (4, 2, 3)

    Args:
        worlds: One a seed; the seeds decide starts and minibatches, too.
        how: Architecture, starts and training.
        asked: λ, or k (whole numbers for TopK and pursuit); the same for every start, or one for each.
    """
    members = Members(pressure=len(asked), start=len(how.starts), world=len(worlds.seeds))
    features, n_parents = directions_of(worlds, how.d_in), len({parent for parent, _ in worlds.pairs})
    d_sae, d_in = features.shape[1:]
    recipe = pressed_recipe(how.name, how.tied, n_parents, d_sae)
    axes = ("pressure", "world") if asked.ndim == 2 else ("pressure", "start", "world")
    values = members.spread(asked.copy(), *axes).tolist()
    sweep = swept("BatchTopK" if how.name == NESTED else how.name, values)
    seeds = [worlds.seeds[w] for w in members.index("world")]
    stack = SAEStack(recipe, d_in, d_sae, seeds, sweep, how.device)
    if "beside" in how.starts:
        at = members.where(start=how.starts.index("beside"))
        start_towards(stack, worlds.features, own=how.own, members=at)
    if how.steps:
        stream = minibatches(worlds, features, members, how)
        fit_batches(stack, stream, steps=how.steps, lr=how.lr, decay=0.3, quiet=True, description=how.name)
    return {name: members.shaped(values) for name, values in judged(stack, worlds, features, members).items()}


def placed(
    worlds: Families,
    W_dec: Float[Tensor, "feature d_in"],
    W_enc: Float[Tensor, "d_in feature"],
    recipe: Recipe = RELU,
) -> dict[str, Float[ndarray, " world"]]:
    """Each of `overlooked.MEASURES` of one dictionary that is put in place and not trained, in every world.

    >>> from absorption.experiments.families import families
    >>> worlds = families([0, 1], "apart")
    >>> placed(worlds, worlds.features, worlds.features.T)["absorbed"].tolist()
    [0.0, 0.0]

    Args:
        worlds: One a seed.
        W_dec, W_enc: The dictionary, and what reads it; ignored where the recipe is tied.
        recipe: What becomes of pre-activations; without biases.
    """
    members = Members(world=len(worlds.seeds))
    stack = SAEStack(recipe, len(W_enc), len(W_dec), worlds.seeds)
    start_at(stack, W_dec, W_enc)
    found = judged(stack, worlds, directions_of(worlds, None), members)
    return {name: members.shaped(values) for name, values in found.items()}


def minibatches(
    worlds: Families, features: Float[Tensor, "world feature d_in"], members: Members, how: Pressing
) -> Iterator[Float[Tensor, "sae batch d_in"]]:
    """Inputs drawn anew at each step, the same for all members of a world.

    >>> from absorption.experiments.families import families
    >>> worlds, how = families([0, 1], "apart"), Pressing("L1", steps=1, batch_size=8)
    >>> features = directions_of(worlds, None)
    >>> next(minibatches(worlds, features, Members(pressure=3, world=2), how)).shape[:2]
    torch.Size([6, 8])
    """
    generator = torch.Generator().manual_seed(worlds.seeds[0])
    states, probabilities = worlds.present @ features, worlds.probabilities
    each, of_member = torch.arange(len(states))[:, None], torch.tensor(members.index("world"))
    for _ in range(how.steps):
        at = torch.multinomial(probabilities, how.batch_size, replacement=True, generator=generator)
        yield states[each, at][of_member]


def read_at(
    l0: Float[ndarray, "pressure *block"], values: Float[ndarray, "pressure *block"], target: float
) -> Float[ndarray, " *block"]:
    """A measure where the curve passes an L0, linearly between the two neighbours; at the nearest end where it does not.

    >>> read_at(np.array([[1.2], [0.8]]), np.array([[0.1], [0.5]]), target=0.9)
    array([0.4])
    """
    order = l0.argsort(0, kind="stable")
    l0, values = (np.take_along_axis(one, order, 0).reshape(len(l0), -1) for one in (l0, values))
    read = [np.interp(target, l0[:, i], values[:, i]) for i in range(l0.shape[1])]
    return np.array(read).reshape(order.shape[1:])


def reached(
    l0: Float[ndarray, "pressure *block"], target: float, within: float = 0.0
) -> Bool[ndarray, " *block"]:
    """Whether some pressure gives at least that L0 and another at most, each `within` so much of it.

    >>> reached(np.array([[1.2, 1.0], [0.8, 1.1]]), target=0.9)
    array([ True, False])
    """
    return (l0.min(0) <= target + within) & (l0.max(0) >= target - within)
