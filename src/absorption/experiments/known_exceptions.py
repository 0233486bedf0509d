"""The question asked of language models' SAEs, asked where the answer is known: trained SAEs of a world of letters and animals.

Every word has a letter and, more weakly, one of some things beside; every second is an animal of its letter's. All directions are drawn at
random. With fewer active latents a word than letters and animals need, it pays to absorb the letter into the animals; whether it is the animal
that silences the letter's latent is then known by taking it out of the word.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.table import Table
from absorption.experiments.controls import with_l0
from absorption.experiments.exempted import why_silent
from absorption.experiments.silence import Readers, Spelled
from absorption.saes.recipe import BatchTopK, Recipe

LETTERS, ANIMALS, BESIDE = 4, 10, 8
"""Ten animals a letter: with fewer, an animal's latent would tell the letter well enough to be a main one itself."""
D_IN, N, EVERY, WEAK, NOISE = 48, 4800, 2, 0.5, 0.03
D_SAE, K = LETTERS * (1 + ANIMALS) + BESIDE, 1.5


@dataclass(frozen=True, eq=False)
class World:
    """Words `x [word d_in]`, their `letter`, which animal each is or would be `[word]`, and which are `animals`.

    >>> world = World.of(seed=0)
    >>> world.x.shape, round(float(world.animals.float().mean()), 2), world.child.shape
    (torch.Size([4800, 48]), 0.5, torch.Size([4800, 48]))
    """

    x: Float[Tensor, "word d_in"]
    letter: Int64[Tensor, " word"]
    child: Float[Tensor, "word d_in"]
    """What of each word is its animal; nothing where it is none."""

    @property
    def animals(self) -> Bool[Tensor, " word"]:
        """Which words are animals."""
        return self.child.abs().sum(1) > 0

    @classmethod
    def of(cls, seed: int) -> "World":
        """Drawn with a seed."""
        generator = torch.Generator().manual_seed(seed)
        directions = torch.nn.functional.normalize(torch.randn(D_SAE, D_IN, generator=generator), dim=1)
        at = torch.arange(N)
        letter, animal = at % LETTERS, (at // LETTERS) % EVERY == 0
        which = LETTERS + letter * ANIMALS + (at // (EVERY * LETTERS)) % ANIMALS
        beside = torch.randint(D_SAE - BESIDE, D_SAE, (N,), generator=generator)
        child = animal[:, None] * directions[which]
        x = directions[letter] + child + WEAK * directions[beside]
        return cls(x + NOISE * torch.randn(x.shape, generator=generator), letter, child)


def known(seed: int, samples: int = 300_000) -> dict[str, Tensor]:
    """What `why_silent` says of one trained SAE, and `knows [pair]`: whether the latent fires on the absorbed word without its animal.

    >>> found = known(seed=0, samples=2048)
    >>> found["knows"].shape == found["short"].shape
    True

    Args:
        seed: Of the world, and of the SAE. samples: activations that it is trained on.
    """
    world = World.of(seed)
    x = world.x - world.x.mean(0)
    fit = Fit(Recipe(BatchTopK(K)), D_SAE, seed, Schedule(samples, 512))
    stack, _ = fit.to(Table(x), "an SAE of a known world")
    r = Readers.of(with_l0(stack, Table(x), K), Spelled.of(x, world.letter, seed, LETTERS))
    pairs = r.absorbed
    without = r.pre[pairs] - (r.encoder[r.label[pairs]] * world.child[r.word[pairs]]).sum(1)
    found = why_silent(r, torch.full((len(x),), 1 / len(x)), seed)
    return found | {"knows": (without > r.threshold).float()}
