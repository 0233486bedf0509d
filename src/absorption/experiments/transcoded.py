"""Transcoders, crosscoders and end-to-end SAEs on worlds of images, and what is read off them."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.fits import fit
from absorption.experiments.images import PAIRS, Images
from absorption.experiments.starts import reading, start_at
from absorption.saes.losses.errors import Error
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

NOTHING = 1e-4
"""What rounding leaves of an activation; features have length 1."""
TENTH = 0.1
"""Of what a latent shows of its parent alone; below it, it is silent."""


@dataclass(frozen=True)
class Translated:
    """What SAEs made of their worlds; `[world]` means over pairs."""

    holes: Float[Tensor, " world"]
    """Share of a child's appearances on which the parent's own latent is silent."""
    carried: Float[Tensor, " world"]
    """How much of the parent's image the child's own latent writes, per unit of the child's: δ; not a number where none
    writes the child."""
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

    >>> from absorption.experiments.images import images
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

    >>> from absorption.experiments.images import images
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
    """Least-squares coordinates of the children's rows along all images: the parent's over the child's, mean over the pairs
    whose child's row has any of the child."""
    rows = dictionary.gather(1, own[..., None].expand(-1, -1, dictionary.shape[-1]))
    coordinates = rows @ torch.linalg.pinv(written)  # [world feature feature]
    pair = torch.arange(0, 2 * PAIRS, 2)
    of_child = coordinates[:, pair + 1, pair + 1]
    ratio = coordinates[:, pair + 1, pair] / of_child
    return ratio.where(of_child.abs() > NOTHING, torch.nan).nanmean(-1)


def _best_f1(fires: Tensor, parents: Tensor, p: Tensor) -> Float[Tensor, " world"]:
    """Of the best latent for each parent: 2·hits / (hits + misses + all that fires), mean over pairs."""
    weighted = fires * p[..., None]
    hits = weighted.mT @ parents
    total = weighted.sum(1)[..., None] + (p[..., None] * parents).sum(1)[:, None]
    return (2 * hits / total).amax(1).mean(-1)
