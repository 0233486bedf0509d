"""What a model loses without the latents that may stand for a word's letter: in place of silent main latents, beside weak ones, and as
sets of one latent a letter, compared with the probes' own directions."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.ablating import Inside, Silenced, as_near, without
from absorption.measures.halfspaces import shaped_like

WEAK = 0.5
"""Main latents fire weakly where they carry less than this share of what they carry on the letter's median word."""
SPARSER = 3
"""One in so many of the words is used for a null that only has to be small."""


@dataclass(frozen=True, eq=False)
class InPlace:
    """Of the margin lost on words whose main latents are silent, `[case]` each.

    `own`: without the latent that carries most along the letter's probe; `spared`: without it, but for its part along the probe;
    `random`: but for its part along a random direction at the same cosine; `alike`: without another active latent as large.
    """

    word: Int64[Tensor, " case"]
    latent: Int64[Tensor, " case"]
    own: Float[Tensor, " case"]
    spared: Float[Tensor, " case"]
    random: Float[Tensor, " case"]
    alike: Float[Tensor, " case"]

    @property
    def ahead(self) -> float:
        """How much more the latent costs than another as large, a word."""
        return float((self.own - self.alike).mean())

    def left(self, name: str) -> float:
        """Of the whole effect, what is left where a direction is spared (`spared` or `random`); 1 where there is no effect."""
        return float(getattr(self, name).sum() / self.own.sum()) if self.own.sum() > 0 else 1.0

    @classmethod
    def of(cls, inside: Inside, made: Silenced, generator: torch.Generator) -> "InPlace":
        """On the words on which all active latents were taken out, if any carries the letter at all."""
        asked, carrier = inside.asked, inside.carrier()
        word = made.ablated.nonzero()[:, 0]
        word = word[inside.carried.by_latent[word, carrier[word]] > 0]
        latent, probe = carrier[word], asked.directions[word]
        written = inside.written(word, latent)
        near = as_near(probe, written, asked.asking.x, generator)
        return cls(
            word,
            latent,
            made.lost_by(word, latent),
            asked.lost(word, -without(written, probe)),
            asked.lost(word, -without(written, near)),
            made.lost_by(word, inside.alike(word, latent)),
        )


@dataclass(frozen=True, eq=False)
class Partial:
    """Of the margin lost on words whose main latents fire weakly, `[case]` each: without these (`main`), without the other latent that
    carries most along the probe (`other`), without `both`, and without a latent as large as the other (`alike`)."""

    word: Int64[Tensor, " case"]
    main: Float[Tensor, " case"]
    other: Float[Tensor, " case"]
    both: Float[Tensor, " case"]
    alike: Float[Tensor, " case"]

    @property
    def lesser(self) -> float:
        """How much more than a latent as large the main ones cost, or the other if that is less; 0 where there is no such word."""
        return float(min(self.main.mean(), self.other.mean()) - self.alike.mean()) if len(self.word) else 0.0

    @property
    def beyond_sum(self) -> float:
        """How much more both cost than each alone, added; 0 where there is no such word."""
        return float((self.both - self.main - self.other).mean()) if len(self.word) else 0.0

    @classmethod
    def of(cls, inside: Inside) -> "Partial":
        """On all such words."""
        asked, word = inside.asked, cls.words(inside).nonzero()[:, 0]
        latent, main = inside.carrier()[word], inside.by_main()[word]
        return cls(
            word,
            asked.lost(word, -main),
            inside.lost(word, latent),
            asked.lost(word, -main - inside.written(word, latent)),
            inside.lost(word, inside.alike(word, latent)),
        )

    @staticmethod
    def words(inside: Inside) -> Bool[Tensor, " word"]:
        """Words on which main latents of the letter fire, but weakly, beside another latent along the letter's probe."""
        c, y = inside.carried, inside.asked.letters
        main = (c.by_latent * c.main).sum(1)
        fires, typical = main > 0, main.new_zeros(26)
        for letter in y[fires].unique():
            typical[letter] = main[fires & (y == letter)].median()
        beside = c.by_latent.gather(1, inside.carrier()[:, None])[:, 0] > 0
        return fires & beside & (main < WEAK * typical[y])


@dataclass(frozen=True, eq=False)
class Sets:
    """Of the margin lost on every judged word, `[word]` each.

    Without the letter's `best` latent, by F1 on training words; without the one that does most `by_cause` there; without `all_main`
    latents; and without the activation's part along the letter's `probe`. And, on fewer words, without another active latent as large as
    the best one (`alike`), and without the part along a `random` direction, shaped like the data.
    """

    best: Float[Tensor, " word"]
    by_cause: Float[Tensor, " word"]
    all_main: Float[Tensor, " word"]
    probe: Float[Tensor, " word"]
    alike: Float[Tensor, " case"]
    random: Float[Tensor, " case"]

    def share(self, name: str) -> float:
        """What a set of latents costs (`best`, `by_cause`, `all_main`), over what the probes' directions cost."""
        return float(getattr(self, name).sum() / self.probe.sum())

    @property
    def covered(self) -> float:
        """The same of the best latents, no word counted beyond what its direction costs, nor below nothing."""
        whole = self.probe.clamp(min=0)
        return float(torch.minimum(self.best.clamp(min=0), whole).sum() / whole.sum())

    @property
    def mediated(self) -> float:
        """Share of the words that lose by their direction which lose at least half as much by their best latent."""
        return float((self.best >= self.probe / 2)[self.probe > 0].float().mean())

    @classmethod
    def of(cls, inside: Inside, per_letter: int, generator: torch.Generator) -> "Sets":
        """`per_letter` training words of each letter choose the latent that does most."""
        asked, y, train = inside.asked, inside.asked.letters, inside.asked.task.split.train
        letters = asked.asking.words.letters
        rows = torch.cat([train[letters[train] == letter][:per_letter] for letter in range(26)])
        caused = inside.by_cause(rows, asked.gradients(rows))[y]
        best, every = inside.examined.main.latents[:, 0][y], torch.arange(len(y))
        by_best, some = inside.lost(every, best), every[::SPARSER]
        fires = every[inside.z[every, best] > 0][::SPARSER]
        return cls(
            by_best,
            _again(by_best, caused != best, lambda at: inside.lost(at, caused[at])),
            _again(by_best, _more_than(inside, best), lambda at: asked.lost(at, -inside.by_main()[at])),
            asked.lost(every, _part(asked.x, asked.directions)),
            inside.lost(fires, inside.alike(fires, best[fires])),
            asked.lost(some, _part(asked.x[some], shaped_like(asked.asking.x, len(some), generator))),
        )


def _again(
    known: Float[Tensor, " word"], anew: Bool[Tensor, " word"], lost: Callable[[Tensor], Tensor]
) -> Float[Tensor, " word"]:
    """What is known, measured anew on those words on which something else is taken out."""
    at = anew.nonzero()[:, 0]
    return known.index_copy(0, at, lost(at)) if len(at) else known


def _more_than(inside: Inside, best: Int64[Tensor, " word"]) -> Bool[Tensor, " word"]:
    """Where another main latent than the best one fires."""
    return (inside.carried.main & (inside.z > 0)).scatter(1, best[:, None], False).any(1)


def _part(
    x: Float[Tensor, "run d_model"], directions: Float[Tensor, "run d_model"]
) -> Float[Tensor, "run d_model"]:
    """What takes out the part along a direction."""
    return -(x * directions).sum(1, keepdim=True) * directions
