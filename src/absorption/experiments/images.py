"""Exact worlds whose hierarchies are read in one space and written in others, for transcoders, crosscoders and end-to-end SAEs.

A state has a parent with or without its child, in each of a few independent pairs. What is written of a parent and of a
child are their *images*; which images they have is what the kinds of worlds differ in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

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
"""Of a parent and its child, independent of each other."""


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
