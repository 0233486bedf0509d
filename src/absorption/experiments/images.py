"""Hierarchies that are read in one space and written in others: transcoders, crosscoders and end-to-end SAEs on exact worlds.

A state has a parent with or without its child, in each of a few independent pairs. What is written of a parent and of a
child are their *images*; which images they have is what the kinds of worlds differ in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.fits import fit
from absorption.experiments.starts import reading, start_at
from absorption.saes.losses.errors import Error
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.hierarchies import tree

Kind = Literal[
    "autoencoder", "transcoder", "inputs only", "outputs only", "crosscoder", "parent in one", "apart"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""`inputs only`: what is written of a child's states has nothing of the parent. `outputs only`: what is read has nothing.
`parent in one`: a crosscoder of two layers, in one of which the parent is not; `apart`: nor is the child in the other."""
WIDTH = 8
"""Dimensions of a space."""
PAIRS = 3
NOTHING = 1e-4
"""What rounding leaves of an activation; features have length 1."""
TENTH = 0.1
"""Of what a latent shows of its parent alone; below it, it is silent."""


@dataclass(frozen=True)
class Images:
    """Worlds of one kind, a world a seed. Features are parent, child, parent, child, …

    >>> worlds = images([0, 1], "parent in one")
    >>> worlds.x.shape, worlds.written.shape, worlds.spaces
    (torch.Size([2, 27, 16]), torch.Size([2, 6, 16]), (8, 8))
    """

    kind: Kind
    present: Float[Tensor, "state feature"]
    p: Float[Tensor, "world state"]
    read: Float[Tensor, "world feature d_in"]
    """What a feature adds to the input."""
    written: Float[Tensor, "world feature d_out"]
    """Its image: what it adds to what is to be reconstructed."""
    rest: Float[Tensor, "world d_out hidden"] | None = None
    """The first weights of what follows, where only its output counts (an end-to-end SAE)."""

    @property
    def x(self) -> Float[Tensor, "world state d_in"]:
        """The inputs."""
        return self.present @ self.read

    @property
    def y(self) -> Float[Tensor, "world state d_out"]:
        """What is to be reconstructed."""
        return self.present @ self.written

    @property
    def spaces(self) -> tuple[int, ...]:
        """The layers of a crosscoder."""
        return (WIDTH, WIDTH) if self.kind in ("crosscoder", "parent in one", "apart") else ()

    @property
    def transcodes(self) -> bool:
        """Whether what is written is not what is read."""
        return self.kind in ("transcoder", "inputs only", "outputs only")

    def followed(self, hidden: int = 32) -> "Images":
        """The same worlds, where what counts is a random layer of so many rectified units behind the reconstruction.

        >>> images([0], "autoencoder").followed().rest.shape
        torch.Size([1, 8, 32])
        """
        generator = torch.Generator().manual_seed(7)
        shape = (len(self.p), self.written.shape[-1], hidden)
        return replace(self, rest=torch.randn(shape, generator=generator) / hidden**0.5)


def images(seeds: Sequence[int], kind: Kind) -> Images:
    """A world a seed: three pairs, a parent in .2 to .4 of the states and its child in .2 to .6 of those, random orthogonal axes.

    >>> apart = images([0], "apart")
    >>> parent, child = apart.written[0, 0], apart.written[0, 1]
    >>> parent[8:].abs().max().item(), child[:8].abs().max().item()  # no layer has both
    (0.0, 0.0)

    Raises:
        ValueError: no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of images {kind!r}; known are {', '.join(KINDS)}.")
    drawn = [_world(seed, kind) for seed in seeds]
    p, read, written = (torch.stack(column) for column in list(zip(*drawn, strict=True))[1:])
    return Images(kind, drawn[0][0], p, read, written)


def _world(seed: int, kind: Kind) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Which features are present, with what probability, what is read and what is written of each."""
    generator = torch.Generator().manual_seed(seed)
    often = torch.rand(PAIRS, 2, generator=generator) * torch.tensor([0.2, 0.4]) + 0.2
    nodes: dict[str, tuple[str | None, float]] = {}
    for i, (parent, child) in enumerate(often.tolist()):
        nodes |= {f"parent {i}": (None, parent), f"child {i}": (f"parent {i}", child)}
    world = tree(nodes)
    order = [world.names.index(name) for name in nodes]
    first, second = (
        torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=generator))[0][: 2 * PAIRS] for _ in range(2)
    )
    nothing = torch.zeros_like(first)
    parents, children = torch.arange(2 * PAIRS)[:, None] % 2 == 0, torch.arange(2 * PAIRS)[:, None] % 2 == 1
    match kind:
        case "autoencoder":
            read = written = first
        case "transcoder":
            read, written = first, second
        case "inputs only":
            read, written = first, _exclusive(second)
        case "outputs only":
            read, written = _exclusive(first), second
        case "crosscoder":
            read = written = torch.cat([first, second], -1)
        case "parent in one":
            read = written = torch.cat([first, torch.where(parents, nothing, second)], -1)
        case _:
            halves = [torch.where(children, nothing, first), torch.where(parents, nothing, second)]
            read = written = torch.cat(halves, -1)
    return world.present[:, order], world.probabilities, read, written


def _exclusive(axes: Float[Tensor, "feature d"]) -> Float[Tensor, "feature d"]:
    """A child takes its parent's place: with both present only the child's axis is left."""
    changed = axes.clone()
    changed[1::2] -= axes[0::2]
    return changed


@dataclass(frozen=True)
class Translated:
    """What SAEs made of their worlds; `[world]` means over pairs."""

    holes: Float[Tensor, " world"]
    """Share of a child's appearances on which the parent's own latent is silent."""
    carried: Float[Tensor, " world"]
    """How much of the parent's image the child's own latent writes, per unit of the child's: δ."""
    best_f1: Float[Tensor, " world"]
    """Of the latent that tells the parent's presence best, whichever it is."""
    fvu: Float[Tensor, " world"]
    """Share of the variance of what counts that is left."""
    l0: Float[Tensor, " world"]


def translate(
    worlds: Images,
    recipe: Recipe,
    seed: int,
    *,
    noise: float | None = 0.02,
    steps: int = 3000,
    lr: float = 0.01,
    trained: bool = True,
) -> Translated:
    """One SAE a world with a latent a feature, and what it absorbed.

    >>> from absorption.saes.recipe import ReLU
    >>> recipe = Recipe(ReLU(), decoder="free", weighting="decoder_norm", sparsity=0.05)
    >>> found = translate(images([0], "transcoder"), recipe, seed=0, steps=1500)
    >>> found.holes.item() > 0.9, found.fvu.item() < 0.1
    (True, True)

    Args:
        worlds: What is read and written.
        recipe: Of the SAEs; it gets the spaces of the worlds, and needs a free or normalised decoder.
        seed: Of the noise, or of random weights.
        noise: Standard deviation about the truth, in units of the weights; None starts from random weights, and own latents
            are then those whose decoder rows are nearest to the images.
        steps, lr: As for `fit_population`.
        trained: Whether to train at all (a control).
    """
    n, d_in, d_out = len(worlds.p), worlds.x.shape[-1], worlds.y.shape[-1]
    recipe = replace(recipe, spaces=worlds.spaces)
    stack = SAEStack(
        recipe, d_in, 2 * PAIRS, [seed + i for i in range(n)], d_out=d_out if worlds.transcodes else None
    )
    if noise is not None:
        generator = torch.Generator().manual_seed(seed)
        start_at(stack, worlds.written, reading(worlds.read), noise=noise, generator=generator, unit=False)
    if trained:
        targets = worlds.y if worlds.transcodes else None
        fit(
            stack, worlds.x, worlds.p, f"{worlds.kind}, {n} worlds",
            steps=steps, lr=lr, decay=0.4, targets=targets, error=_behind(worlds),
        )  # fmt: skip
    return read_off(stack, worlds)


def _behind(worlds: Images) -> Error | None:
    """The squared error of what follows the reconstruction, or None."""
    rest = worlds.rest
    if rest is None:
        return None
    return lambda guess, target: ((guess @ rest).relu() - (target @ rest).relu()).square().sum(-1)


@torch.no_grad()
def read_off(stack: SAEStack, worlds: Images) -> Translated:
    """The measures of trained SAEs, one a world.

    >>> from absorption.saes.recipe import ReLU
    >>> worlds = images([0], "crosscoder")
    >>> recipe = Recipe(ReLU(), decoder="free", weighting="decoder_norm", spaces=worlds.spaces)
    >>> stack = SAEStack(recipe, 16, 6, seeds=[0])
    >>> start_at(stack, worlds.written, reading(worlds.read), unit=False)
    >>> truth = read_off(stack, worlds)
    >>> truth.holes.item(), round(truth.carried.item(), 3), round(truth.fvu.item(), 3), truth.best_f1.item()
    (0.0, 0.0, 0.0, 1.0)
    """
    z, guess, y, p = stack.encode(worlds.x), stack(worlds.x), worlds.y, worlds.p
    own = _own(stack.dictionary, worlds.written)
    of_own = z.gather(2, own[:, None].expand(-1, z.shape[1], -1))
    of_parent, has = of_own[..., 0::2], worlds.present
    alone = p[..., None] * (has[:, 0::2] > has[:, 1::2])
    with_child = p[..., None] * has[:, 1::2]
    usual = (of_parent * alone).sum(1) / alone.sum(1)
    silent = of_parent <= TENTH * usual[:, None]
    error = _behind(worlds) or (lambda guess, target: (guess - target).square().sum(-1))
    middle = ((y * p[..., None]).sum(1, keepdim=True)).expand_as(y)
    return Translated(
        holes=((silent * with_child).sum(1) / with_child.sum(1)).mean(-1),
        carried=_carried(stack.dictionary, own, worlds.written),
        best_f1=_best_f1(z > NOTHING, has[:, 0::2], p),
        fvu=(error(guess, y) * p).sum(-1) / (error(middle, y) * p).sum(-1),
        l0=((z > NOTHING).sum(-1) * p).sum(-1),
    )


def _own(
    dictionary: Float[Tensor, "world d_sae d_out"], written: Float[Tensor, "world feature d_out"]
) -> Tensor:
    """The latent of each feature, one to one, whose decoder row has the largest cosine with its image `[world feature]`."""
    from scipy.optimize import linear_sum_assignment

    rows, wanted = (torch.nn.functional.normalize(t, dim=-1) for t in (dictionary, written))
    cosines = (wanted @ rows.mT).numpy()
    return torch.stack([torch.from_numpy(linear_sum_assignment(-one)[1]) for one in cosines])


def _carried(dictionary: Tensor, own: Tensor, written: Tensor) -> Float[Tensor, " world"]:
    """Least-squares coordinates of the children's rows along all images: the parent's over the child's, mean over pairs."""
    rows = dictionary.gather(1, own[..., None].expand(-1, -1, dictionary.shape[-1]))
    coordinates = rows @ torch.linalg.pinv(written)  # [world feature feature]
    pair = torch.arange(0, 2 * PAIRS, 2)
    return (coordinates[:, pair + 1, pair] / coordinates[:, pair + 1, pair + 1]).mean(-1)


def _best_f1(fires: Tensor, parents: Tensor, p: Tensor) -> Float[Tensor, " world"]:
    """Of the best latent for each parent: 2·hits / (hits + misses + all that fires), mean over pairs."""
    weighted = fires * p[..., None]
    hits = weighted.mT @ parents
    total = weighted.sum(1)[..., None] + (p[..., None] * parents).sum(1)[:, None]
    return (2 * hits / total).amax(1).mean(-1)
