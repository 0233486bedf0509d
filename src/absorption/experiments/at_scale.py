"""SAEs on a large world of trees with fewer latents than features, and what became of every parent and child there.

An SAE of this size stands for some features and not for others. A feature is *found* if a latent of its own points its way,
as far as the rest of that latent is one of the feature's ancestors (which is what an absorbing latent writes). A parent
counts as absorbed where its child is present, its own latent is silent, and a latent of the child or of one of the child's
descendants writes at least 0.4 of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy import ndarray
from torch import Tensor

from absorption.experiments.large_worlds import LEAST, Sample, explained, settle
from absorption.measures.hierarchy import CARRIED, own_latents
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack

OWN, SPANNED = 0.5, 0.8
"""Of a found feature's latent: least cosine with the feature, and least part within the feature and its ancestors."""

_PLAIN = Recipe(BatchTopK(1, threshold_rate=0.03))
RECIPES = MappingProxyType({"plain": _PLAIN, "tied": replace(_PLAIN, tied=True)})
"""By name; k is filled in by `recipe_of`."""


def recipe_of(name: str, k: float) -> Recipe:
    """A recipe at a mean L0 of k.

    >>> recipe_of("plain", k=2.5).k
    2.5

    Args:
        name: A key of `RECIPES`.
        k: Latents that fire on an input, on average.
    """
    made = RECIPES[name]
    return replace(made, activation=replace(made.activation, k=k))


def trained(
    sample: Sample,
    recipe: Recipe,
    d_sae: int,
    *,
    samples: int,
    batch_size: int,
    lr: float,
    seed: int,
    device: str = "cpu",
) -> SAEStack:
    """A stack of one SAE from random weights; each input is met `samples / n_train` times, in the same order.

    >>> from absorption.experiments.large_worlds import drawn
    >>> sample = drawn(seed=0, n_features=50, d_in=16, roots=2, exclusive=True, n_train=64, n_judged=32)
    >>> len(trained(sample, recipe_of("plain", 2), 8, samples=128, batch_size=32, lr=1e-3, seed=0))
    1

    Raises:
        ValueError: fewer samples than one batch.
    """
    steps, batches = samples // batch_size, sample.x.to(device).split(batch_size)
    stack = SAEStack(recipe, sample.x.shape[1], d_sae, [seed], device=device)
    stream = [batches[step % len(batches)] for step in range(steps)]
    fit_batches(stack, stream, lr=lr, decay=0.3, quiet=True)
    settle(stack, sample)
    return stack


class Setting(NamedTuple):
    """Which SAE: a key of `RECIPES`, its latents, its k, and how many samples it sees."""

    name: str
    d_sae: int
    k: float
    samples: int


@dataclass(frozen=True)
class Look:
    """What became of every pair, and how good the SAE is; NaN where a pair is not judged or has no latents."""

    absorbed: Float[ndarray, " pair"]
    """Share of the child's appearances in which the parent is absorbed; 0 where the child has no latent to absorb it."""
    silent: Float[ndarray, " pair"]
    """Share of them in which the parent's own latent is silent, whoever writes it."""
    delta: Float[ndarray, " pair"]
    """What the child's latent writes of the parent for each unit of the child, magnitudes being 1 on average."""
    both: Bool[ndarray, " pair"]
    """Whether the child is found as well as the parent."""
    strangers: Float[ndarray, " pair"]
    """Appearances of a stranger beside the parent that count as absorbed. `met`: appearances in all."""
    met: Float[ndarray, " pair"]
    explained: float
    l0: float
    dead: float
    """Share of the latents that fire on no judged input."""
    cosine: float
    """Mean over latents of the cosine with the feature whose own they are (MCC over the latents that there are)."""
    precise: float
    """Of the firings of found roots' latents, how many are where the root is present."""
    alone: float
    """How often found roots' latents fire where the root is present without a child."""
    roots: float
    """Share of the roots that are found."""

    @property
    def pairs(self) -> Bool[ndarray, " pair"]:
        """Which are judged: the parent is found, and the child appears often enough."""
        return np.isfinite(self.absorbed)


@torch.no_grad()
def looked(sample: Sample, stack: SAEStack) -> Look:
    """Judge a stack of one SAE. Where no root is found, what is said of their latents is not a number.

    >>> from absorption.experiments.large_worlds import drawn, true_stack
    >>> sample = drawn(seed=0, n_features=50, d_in=64, roots=2, exclusive=True, n_train=64, n_judged=500)
    >>> one = looked(sample, true_stack(sample, 42))
    >>> float(np.nanmax(one.absorbed)), one.roots
    (0.0, 1.0)
    """
    z = stack.encode(sample.judged.to(stack.W_dec))
    rebuilt = explained(stack.decode(z)[0].cpu(), sample.judged)
    return looked_at(sample, z[0].cpu(), stack.dictionary[0].cpu(), rebuilt)


def looked_at(
    sample: Sample, z: Float[Tensor, "input d_sae"], dictionary: Float[Tensor, "d_sae d_in"], rebuilt: float
) -> Look:
    """The same from codes and a dictionary, such as an oracle's.

    >>> from absorption.experiments.large_worlds import absorbing_codes, drawn
    >>> sample = drawn(seed=0, n_features=50, d_in=64, roots=2, exclusive=True, n_train=64, n_judged=500)
    >>> one = looked_at(sample, *absorbing_codes(sample), rebuilt=1.0)
    >>> round(float(np.nanmean(one.absorbed)), 1), one.alone
    (1.0, 1.0)
    """
    features, present = sample.world.features, sample.magnitudes > 0
    own, found = found_latents(dictionary, features, sample.ancestors)
    on, writes = z.numpy(), (dictionary @ features.T).numpy()
    pairs = sample.world.pairs

    def missed(parent: int, child: int) -> tuple[ndarray, ndarray]:
        """On the inputs with both: whether the parent's latent is silent, and whether one of the child's writes it."""
        rows = sample.rows[child]
        rows = rows[present[rows, parent]]
        by = [own[one] for one in sample.subtrees[child] if own[one] >= 0]
        most = (on[np.ix_(rows, by)] * writes[by, parent]).max(1, initial=0.0)
        return on[rows, own[parent]] <= 0, most >= CARRIED * sample.magnitudes[rows, parent]

    absorbed, silent, strange, met = (np.full(len(pairs), np.nan) for _ in range(4))
    for i, ((parent, child), (_, stranger)) in enumerate(zip(pairs, sample.strangers, strict=True)):
        if not found[parent] or len(sample.rows[child]) < LEAST:
            continue
        is_silent, written = missed(parent, child)
        absorbed[i], silent[i] = (is_silent & written).mean(), is_silent.mean()
        is_silent, written = missed(parent, stranger)
        strange[i], met[i] = (is_silent & written).sum(), len(written)
    both = np.array([found[child] for _, child in pairs]) & np.isfinite(absorbed)
    fired = on > 0
    roots = [i for i in range(len(own)) if not sample.ancestors[i] and len(sample.subtrees[i]) > 1]
    at = [root for root in roots if found[root]]
    fires, there = fired[:, own[at]], present[:, at]
    childless = there.copy()
    for i, root in enumerate(at):
        childless[:, i] &= sample.without_child[root]
    has = own >= 0
    unit = torch.nn.functional.normalize(dictionary, dim=-1).numpy()
    return Look(
        absorbed,
        silent,
        _deltas(sample, dictionary, own, both),
        both,
        strange,
        met,
        rebuilt,
        l0=float(fired.sum(1).mean()),
        dead=float((~fired.any(0)).mean()),
        cosine=float((unit[own[has]] * features.numpy()[has]).sum(1).mean()),
        precise=_share(fires & there, fires),
        alone=_share(fires & childless, childless),
        roots=len(at) / len(roots),
    )


def found_latents(
    dictionary: Float[Tensor, "d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    ancestors: Sequence[Sequence[int]],
) -> tuple[Int64[ndarray, " feature"], Bool[ndarray, " feature"]]:
    """Each feature's own latent (−1: none) in the best one-to-one match, and whether the feature is found by it.

    >>> import torch
    >>> rows = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])  # a parent, and a child that has absorbed it
    >>> own, found = found_latents(rows, torch.eye(3), ancestors=[[], [0], []])
    >>> own.tolist(), found.tolist()
    ([0, 1, -1], [True, True, False])
    """
    own = own_latents(dictionary[None], features)[0].cpu().numpy()
    unit, directions = torch.nn.functional.normalize(dictionary, dim=-1).numpy(), features.numpy()
    found = np.zeros(len(own), dtype=bool)
    for feature, latent in enumerate(own):
        if latent >= 0 and unit[latent] @ directions[feature] >= OWN:
            span, _ = np.linalg.qr(directions[[feature, *ancestors[feature]]].T)
            found[feature] = np.linalg.norm(unit[latent] @ span) >= SPANNED
    return own, found


def _deltas(
    sample: Sample, dictionary: Tensor, own: Int64[ndarray, " feature"], pairs: Bool[ndarray, " pair"]
) -> Float[ndarray, " pair"]:
    """Coordinates in the basis of each child with its ancestors, by least squares; NaN for other pairs than these."""
    rows, directions, found = dictionary.numpy(), sample.world.features.numpy(), np.full(len(pairs), np.nan)
    for at in np.flatnonzero(pairs):
        _, child = sample.world.pairs[at]
        basis = directions[[child, *sample.ancestors[child]]].T
        of_child, of_parent, *_ = np.linalg.lstsq(basis, rows[own[child]], rcond=None)[0]
        found[at] = of_parent / of_child if of_child > 0 else np.nan
    return found


def _share(these: Bool[ndarray, "input root"], of: Bool[ndarray, "input root"]) -> float:
    return float(these.sum() / of.sum()) if of.any() else float("nan")
