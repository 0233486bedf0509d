"""What a model loses without the latents that may stand for a word's letter: weak ones beside others, and sets of one latent a letter,
compared with the probes' own directions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.ablating import Inside
from absorption.experiments.in_place import Places, as_large, carriers
from absorption.measures.halfspaces import shaped_like

WEAK = 0.5
"""Main latents fire weakly where they carry less than this share of what they carry on the letter's median word."""
SPARSER = 3
"""One in so many of the words is used for a null that only has to be small."""


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
    def of(cls, inside: Inside, among: Bool[Tensor, " word"]) -> "Partial":
        """On all such words among some."""
        word = (weak_words(inside) & among).nonzero()[:, 0]
        places = Places.of_letters(inside, word)
        latent, main, asked = carriers(inside, places), inside.by_main()[word], inside.asked
        return cls(
            word,
            asked.lost(word, -main),
            inside.lost(word, latent),
            asked.lost(word, -main - inside.written(word, latent)),
            inside.lost(word, as_large(inside, places, latent)),
        )


def weak_words(inside: Inside) -> Bool[Tensor, " word"]:
    """Words on which main latents of the letter fire, but weakly, beside another latent along the letter's probe."""
    c, y = inside.carried, inside.asked.letters
    main = (c.by_latent * c.main).sum(1)
    fires, typical = main > 0, main.new_zeros(26)
    for letter in y[fires].unique():
        typical[letter] = main[fires & (y == letter)].median()
    beside = carriers(inside, Places.of_letters(inside, torch.arange(len(y)))) >= 0
    return fires & beside & (main < WEAK * typical[y])


@dataclass(frozen=True, eq=False)
class Sets:
    """Of the margin lost on judged words, `[word]` each.

    Without the letter's `best` latent, by F1 on training words; without the one that is `nearest` to doing what the probe's direction
    does, by what it writes there; without `all_main` latents; and without the activation's part along the letter's `probe`. And, on
    fewer words, without another active latent as large as the best one (`alike`), and without the part along a `random` direction,
    shaped like the data.
    """

    word: Int64[Tensor, " word"]
    best: Float[Tensor, " word"]
    nearest: Float[Tensor, " word"]
    all_main: Float[Tensor, " word"]
    probe: Float[Tensor, " word"]
    alike: Float[Tensor, " case"]
    random: Float[Tensor, " case"]

    def share(self, name: str) -> float:
        """What a set of latents costs (`best`, `nearest`, `all_main`), over what the probes' directions cost."""
        return float(getattr(self, name).sum() / self.probe.sum())

    def covered(self, name: str) -> float:
        """The same, no word counted beyond what its direction costs, nor below nothing."""
        whole = self.probe.clamp(min=0)
        return float(torch.minimum(getattr(self, name).clamp(min=0), whole).sum() / whole.sum())

    def mediated(self, name: str) -> float:
        """Share of the words that lose by their direction which lose at least half as much by the latent."""
        return float((getattr(self, name) >= self.probe / 2)[self.probe > 0].float().mean())

    def on(self, words: Bool[Tensor, " judged"]) -> "Sets":
        """On some of the words alone; the nulls stay those of all."""
        kept = words[self.word]
        names = ("word", "best", "nearest", "all_main", "probe")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    @classmethod
    def of(cls, inside: Inside, word: Int64[Tensor, " word"], generator: torch.Generator) -> "Sets":
        """On some of the judged words; the generator draws random directions."""
        asked, y = inside.asked, inside.asked.letters[word]
        best, nearest = inside.examined.main.latents[:, 0][y], nearest_to_probes(inside)[y]
        by_best, some = inside.lost(word, best), word[::SPARSER]
        fires = (inside.z[word, best] > 0).nonzero()[::SPARSER, 0]
        beside = Places.of_letters(inside, word[fires])
        x = asked.x[word]
        return cls(
            word,
            by_best,
            _again(by_best, nearest != best, lambda at: inside.lost(word[at], nearest[at])),
            _again(by_best, _more_than(inside, word, best), lambda at: asked.lost(word[at], -inside.by_main()[word[at]])),
            asked.lost(word, _part(x, asked.directions[word])),
            inside.lost(word[fires], as_large(inside, beside, best[fires])),
            asked.lost(some, _part(asked.x[some], shaped_like(asked.asking.x, len(some), generator))),
        )  # fmt: skip


def nearest_to_probes(inside: Inside) -> Int64[Tensor, " letter"]:
    """Of each letter the latent that writes most along its probe on the training words, no word counted beyond what lies along it there."""
    asking, task = inside.asked.asking, inside.asked.task
    unit = torch.nn.functional.normalize(task.probe.weight, dim=1)
    chosen = []
    for letter, direction in enumerate(unit):
        rows = task.split.train[asking.words.letters[task.split.train] == letter]
        along = (asking.x[rows] @ direction).clamp(min=0)
        written = (inside.whole[rows] * (inside.dictionary @ direction)).clamp(min=0)
        chosen.append(torch.minimum(written, along[:, None]).sum(0).argmax())
    return torch.stack(chosen)


def _again(
    known: Float[Tensor, " word"], anew: Bool[Tensor, " word"], lost: Callable[[Tensor], Tensor]
) -> Float[Tensor, " word"]:
    """What is known, measured anew on those words on which something else is taken out."""
    at = anew.nonzero()[:, 0]
    return known.index_copy(0, at, lost(at)) if len(at) else known


def _more_than(
    inside: Inside, word: Int64[Tensor, " word"], best: Int64[Tensor, " word"]
) -> Bool[Tensor, " word"]:
    """Where another main latent than the best one fires."""
    return (inside.carried.main & (inside.z > 0))[word].scatter(1, best[:, None], False).any(1)


def _part(
    x: Float[Tensor, "run d_model"], directions: Float[Tensor, "run d_model"]
) -> Float[Tensor, "run d_model"]:
    """What takes out the part along a direction."""
    return -(x * directions).sum(1, keepdim=True) * directions
