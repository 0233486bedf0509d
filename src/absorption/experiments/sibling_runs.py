"""SAEs trained on many small families at once, one for each world and pressure, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.architectures import ARCHITECTURES, recipe_of, swept
from absorption.experiments.fits import fit
from absorption.experiments.members import Members
from absorption.experiments.siblings import Families, Kind
from absorption.experiments.starts import reading, start_at
from absorption.measures.hierarchy import measure_pairs, own_latents, recall
from absorption.measures.jointly import absorbed_jointly
from absorption.runtime.parallel import in_parallel
from absorption.saes.stack import SAEStack

Start = Literal["truth", "random"]
"""Beside the truth, or random weights."""


@dataclass(frozen=True)
class FamilyRuns:
    """What became of every SAE; NaN where a feature has no latent."""

    share: Float[np.ndarray, "world setting child"]
    """Of the parent's magnitude, what the child's latent writes for each unit of its own child; δ where magnitudes are equal."""
    recall: Float[np.ndarray, "world setting child"]
    """How often the parent's latent fires where the child and its parent are present."""
    recall_single: Float[np.ndarray, "world setting child"]
    """The same where no sibling is present."""
    absorbed: Float[np.ndarray, "world setting child"]
    """How often, with both present, no latent of the parent's own fires and the others together write 0.4 of it."""
    by_one: Float[np.ndarray, "world setting child"]
    """The same if the parent has one latent only, and the child's alone has to write 0.4 of it."""
    l0: Float[np.ndarray, "world setting"]
    """Active latents an input."""
    one: Float[np.ndarray, "world setting"]
    """Share of the inputs with a child on which a single latent fires."""
    explained: Float[np.ndarray, "world setting"]
    """1 − FVU."""


def on_families(
    families: Families,
    name: str,
    pressure: Sequence[float] | np.ndarray,
    *,
    start: Start = "truth",
    spare: int = 0,
    encoder_bias: bool = False,
    noise: float = 0.05,
    seed: int = 0,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> FamilyRuns:
    """Train one SAE for each world and setting, beside the truth or from random weights.

    >>> from absorption.experiments.siblings import fixed
    >>> families = fixed("together", p_parent=[0.5], rates=[[0.3, 0.3]])
    >>> runs = on_families(families, "L1", [0.05], steps=300, lr=0.02)
    >>> np.float64(runs.recall).round(1).tolist(), runs.recall_single.round(1).tolist()
    ([[[0.7, 0.7]]], [[[1.0, 1.0]]])

    Args:
        families: The worlds.
        name: Of the architecture, as in `ARCHITECTURES`.
        pressure: λ or k of each setting, `[setting]`, or of each world and setting, `[world setting]`.
        start: Beside the truth (one latent for each feature) or random.
        spare: Latents beyond one for each feature; these start at random in any case.
        encoder_bias: Whether there is one.
        noise: Standard deviation added to every weight of a built start.
        seed: Of noise and random weights.
        steps, lr: Of training.
        device: Where to train.

    Raises:
        FloatingPointError: an SAE diverged.
    """
    n_worlds, n_features = len(families.worlds), families.n_children + 1
    asked = np.broadcast_to(np.asarray(pressure, dtype=float), (n_worlds, np.shape(pressure)[-1]))
    runs = Members(world=n_worlds, setting=asked.shape[1])
    seeds = range(seed * len(runs), (seed + 1) * len(runs))
    sweep = swept(name, asked.ravel().tolist())
    recipe = recipe_of(name, encoder_bias=encoder_bias)
    stack = SAEStack(recipe, n_features, n_features + spare, seeds, sweep, device)
    if start == "truth":
        _put_beside(stack, torch.eye(n_features), noise, torch.Generator().manual_seed(seed))
    x, p = runs.spread(families.x, "world"), runs.spread(families.p, "world")
    fit(stack, x, p, name, steps=steps, lr=lr)
    return _read(families, stack, runs)


def every_architecture(
    families: Mapping[Kind, Families],
    starts: Sequence[tuple[Kind, Start]],
    sparsity: float,
    spare: int,
    *,
    device: str = "cpu",
    **how: Any,
) -> dict[tuple[str, str, str], FamilyRuns]:
    """Every architecture from every start, by name, kind and start, pressed as `pressures` says.

    >>> from absorption.experiments.siblings import fixed
    >>> families = {"together": fixed("together", p_parent=[0.5], rates=[[0.3, 0.3]])}
    >>> runs = every_architecture(families, [("together", "random")], 0.1, spare=1, steps=2, lr=0.01)
    >>> len(runs), runs["TopK", "together", "random"].absorbed.shape
    (8, (1, 1, 2))

    Args:
        families: By kind, `together` among them.
        starts: Which kinds from which starts.
        sparsity: λ of those that have one.
        spare: Latents beyond one for each feature, in random starts.
        device: Where to train.
        how: `steps`, `lr` and `seed`, as for `on_families`.
    """

    def run(job: tuple[str, Kind, Start]) -> FamilyRuns:
        name, kind, start = job
        asked = pressures(
            name, families[kind], families["exclusive" if kind == "exclusive" else "together"], sparsity
        )
        more = spare if start == "random" else 0
        return on_families(families[kind], name, asked, start=start, spare=more, device=device, **how)

    jobs: list[tuple[str, Kind, Start]] = [(name, *at) for name in ARCHITECTURES for at in starts]
    return dict(zip(jobs, in_parallel(run, jobs, device), strict=True))


def pressures(name: str, families: Families, like: Families, sparsity: float) -> Float[np.ndarray, "world 1"]:
    """What presses each architecture, k or λ, so that all may save about as much.

    TopK and pursuit get as many latents as there are children, one where these are exclusive; BatchTopK the mean of the
    true L0 and of what complete absorption leaves; the others λ.

    >>> from absorption.experiments.siblings import fixed
    >>> together = fixed("together", p_parent=[0.5], rates=[[0.5, 0.5]])
    >>> [pressures(name, together, together, 0.1).round(2).tolist() for name in ("TopK", "BatchTopK", "L1")]
    [[[2.0]], [[0.81]], [[0.1]]]

    Args:
        name: As in `ARCHITECTURES`.
        families: That are trained on.
        like: Whose L0s count, for BatchTopK: strangers get what siblings get.
        sparsity: λ.
    """
    exclusive = bool((families.worlds[0].present[:, 1:].sum(1) <= 1).all())
    if name in ("TopK", "pursuit"):
        asked = np.full(len(families.worlds), 1.0 if exclusive else float(families.n_children))
    elif name == "BatchTopK":
        asked = (like.true_l0 + like.least_l0) / 2 + 1e-3  # a little more, for rounding
    else:
        asked = np.full(len(families.worlds), sparsity)
    return asked[:, None]


def _put_beside(stack: SAEStack, features: Tensor, noise: float, generator: torch.Generator) -> None:
    """The first latents beside the truth; spare ones keep their random weights."""
    n = len(features)
    W_dec, W_enc = stack.W_dec.detach().cpu().clone(), stack.W_enc.detach().cpu().clone()
    shape = (len(stack), n, n)
    W_dec[:, :n] = features + noise * torch.randn(shape, generator=generator)
    W_enc[..., :n] = reading(features) + noise * torch.randn(shape, generator=generator)
    start_at(stack, W_dec, W_enc)


def _read(families: Families, stack: SAEStack, runs: Members) -> FamilyRuns:
    """All measures. Activations are taken in units of each world's parent, whose magnitude is then 1 everywhere."""
    x, p, strengths = (runs.spread(part, "world") for part in (families.x, families.p, families.strengths))
    z, dictionary, W_enc = (
        part.detach().cpu() for part in (stack.encode(x.to(stack.W_dec)), stack.dictionary, stack.W_enc)
    )
    features, present = families.worlds[0].features, families.worlds[0].present
    parents = list(families.parents)
    pairs = [(parent, child) for child, parent in enumerate(parents, start=1)]
    relative = z / strengths[:, None, :1]
    found = measure_pairs(relative, W_enc, dictionary, features, present, p, pairs)
    of_parent = own_latents(dictionary, features)[:, parents]
    fires = (z > 0).float().sum(-1)
    with_child = p * (families.with_parent.sum(1) > 0)
    left = ((z @ dictionary - x).square().sum(-1) * p).sum(-1)
    spread = ((x - (p[:, None] @ x)).square().sum(-1) * p).sum(-1)
    measures = dict(
        share=found.delta * strengths[:, 1:] / strengths[:, parents],
        recall=recall(z, of_parent, families.with_parent, p),
        recall_single=recall(z, of_parent, families.single, p),
        absorbed=absorbed_jointly(relative, dictionary, features, present, p, pairs),
        by_one=found.absorbed,
        l0=(fires * p).sum(-1),
        one=((fires == 1) * with_child).sum(-1) / with_child.sum(-1),
        explained=1 - left / spread,
    )
    return FamilyRuns(**{name: runs.shaped(values) for name, values in measures.items()})
