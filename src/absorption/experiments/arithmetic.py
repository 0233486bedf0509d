"""Words in contexts, after Till 2024: is "*the* in mathematical prose" the sum of *the* and *mathematical prose*?

Tokens exclude each other, contexts do, and two contexts are kinds of a third. An activation is the sum of the directions
of what is there, and perhaps a direction of its own for every token in every context, with which sums fail.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.fits import code, fit
from absorption.measures.composition import labels
from absorption.saes import AllPairs, Recipe, SAEStack
from absorption.worlds.population import random_directions

NAMES = ("the", "of", "and", "mathematics", "topology", "algebra", "physics")
N_TOKENS = 3
CONTEXTS = ((), (3,), (3, 4), (3, 5), (6,))
"""No context, mathematics, its two kinds, physics; as numbers of features."""


@dataclass(frozen=True)
class Texts:
    """Worlds with the same features and states; directions and probabilities are each world's own.

    >>> texts = drawn_texts(n_worlds=2, d_in=16, seed=0)
    >>> texts.present.shape, texts.x.shape, texts.p.sum(1).round(decimals=5).tolist()
    (torch.Size([20, 7]), torch.Size([2, 20, 16]), [1.0, 1.0])
    """

    present: Float[Tensor, "state feature"]
    """1 where a feature is there."""
    x: Float[Tensor, "world state d_in"]
    """Activations."""
    p: Float[Tensor, "world state"]
    """Probabilities."""

    @property
    def true_l0(self) -> Float[np.ndarray, " world"]:
        """Features present, on average."""
        return (self.p @ self.present.sum(1)).numpy()


def drawn_texts(n_worlds: int, d_in: int, seed: int, own: float = 0.0) -> Texts:
    """Worlds in which every token meets every context, with probabilities drawn anew.

    >>> plain, owned = (drawn_texts(1, 16, seed=0, own=own) for own in (0.0, 2.0))
    >>> round(float((owned.x - plain.x).norm(dim=-1).max()), 3)
    2.0

    Args:
        n_worlds, d_in, seed: How many, of what dimension, of which draw.
        own: Length of the direction that a token in a context has besides the sum; the draw stays the same.
    """
    generator = torch.Generator().manual_seed(seed)
    states = [((), c) for c in CONTEXTS] + [((t,), c) for t in range(N_TOKENS) for c in CONTEXTS]
    present = torch.zeros(len(states), len(NAMES))
    for row, (token, context) in enumerate(states):
        present[row, [*token, *context]] = 1.0
    both = torch.tensor([bool(token and context) for token, context in states])
    x, p = [], []
    for _ in range(n_worlds):
        directions = random_directions(len(NAMES) + int(both.sum()), d_in, generator)
        activation = present @ directions[: len(NAMES)]
        activation[both] += own * directions[len(NAMES) :]
        tokens, contexts = (torch.rand(n, generator=generator) + 0.5 for n in (N_TOKENS + 1, len(CONTEXTS)))
        chances = (tokens / tokens.sum())[:, None] * (contexts / contexts.sum())
        x.append(activation)
        p.append(chances.ravel() / chances.sum())
    return Texts(present, torch.stack(x), torch.stack(p))


@dataclass(frozen=True)
class Dictionaries:
    """One trained SAE a world."""

    z: Float[Tensor, "world state latent"]
    """Activations."""
    rows: Float[Tensor, "world latent d_in"]
    """Decoder rows."""
    marks: Bool[Tensor, "world latent feature"]
    """Labels: what is there (almost) whenever the latent fires."""
    l0: Float[np.ndarray, " world"]
    """Active latents for each feature present."""
    explained: Float[np.ndarray, " world"]
    """1 − FVU."""

    @property
    def composed(self) -> Bool[Tensor, "world latent"]:
        """Whether a label has a token and a context."""
        return self.marks[..., :N_TOKENS].any(-1) & self.marks[..., N_TOKENS:].any(-1)


def trained(
    texts: Texts,
    n_latents: int,
    sparsity: float | Float[np.ndarray, "*value world"],
    *,
    orthogonality: float = 0.0,
    seed: int = 0,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> Dictionaries:
    """An SAE for each world, from random weights, with an L1 penalty and perhaps one on the `|cosine|` of decoder rows.

    >>> found = trained(drawn_texts(2, 16, seed=0), 7, sparsity=0.1, steps=50, lr=0.02)
    >>> found.z.shape, found.composed.shape
    (torch.Size([2, 20, 7]), torch.Size([2, 7]))

    Args:
        texts: The worlds.
        n_latents: Of each SAE.
        sparsity: λ, the same for all or each its own; with several values the worlds come again for each, from the same weights.
        orthogonality: Weight of the mean `|cosine|` over all pairs of rows.
        seed: Of the random weights.
        steps, lr: Of training.
        device: Where to train.
    """
    n = len(texts.x)
    lam = np.broadcast_to(sparsity, np.broadcast_shapes(np.shape(sparsity), (n,))).reshape(-1, n)
    texts = Texts(texts.present, texts.x.repeat(len(lam), 1, 1), texts.p.repeat(len(lam), 1))
    recipe = Recipe(
        sparsity=1.0,
        decoder_bias=False,
        orthogonality=orthogonality,
        orthogonality_scheme=AllPairs(exponent=1),
    )
    sweep = {"sparsity": torch.as_tensor(lam.ravel().copy(), dtype=torch.float32)}
    seeds = [*range(seed * n, (seed + 1) * n)] * len(lam)
    stack = SAEStack(recipe, texts.x.shape[-1], n_latents, seeds, sweep, device)
    fit(stack, texts.x, texts.p, "words in contexts", steps=steps, lr=lr)
    z, rows = code(stack, texts.x)
    marks = labels(z * texts.p[..., None], texts.present, torch.ones(texts.p.shape[1]))
    mean = (texts.p[..., None] * texts.x).sum(1, keepdim=True)
    left, all_ = (
        ((part.square().sum(-1)) * texts.p).sum(-1) for part in (z @ rows - texts.x, texts.x - mean)
    )
    l0 = ((z > 1e-6).float().sum(-1) * texts.p).sum(-1).numpy() / texts.true_l0
    return Dictionaries(z, rows, marks, l0, (1 - left / all_).numpy())


@dataclass(frozen=True)
class Sums:
    """How the composed latents of one dictionary relate to sums of another's latents; means over latents, nan where none is composed."""

    right: Float[np.ndarray, " world"]
    """Cosine of a composed latent with the sum of the latents for its token and its context."""
    wrong: Float[np.ndarray, " world"]
    """The same for every other pair of a token's and a context's latent, on average."""
    first: Float[np.ndarray, " world"]
    """How often the right sum is the nearest of all."""
    n_composed: Float[np.ndarray, " world"]
    """Composed latents."""


def compare(composites: Dictionaries, constituents: Dictionaries, texts: Texts) -> Sums:
    """Each composed latent of the first dictionaries beside sums of the second ones' latents, which are known by where they fire.

    >>> texts = drawn_texts(2, 16, seed=0)
    >>> wide, narrow = (trained(texts, n, sparsity=0.3, steps=400, lr=0.03) for n in (15, 7))
    >>> sums = compare(wide, narrow, texts)
    >>> bool((sums.right > sums.wrong).all())
    True
    """
    which = of_parts(constituents, texts)
    results = []
    for world in range(len(texts.x)):
        rows = torch.nn.functional.normalize(constituents.rows[world], dim=-1)[which[world]]
        sums = rows[:N_TOKENS, None] + rows[None, N_TOKENS:]  # [token context d_in]
        scores = []
        for latent in composites.composed[world].nonzero()[:, 0].tolist():
            at = pair_of(composites.marks[world, latent])
            cosine = torch.nn.functional.cosine_similarity(sums, composites.rows[world, latent], dim=-1)
            right = float(cosine[at])
            wrong = (float(cosine.sum()) - right) / (cosine.numel() - 1)
            scores.append((right, wrong, float((cosine >= right).sum() == 1)))
        mean = np.mean(scores, axis=0) if scores else np.full(3, np.nan)
        results.append([*mean, len(scores)])
    return Sums(*np.array(results, dtype=float).T)


def of_parts(found: Dictionaries, texts: Texts) -> Int64[Tensor, "world feature"]:
    """For each feature the latent that fires most nearly where it is there (largest F1), composed ones left out.

    >>> texts = drawn_texts(1, 16, seed=0)
    >>> one_each = Dictionaries(texts.present[None], torch.eye(7, 16)[None], torch.eye(7).bool()[None], texts.true_l0, texts.true_l0)
    >>> of_parts(one_each, texts).tolist()
    [[0, 1, 2, 3, 4, 5, 6]]
    """
    fires = (found.z > 1e-6).float() * texts.p[..., None]
    hits = fires.mT @ texts.present  # [world latent feature]
    f1 = 2 * hits / (fires.sum(1)[..., None] + (texts.p @ texts.present)[:, None]).clamp_min(1e-12)
    return torch.where(found.composed[..., None], -1.0, f1).argmax(1)


def pair_of(mark: Bool[Tensor, " feature"]) -> tuple[int, int]:
    """Numbers of a composed label's token and of its context, the most particular one, counted from the first context.

    >>> pair_of(torch.tensor([True, False, False, True, True, False, False]))  # the, mathematics, topology
    (0, 1)
    """
    there = mark.nonzero()[:, 0].tolist()
    return there[0], there[-1] - N_TOKENS


def neighbours(found: Dictionaries, near: float = 0.5) -> Float[np.ndarray, " world"]:
    """How many other latents lie nearer to a latent than a cosine of `near`, on average; dead ones left out.

    >>> found = trained(drawn_texts(2, 16, seed=0), 7, sparsity=0.1, steps=50, lr=0.02)
    >>> neighbours(found, near=-1.1).round(1).tolist()  # everybody else
    [6.0, 6.0]
    """
    fires = (found.z > 1e-6).any(1)
    unit = torch.nn.functional.normalize(found.rows, dim=-1)
    pairs = (
        (unit @ unit.mT > near)
        & fires[:, None]
        & fires[..., None]
        & ~torch.eye(unit.shape[1], dtype=torch.bool)
    )
    return (pairs.sum((1, 2)) / fires.sum(1).clamp_min(1)).numpy()


def summarised(wide: Dictionaries, narrow: Dictionaries, texts: Texts) -> Float[np.ndarray, " world"]:
    """Share of the composed wide latents with a narrow latent that fires wherever they do, and at least half as often again.

    "Wherever" is 0.9 of a latent's activity. NaN where no wide latent is composed.

    >>> texts = drawn_texts(2, 16, seed=0)
    >>> wide, narrow = (trained(texts, n, sparsity=0.3, steps=400, lr=0.03) for n in (15, 7))
    >>> bool((summarised(wide, narrow, texts) > 0.5).all())
    True
    """
    active = wide.z * texts.p[..., None]
    fires = (narrow.z > 1e-6).float()
    inside = active.mT @ fires / active.sum(1)[..., None].clamp_min(1e-12)  # [world wide narrow]
    rate_wide, rate_narrow = (((of.z > 1e-6) * texts.p[..., None]).sum(1) for of in (wide, narrow))
    often = rate_narrow[:, None] > 1.5 * rate_wide[..., None]
    covered = ((inside >= 0.9) & often).any(-1) & wide.composed
    return np.where(wide.composed.any(1), covered.sum(1) / wide.composed.sum(1), np.nan).astype(float)
