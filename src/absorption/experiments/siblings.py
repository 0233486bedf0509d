"""Many small worlds with one parent and its children: present together, exclusive, or unrelated to the parent.

Rates and magnitudes are drawn for each world, and the same worlds come in every kind. States are finite, so the expected
loss is exact; all worlds of a kind are trained as one stack, each at several pressures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.architectures import recipe_of, swept
from absorption.experiments.fits import fit
from absorption.experiments.members import Members
from absorption.experiments.starts import reading, start_at
from absorption.measures.hierarchy import measure_pairs, own_latents, recall
from absorption.saes.stack import SAEStack
from absorption.worlds.hierarchies import tree
from absorption.worlds.population import Population

Kind = Literal["together", "exclusive", "unrelated"]
"""Children given their parent: independent of each other; at most one; or present as often, with or without the parent."""


@dataclass(frozen=True)
class Families:
    """Worlds of one kind, with the same states but rates and magnitudes of their own.

    >>> families = fixed("together", p_parent=[0.5], rates=[[0.25, 0.5]])
    >>> families.n_children, families.x.shape, families.rates.tolist()
    (2, torch.Size([1, 5, 3]), [[0.25, 0.5]])
    """

    worlds: tuple[Population, ...]
    """Feature 0 is the parent, the others are its children."""
    rates: Float[np.ndarray, "world child"]
    """Of each child, given its parent."""
    parents: tuple[int, ...]
    """Number of the feature whose child each one is: 0, but for a grandchild."""

    @property
    def n_children(self) -> int:
        """How many children there are, a grandchild included."""
        return self.rates.shape[1]

    @property
    def x(self) -> Float[Tensor, "world state d_in"]:
        """The activations of each world."""
        return torch.stack([world.activations for world in self.worlds])

    @property
    def p(self) -> Float[Tensor, "world state"]:
        """Their probabilities."""
        return torch.stack([world.probabilities for world in self.worlds])

    @property
    def strengths(self) -> Float[Tensor, "world feature"]:
        """The magnitude of each feature."""
        return torch.stack([world.magnitudes.amax(0) for world in self.worlds])

    @property
    def with_parent(self) -> Float[Tensor, "state child"]:
        """1 where a child and its parent are present."""
        present = self.worlds[0].present
        return present[:, 1:] * present[:, list(self.parents)]

    @property
    def single(self) -> Float[Tensor, "state child"]:
        """1 where, besides, none of its siblings is."""
        siblings = torch.tensor([[float(a == b) for b in self.parents] for a in self.parents])
        return self.with_parent * (self.worlds[0].present[:, 1:] @ siblings == 1)

    @property
    def least_l0(self) -> np.ndarray:
        """`[world]`: active latents where children do without their parent's: one for a lone parent, one for each child."""
        present = self.worlds[0].present
        n = torch.where(present[:, 1:].sum(1) > 0, present[:, 1:].sum(1), present[:, 0])
        return (self.p @ n).numpy()

    @property
    def true_l0(self) -> np.ndarray:
        """`[world]`: features present, on average."""
        return np.array([world.true_l0 for world in self.worlds])


def fixed(
    kind: Kind,
    p_parent: Sequence[float] | np.ndarray,
    rates: Sequence[Sequence[float]] | np.ndarray,
    magnitudes: np.ndarray | None = None,
    *,
    grandchild: bool = False,
) -> Families:
    """Worlds at given values, one a row.

    >>> [round(float(f.worlds[0].true_l0), 2) for f in (fixed(kind, [0.5], [[0.2, 0.4]]) for kind in KINDS)]
    [0.8, 0.8, 0.8]

    Args:
        kind: How children relate to their parent and to each other.
        p_parent: `[world]`. rates: `[world child]`, given the parent.
        magnitudes: `[world feature]`, the parent first; 1 by default. A feature is always equally strong.
        grandchild: Make the last one the first one's child.

    Raises:
        ValueError: exclusive children whose rates sum to more than 1.
    """
    rates = np.asarray(rates, dtype=float)
    parents = tuple(int(grandchild and i > 0 and i == rates.shape[1] - 1) for i in range(rates.shape[1]))
    worlds = []
    for at, (p, of_children) in enumerate(zip(np.asarray(p_parent).tolist(), rates.tolist(), strict=True)):
        nodes: dict[str, tuple[str | None, float]] = {"0": (None, p)}
        for i, q in enumerate(of_children):
            nodes[str(i + 1)] = (None, p * q) if kind == "unrelated" else (str(parents[i]), q)
        world = tree(nodes, exclusive=kind == "exclusive")
        strength = 1.0 if magnitudes is None else torch.as_tensor(magnitudes[at], dtype=torch.float32)
        worlds.append(replace(world, magnitudes=world.present * strength))
    return Families(tuple(worlds), rates, parents)


KINDS: tuple[Kind, ...] = ("together", "exclusive", "unrelated")


def drawn(
    kind: Kind,
    n_worlds: int,
    n_children: int,
    seed: int,
    *,
    parent: tuple[float, float],
    rate: tuple[float, float],
    magnitude: tuple[float, float],
) -> Families:
    """Worlds at random values, the same ones for every kind: rates uniform in the logarithm, the rest uniform.

    >>> one, other = (drawn(kind, 2, 3, seed=0, parent=(0.2, 0.5), rate=(0.1, 0.3), magnitude=(0.8, 1.2)) for kind in KINDS[:2])
    >>> bool((one.rates == other.rates).all()), one.x.shape[1], other.x.shape[1]  # states
    (True, 9, 5)

    Args:
        kind: How children relate.
        n_worlds, n_children, seed: How many, and of which draw.
        parent, rate, magnitude: Ranges: of the parent's probability, of a child's given the parent, of all magnitudes.
    """
    rng = np.random.default_rng([seed, n_children])
    p = rng.uniform(parent[0], parent[1], n_worlds)
    rates = np.exp(rng.uniform(np.log(rate[0]), np.log(rate[1]), (n_worlds, n_children)))
    return fixed(kind, p, rates, rng.uniform(magnitude[0], magnitude[1], (n_worlds, n_children + 1)))


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
    """How often, with both present, the parent's latent is silent and the child's writes 0.4 of the parent."""
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
    start: Literal["truth", "random"] = "truth",
    spare: int = 0,
    encoder_bias: bool = False,
    noise: float = 0.05,
    seed: int = 0,
    steps: int,
    lr: float,
    device: str = "cpu",
) -> FamilyRuns:
    """Train one SAE for each world and setting, beside the truth or from random weights.

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
        absorbed=found.absorbed,
        l0=(fires * p).sum(-1),
        one=((fires == 1) * with_child).sum(-1) / with_child.sum(-1),
        explained=1 - left / spread,
    )
    return FamilyRuns(**{name: runs.shaped(values) for name, values in measures.items()})
