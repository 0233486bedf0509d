"""What a model loses without the latent that carries most along a direction: where the direction's own latents are silent, where they
fire, along directions that mean nothing, and where absorption was planted."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.ablating import Inside, as_near, without
from absorption.measures.absorption import MainLatents, carried, main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.halfspaces import furthest, matched_half_spaces

K_MAX = 10
"""Main latents of a half-space, at most: as many as of a letter."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where a latent is to be looked for: a judged `word [case]`, a `direction [case d_model]` of length one, and the latents that stand
    for it, `main [case d_sae]`, which are not looked at.

    >>> places = Places(torch.tensor([4, 7]), torch.eye(2), torch.zeros(2, 3) > 0)
    >>> len(places), places.at(torch.tensor([False, True])).word.tolist()
    (2, [7])
    """

    word: Int64[Tensor, " case"]
    direction: Float[Tensor, "case d_model"]
    main: Bool[Tensor, "case d_sae"]

    def __len__(self) -> int:
        """How many."""
        return len(self.word)

    def at(self, which: Bool[Tensor, " case"]) -> "Places":
        """Some of them."""
        return Places(self.word[which], self.direction[which], self.main[which])

    @classmethod
    def of_letters(cls, inside: Inside, word: Int64[Tensor, " case"]) -> "Places":
        """Words, by their own letters."""
        return cls(word, inside.asked.directions[word], inside.carried.main[word])

    @classmethod
    def of_half_spaces(
        cls, inside: Inside, known: Bool[Tensor, " letter"], most: int, generator: torch.Generator
    ) -> "Places":
        """`most` words at most of each of some half-spaces, one a known letter, on which the half-space's main latents are silent.

        Each is tilted away from a live latent until that latent tells it as well as the letter's best latent tells the letter; its main
        latents are chosen as a letter's are. The main latents of the word's letter are not looked at either.
        """
        asking, task, main = inside.asked.asking, inside.asked.task, inside.examined.main
        if not known.any():
            return cls.of_letters(inside, torch.zeros(0, dtype=torch.int64))
        z, sizes = ActiveLatents.of(inside.whole), asking.words.letters.bincount(minlength=len(known))
        tilted = matched_half_spaces(
            asking.x, z, inside.dictionary, task.split.train, sizes[known], main.f1_by_k[0, known], 1, main.mask.any(0), generator
        )  # fmt: skip
        if not len(tilted.direction):
            return cls.of_letters(inside, torch.zeros(0, dtype=torch.int64))
        holds = furthest(asking.x @ tilted.direction.T, sizes[known][tilted.of_label])
        own = main_latents(z.rows(task.split.train), holds[task.split.train], holds.shape[1], k_max=K_MAX)
        return _of_each(inside, holds[inside.asked.rows], tilted.direction, own, most)


def _of_each(
    inside: Inside,
    holds: Bool[Tensor, "word half_space"],
    directions: Float[Tensor, "half_space d_model"],
    main: MainLatents,
    most: int,
) -> Places:
    fires = (inside.z > 0).float() @ main.mask.float().T > 0
    column, word = (holds & ~fires).T.nonzero(as_tuple=True)
    chosen = first_of_each(column, torch.full((holds.shape[1],), most))
    column, word = column[chosen], word[chosen]
    unit = torch.nn.functional.normalize(directions, dim=1)
    return Places(word, unit[column], main.mask[column] | inside.carried.main[word])


def first_of_each(group: Int64[Tensor, " row"], most: Int64[Tensor, " group"]) -> Int64[Tensor, " chosen"]:
    """Rows, in rising order: of each group the first ones, as many as it is allowed.

    >>> first_of_each(torch.tensor([1, 0, 1, 1]), most=torch.tensor([5, 2])).tolist()
    [0, 1, 2]
    """
    before = torch.nn.functional.one_hot(group, len(most)).cumsum(0) - 1
    return (before.gather(1, group[:, None])[:, 0] < most[group]).nonzero()[:, 0]


def mean_lost(lost: Float[Tensor, " case"]) -> float:
    """A word; 0 without words.

    >>> mean_lost(torch.tensor([0.5, 1.5])), mean_lost(torch.zeros(0))
    (1.0, 0.0)
    """
    return float(lost.mean()) if len(lost) else 0.0


@dataclass(frozen=True, eq=False)
class InPlace:
    """Of the margin lost, `[case]` each.

    `own`: without the latent that carries most along the direction; `spared`: without it, but for its part along the direction;
    `random`: but for its part along a random direction at the same cosine; `alike`: without another active latent as large. `spared` and
    `random` are empty where they were not asked for.
    """

    word: Int64[Tensor, " case"]
    latent: Int64[Tensor, " case"]
    own: Float[Tensor, " case"]
    alike: Float[Tensor, " case"]
    spared: Float[Tensor, " sparing"]
    random: Float[Tensor, " sparing"]

    @property
    def ahead(self) -> float:
        """How much more the latent costs than another as large, a word; 0 without words."""
        return mean_lost(self.own - self.alike)

    def left(self, name: str) -> float:
        """Of the whole effect, what is left where a direction is spared (`spared` or `random`); 1 where there is no effect."""
        return float(getattr(self, name).sum() / self.own.sum()) if self.own.sum() > 0 else 1.0

    def on(self, words: Bool[Tensor, " word"]) -> "InPlace":
        """On some of the words alone."""
        kept = words[self.word]
        spared, random = (each[kept] if len(each) else each for each in (self.spared, self.random))
        return InPlace(self.word[kept], self.latent[kept], self.own[kept], self.alike[kept], spared, random)

    @classmethod
    def of(cls, inside: Inside, places: Places, generator: torch.Generator | None = None) -> "InPlace":
        """Where any latent carries some of the direction; directions are spared only if there is a generator, which draws the random ones."""
        latent = carriers(inside, places)
        places, latent = places.at(latent >= 0), latent[latent >= 0]
        word, asked, written = places.word, inside.asked, inside.written(places.word, latent)
        own, alike = asked.lost(word, -written), inside.lost(word, as_large(inside, places, latent))
        if generator is None:
            return cls(word, latent, own, alike, own[:0], own[:0])
        near = as_near(places.direction, written, asked.asking.x, generator)
        spared, random = (asked.lost(word, -without(written, each)) for each in (places.direction, near))
        return cls(word, latent, own, alike, spared, random)


def carriers(inside: Inside, places: Places) -> Int64[Tensor, " case"]:
    """The latent that carries most along the direction and does not stand for it; -1 where none carries anything."""
    along = inside.z[places.word] * (places.direction @ inside.dictionary.T)
    most, latent = along.where(~places.main, -torch.inf).max(1)
    return latent.where(most > 0, -1)


def as_large(inside: Inside, places: Places, latent: Int64[Tensor, " case"]) -> Int64[Tensor, " case"]:
    """Another latent, active on the word and none that stands for the direction, which writes about as much: the next in length."""
    sizes = inside.z[places.word] * inside.dictionary.norm(dim=1)
    own = sizes.gather(1, latent[:, None])
    away = (sizes.clamp(min=1e-9).log() - own.clamp(min=1e-9).log()).abs()
    may = (sizes > 0) & ~places.main
    may.scatter_(1, latent[:, None], False)
    return away.where(may, torch.inf).argmin(1)


def planted(inside: Inside, word: Int64[Tensor, " case"]) -> Inside:
    """The SAE with absorption planted on words on which main latents fire: textbook absorption, word by word.

    On each of them the main latents are silent. A new latent, which fires nowhere else, writes what they wrote beside what the loudest
    other latent wrote, which is silent now, too. So the word is reconstructed as before.
    """
    z, main = inside.z, inside.carried.main
    loudest = (z * inside.dictionary.norm(dim=1)).where(~main, -torch.inf).argmax(1)
    taken = main.scatter(1, loudest[:, None], True)[word]
    rows = (z[word] * taken) @ inside.dictionary
    changed = torch.cat([z, z.new_zeros(len(z), len(word))], dim=1)
    changed[word, : z.shape[1]] = z[word].where(~taken, 0.0)
    changed[word, z.shape[1] + torch.arange(len(word))] = 1.0
    dictionary = torch.cat([inside.dictionary, rows])
    of_letters = inside.examined.main.mask
    mask = torch.cat([of_letters, of_letters.new_zeros(len(of_letters), len(word))], dim=1)
    asked = inside.asked
    c = carried(asked.x, changed, dictionary, asked.task.probe.weight, asked.letters, mask)
    return replace(inside, z=changed, dictionary=dictionary, carried=c)
