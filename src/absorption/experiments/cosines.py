"""SAEs with a penalty on the cosines between decoder rows, and worlds in which it has something to do, or does harm.

Every seed has a world of its own, with its own probabilities; all expectations are exact. The weight γ of the penalty is
that of one pair, as in a sum over pairs (`experiments/dilution.py` has what a mean does).
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.families import Families, measured
from absorption.experiments.fits import code, fit, living
from absorption.experiments.members import Members, of_best
from absorption.experiments.starts import start_towards
from absorption.measures.composition import labels
from absorption.saes.losses.schemes import RandomChunks, Scheme
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack
from absorption.worlds.hierarchies import independent
from absorption.worlds.population import Population, directions

ALONE, TOGETHER, RARE = (0.05, 0.15), (0.2, 0.4), (0.02, 0.06)
"""Ranges from which probabilities are drawn: of each of two partners alone, of both, of a rare feature."""
FREQUENT = (0.15, 0.45)
"""The range for features in general position."""
FOUND = 0.9
"""Cosine of a living latent's row with a feature from which the feature counts as found."""


def partners(seeds: Sequence[int], strangers: bool = False) -> Families:
    """Two pairs of features that mostly come together, and two rare ones, 4 and 5; orthogonal, all groups independent.

    >>> worlds = partners(seeds=[0])
    >>> worlds.states.shape, [round(float(p), 2) for p in worlds.worlds[0].feature_probabilities]
    (torch.Size([64, 6]), [0.36, 0.39, 0.39, 0.39, 0.04, 0.06])

    Args:
        seeds: Of the worlds.
        strangers: The null: each feature as frequent, and all six independent.
    """
    return Families(tuple(seeds), tuple(_partners(seed, strangers) for seed in seeds), ())


def _partners(seed: int, strangers: bool) -> Population:
    generator = torch.Generator().manual_seed(seed)
    alone, both, rare = (
        low + (high - low) * torch.rand(shape, generator=generator)
        for (low, high), shape in ((ALONE, (2, 2)), (TOGETHER, (2, 1)), (RARE, (2,)))
    )
    world = independent([*(alone + both).flatten().tolist(), *rare.tolist()])
    if strangers:
        return world
    present, p = world.present, torch.ones(len(world.present))
    for i in range(2):
        first, second = present[:, 2 * i].bool(), present[:, 2 * i + 1].bool()
        of_pair = torch.stack([1 - both[i, 0] - alone[i].sum(), alone[i, 1], alone[i, 0], both[i, 0]])
        p = p * of_pair[2 * first.long() + second.long()]
    p = p * torch.where(present[:, 4:].bool(), rare, 1 - rare).prod(1)
    return Population(world.features, world.magnitudes, p)


def leaning(seeds: Sequence[int], cosine: float, n: int = 4) -> Families:
    """`n` independent features, every two of them at this cosine: no hierarchy, and nothing that mostly comes together.

    >>> features = leaning(seeds=[0], cosine=-0.25).features
    >>> round(float(features[0] @ features[3]), 4)
    -0.25
    """
    low, high = FREQUENT
    drawn = [low + (high - low) * torch.rand(n, generator=torch.Generator().manual_seed(s)) for s in seeds]
    features = directions(n, n, cosine)
    return Families(tuple(seeds), tuple(independent(p.tolist(), features) for p in drawn), ())


def of_recipe(scheme: Scheme, n: int) -> float:
    """What a recipe's weight has to be for γ = 1 a pair: recipes take means, over pairs or (`RandomChunks`) over latents.

    >>> from absorption.saes.losses.schemes import AllPairs
    >>> of_recipe(AllPairs(), 6), of_recipe(RandomChunks(), 6)
    (15.0, 3.0)

    A latent's nearest counts it, too, most of the time: hence half the number of latents.
    """
    nearest = isinstance(scheme, RandomChunks) and scheme.aggregate == "max"
    return n / 2 if nearest else n * (n - 1) / 2


def trainer(
    worlds: Families,
    scheme: Scheme,
    gammas: Sequence[float],
    *,
    beside: float | None = None,
    starts: int = 1,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Callable[[Float[ndarray, "value weight world"]], dict[str, Float[ndarray, "value weight world"]]]:
    """What `at_l0` calls: values of λ in, measures out; an L1 penalty, a latent for each feature, no decoder bias.

    >>> import numpy as np
    >>> from absorption.saes.losses.schemes import AllPairs
    >>> train = trainer(partners(seeds=[0]), AllPairs(exponent=1), [0.0, 0.1], steps=2, lr=0.01)
    >>> train(np.full((1, 2, 1), 0.1))["rare"].shape
    (1, 2, 1)

    Args:
        worlds: One a seed; a seed's SAEs start alike.
        scheme, gammas: Of the penalty, and its weights a pair.
        beside: Length of the random direction added to each true one in a start beside the truth; none for a random start.
        starts: From so many starts each SAE is trained; the one with the least objective counts.
        steps, lr: Of Adam.
        device: Where.
    """
    n = len(worlds.features)
    recipe = Recipe(ReLU(), sparsity=1.0, decoder_bias=False, orthogonality=1.0, orthogonality_scheme=scheme)

    def train(
        pressures: Float[ndarray, "value weight world"],
    ) -> dict[str, Float[ndarray, "value weight world"]]:
        members = Members(value=len(pressures), weight=len(gammas), world=len(worlds.seeds), start=starts)
        weights = torch.tensor(list(gammas)) * of_recipe(scheme, n)
        sweep = {
            "sparsity": members.spread(pressures.copy(), "value", "weight", "world"),
            "orthogonality": members.spread(weights, "weight"),
        }
        at = zip(members.index("world"), members.index("start"), strict=True)
        seeds = [worlds.seeds[world] + 1_000_000 * start for world, start in at]
        stack = SAEStack(recipe, n, n, seeds, sweep=sweep, device=device)
        if beside is not None:
            start_towards(stack, worlds.features, own=beside)
        p = members.spread(worlds.probabilities, "world")
        report = fit(stack, worlds.states, p, "orthogonality", steps=steps, lr=lr)
        loss = members.shaped(report.loss)
        found = read(stack, worlds, p, members.spread(worlds.true_l0, "world"))
        return {name: of_best(members.shaped(values), loss, axis=-1) for name, values in found.items()}

    return train


@torch.no_grad()
def read(
    stack: SAEStack, worlds: Families, p: Float[Tensor, "sae state"], true_l0: Float[Tensor, " sae"]
) -> dict[str, Float[Tensor, " sae"]]:
    """Each measure, exactly; those of `families.measured` where there are parents.

    `rare`: share of the rare features (the last two) that are found. `found`: of all features. `combined`: share of the
    latents that stand for two features or more, judged by where they fire. `truth`: mean over features of the largest cosine
    with a living latent's row. `unexplained`: share of the variance. `l0`: over the world's own.

    >>> from absorption.experiments.starts import start_at
    >>> worlds, stack = partners(seeds=[0]), SAEStack(Recipe(), 6, 6, seeds=[0])
    >>> start_at(stack, worlds.features, worlds.features.T)
    >>> found = read(stack, worlds, worlds.probabilities, worlds.true_l0)
    >>> {name: round(float(values), 4) for name, values in found.items()}
    {'rare': 1.0, 'found': 1.0, 'combined': 0.0, 'truth': 1.0, 'unexplained': 0.0, 'l0': 1.0}
    """
    acts, rows = code(stack, worlds.states)
    alive = living(stack, worlds.states, p)
    cosine = (torch.nn.functional.normalize(rows, dim=-1) @ worlds.features.T).abs() * alive[..., None]
    closest = cosine.amax(1)
    present = worlds.present
    label = torch.stack([labels(z[None], present, q)[0] for z, q in zip(acts, p, strict=True)])
    left = (((acts @ rows + stack.b_dec.cpu()[:, None] - worlds.states).square().sum(-1)) * p).sum(-1)
    x = worlds.states
    spread = p @ x.square().sum(-1) - (p @ x).square().sum(-1)
    found = {
        "rare": (closest[:, -2:] >= FOUND).float().mean(1),
        "found": (closest >= FOUND).float().mean(1),
        "combined": (label.sum(-1) > 1).float().mean(1),
        "truth": closest.mean(1),
        "unexplained": left / spread,
        "l0": ((acts > 0).sum(-1) * p).sum(-1) / true_l0,
    }
    return found | (
        {k: v.cpu() for k, v in measured(stack, worlds, p, true_l0).items()} if worlds.pairs else {}
    )
