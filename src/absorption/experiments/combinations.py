"""SAEs in worlds of frequent combinations: which features get a latent, which combinations do, and at which λ.

The question is that of Till 2024, *Do sparse autoencoders find "true features"?*
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.crowds import Worlds
from absorption.experiments.fits import code, fit
from absorption.experiments.members import Members, of_best
from absorption.experiments.starts import start_at
from absorption.measures.composition import labels
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack
from absorption.theory.combinations import free_codes, linear_encoder, planar_optimum

FOUND = 0.5
"""Least cosine of a latent with a feature that counts as found, be it within a combination: a sum of three has 0.58."""
OWN = 0.9
"""Least cosine of a latent that counts as the feature's own; it may lean by 26°."""
SPARSE = 1.1
"""Most latents that may be active for each feature present, where an SAE counts as sparse."""


@dataclass(frozen=True)
class Runs:
    """What became of every SAE."""

    loss: Float[np.ndarray, "world setting run"]
    """Expected loss at the end."""
    lost: Float[np.ndarray, "world setting run"]
    """Share of the rare features that are in no latent that fires, not even within a combination."""
    combinations: Float[np.ndarray, "world setting run"]
    """Latents that fire (almost) only where two features or more are present, and are no feature's own."""
    own: Float[np.ndarray, "world setting run"]
    """Share of all features that have a latent of their own."""
    l0: Float[np.ndarray, "world setting run"]
    """Active latents for each feature present."""
    explained: Float[np.ndarray, "world setting run"]
    """1 − FVU."""
    dead: Float[np.ndarray, "world setting run"]
    """Share of latents that never fire."""

    @property
    def displaced(self) -> Float[np.ndarray, "world setting run"]:
        """Share of the rare features that are lost while a latent stands for a combination: what the source fears."""
        return self.lost * (self.combinations > 0)

    @property
    def sweet(self) -> Bool[np.ndarray, "world setting run"]:
        """Every feature has a latent of its own, no combination has one, and no more fire than features are present."""
        return (self.own > 1 - 1e-6) & (self.combinations == 0) & (self.l0 < SPARSE)


Start = Literal["random", "truth", "pair"]
"""Random weights; beside the features; or beside the first two features and the sum in which they come together."""


def on_worlds(
    worlds: Worlds,
    n_latents: int,
    sparsities: Sequence[float] | np.ndarray,
    n_runs: int = 1,
    *,
    start: Start = "random",
    noise: float = 0.05,
    seed: int = 0,
    steps: int,
    lr: float = 0.01,
    device: str = "cpu",
) -> Runs:
    """Train SAEs with an L1 penalty and encoder biases, which the argument needs, and without a decoder bias.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> runs = on_worlds(pair_worlds(2, seed=0), 3, [0.01], start="truth", steps=20)
    >>> runs.own.ravel().tolist(), runs.combinations.ravel().tolist()
    ([1.0, 1.0], [0.0, 0.0])

    Args:
        worlds: Where.
        n_latents: Of each SAE.
        sparsities: λ of each setting.
        n_runs: For each world and setting.
        start: Where training starts; latents to spare start at random in any case.
        noise: Standard deviation of what is added to every weight of a start that is not random.
        seed: Of noise and random weights.
        steps, lr: Of training.
        device: Where to train.

    Raises:
        FloatingPointError: an SAE diverged.
    """
    n_worlds, _, n_features = worlds.x.shape
    members = Members(world=n_worlds, setting=len(sparsities), run=n_runs)
    seeds = range(seed * len(members), (seed + 1) * len(members))
    sweep = {"sparsity": members.spread(torch.as_tensor(sparsities, dtype=torch.float32), "setting")}
    stack = SAEStack(Recipe(sparsity=1.0, decoder_bias=False), n_features, n_latents, seeds, sweep, device)
    if start != "random":
        weights = _truth(worlds, len(sparsities)) if start == "truth" else _pair(worlds, sparsities)
        spread = [members.spread(part, "world", "setting") for part in weights]
        _put_beside(stack, spread, noise, torch.Generator().manual_seed(seed))
    x, p = members.spread(worlds.x, "world"), members.spread(worlds.p, "world")
    loss = fit(stack, x, p, "combinations", steps=steps, lr=lr).loss
    measures = dict(loss=loss) | _read(worlds, stack, x, p)
    return Runs(**{name: members.shaped(values.float()) for name, values in measures.items()})


Weights = Sequence[Tensor]
"""`W_dec`, `W_enc` and `b_enc` for each world and setting."""


def _truth(worlds: Worlds, n_settings: int) -> Weights:
    n_worlds, _, n = worlds.x.shape
    each = torch.eye(n).expand(n_worlds, n_settings, n, n)
    return each, each, torch.zeros(n_worlds, n_settings, n)


def _pair(worlds: Worlds, sparsities: Sequence[float] | np.ndarray) -> Weights:
    """An encoder for the cheapest codes of the first two features and their sum, as near as a linear one can come to them."""
    n = worlds.x.shape[-1]
    together = int((worlds.present[:, :2].sum(1) == 2).nonzero()[0])
    every = []
    for x, p in zip(worlds.x.double().numpy(), worlds.p.double().numpy(), strict=True):
        atoms = np.vstack([np.eye(n)[:2], x[together] / np.linalg.norm(x[together])])
        codes = [linear_encoder(x, p, free_codes(atoms, x, float(sparsity))) for sparsity in sparsities]
        every.append([(atoms, *encoder) for encoder in codes])
    parts = ([[of[i] for of in row] for row in every] for i in range(3))
    return [torch.as_tensor(np.array(part)).float() for part in parts]


def _put_beside(stack: SAEStack, weights: Sequence[Tensor], noise: float, generator: torch.Generator) -> None:
    """The first latents beside the given weights, `[sae …]`; spare ones keep theirs."""
    kept = [part.detach().cpu().clone() for part in (stack.W_dec, stack.W_enc, stack.b_enc)]
    n = weights[0].shape[1]
    for part, given, at in zip(kept, weights, (np.s_[:, :n], np.s_[:, :, :n], np.s_[:, :n]), strict=True):
        part[at] = given + noise * torch.randn(given.shape, generator=generator)
    start_at(stack, *kept)


def sweet_again(runs: Runs) -> Float[np.ndarray, " world"]:
    """Whether a setting that is sweet in the best of one half of the runs is so again in the best of the other half.

    Of several sweet settings the middle one is taken. Each half chooses once, so that a world gives 0, ½ or 1.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> runs = on_worlds(pair_worlds(2, seed=0), 3, [0.01, 0.02, 0.04], n_runs=2, start="truth", steps=20)
    >>> sweet_again(runs)
    array([1., 1.])
    """
    half = runs.loss.shape[-1] // 2
    first, second = (
        of_best(runs.sweet[..., part], runs.loss[..., part], axis=2) for part in (np.s_[:half], np.s_[half:])
    )
    return (_scored(first, second) + _scored(second, first)) / 2


def _scored(
    chosen_on: Bool[np.ndarray, "world setting"], scored_on: Bool[np.ndarray, "world setting"]
) -> np.ndarray:
    at = [np.flatnonzero(row) for row in chosen_on]
    return np.array(
        [len(a) > 0 and row[a[len(a) // 2]] for a, row in zip(at, scored_on, strict=True)], dtype=float
    )


def _read(worlds: Worlds, stack: SAEStack, x: Tensor, p: Tensor) -> dict[str, Tensor]:
    z, dictionary = code(stack, x)
    fires = ((z > 1e-6) & (p > 0)[..., None]).any(1)
    cosine = dictionary * fires[..., None]  # [sae latent feature]
    # A label takes probabilities that all members share: weigh the activations instead.
    marks = labels(z * p[..., None], worlds.present, torch.ones(p.shape[1]))
    error = ((z @ dictionary - x).square().sum(-1) * p).sum(-1)
    spread = ((x - (p[:, None] @ x)).square().sum(-1) * p).sum(-1)
    return {
        "lost": (cosine[..., list(worlds.rare)].amax(1) < FOUND).float().mean(1),
        "combinations": ((marks.sum(-1) > 1) & (cosine.amax(-1) < OWN)).sum(-1),
        "own": (cosine.amax(1) >= OWN).float().mean(1),
        "l0": ((z > 1e-6).float().sum(-1) * p).sum(-1) / (p @ worlds.present.sum(1)),
        "explained": 1 - error / spread,
        "dead": 1 - fires.float().mean(1),
    }


def derived_rarity(worlds: Worlds, sparsity: float, n_latents: int) -> Float[np.ndarray, " world"]:
    """How rare the third feature has to be for the best dictionary to leave it out, by `theory.combinations`.

    >>> from absorption.experiments.crowds import pair_worlds
    >>> three, four = (derived_rarity(pair_worlds(2, seed=0), 0.2, n) for n in (3, 4))
    >>> bool((four < 0.05 * three).all())  # the frequent ones have three directions
    True

    Codes have all freedom there, as no encoder limits them.

    Args:
        worlds: With two frequent features and one rare one, of length 1.
        sparsity: λ.
        n_latents: Of the SAE.
    """
    without = worlds.present[:, 2] == 0
    x, p = worlds.x[:, without, :2].double().numpy(), worlds.p.double().numpy()
    chances = p[:, without.numpy()] + p[:, ~without.numpy()]
    plans = [planar_optimum(*world, sparsity, n_latents, 91) for world in zip(x, chances, strict=True)]
    return np.array([plan.boundary(sparsity)[n_latents - 1] for plan in plans])
