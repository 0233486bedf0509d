"""One label in one SAE: which of its words go to which main latent, which are holes, and what tells them apart."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents
from absorption.measures.telling import Told, tell

BROAD = 10
"""An absorber that takes so many of a label's words is no token's latent: a word has hardly so many forms."""
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Sorting:
    """Of the words of a label that its probe finds: main latents, holes, and who fires there.

    `fires [word main]`: which of the label's main latents, the best first; `absorbed [word]`: all are silent and `latent [word]`
    carries the label instead; `active`: all latents on these words; `train [word]`: words on which main latents were chosen;
    `codes [word way]`: as for `tell`.

    >>> import torch
    >>> fires = torch.tensor([[True, False]] * 40 + [[False, True]] * 40)
    >>> codes, none = torch.arange(80)[:, None] // 40, torch.zeros(80, dtype=torch.bool)
    >>> active = ActiveLatents.of(fires.float())
    >>> found = Sorting(fires, none, torch.zeros(80, dtype=torch.int64), active, torch.arange(80) % 4 > 0, codes)
    >>> found.numbers()["split_told"], found.numbers()["silent"]
    (1.0, 0.0)
    """

    fires: Bool[Tensor, "word main"]
    absorbed: Bool[Tensor, " word"]
    latent: Int64[Tensor, " word"]
    active: ActiveLatents
    train: Bool[Tensor, " word"]
    codes: Int64[Tensor, "word way"]

    @property
    def silent(self) -> Bool[Tensor, " word"]:
        """No main latent fires."""
        return ~self.fires.any(1)

    def splits(self, codes: Int64[Tensor, "word way"]) -> list[Told]:
        """For each main latent but the best: what tells words on which only it fires, of these two, from words of the best."""
        first = self.fires[:, 0]
        found = [tell(codes, first & ~other, other & ~first, self.train) for other in self.fires.T[1:]]
        return [told for told in found if told]

    def holes(self, codes: Int64[Tensor, "word way"]) -> Told | None:
        """What tells absorbed words from those on which a main latent fires."""
        return tell(codes, self.absorbed, ~self.silent, self.train)

    def taker(self, codes: Int64[Tensor, "word way"]) -> Told | None:
        """The same of the words that one absorber takes, the one that takes most."""
        latents, takes = self.latent[self.absorbed].unique(return_counts=True)
        if not len(takes):
            return None
        taken = self.absorbed & (self.latent == latents[takes.argmax()])
        return tell(codes, taken, ~self.silent, self.train)

    def numbers(self) -> dict[str, float]:
        """All that is said of a label; nan where there is nothing to say it of.

        Shares of held-out words: `silent`, absorbed in `full`, and `twice` (two main latents or more fire, of those with any). How
        well the best property tells splits (`split_told`, the mean over further main latents), absorbed words (`hole_told`), those
        that one absorber takes (`taker_told`), and silent ones (`silent_told`); and with properties dealt out anew among the words (`split_dealt`, `hole_dealt`). `split_way`, `hole_way`:
        the property's number. How many of the label's words a further main latent fires on (`split_fires`), and an absorber
        (`absorber_fires`), means. `taken`: how many words are absorbed, and `taken_broadly` by absorbers that take `BROAD` or more.
        """
        held, dealt = ~self.train, self.codes[_dealt(len(self.codes))]
        splits, holes = self.splits(self.codes), self.holes(self.codes)
        silences, dealt_holes = tell(self.codes, self.silent, ~self.silent, self.train), self.holes(dealt)
        taker = self.taker(self.codes)
        fires = self.fires[held].sum(1)
        return {
            "silent": _mean(self.silent[held]),
            "full": _mean(self.absorbed[held]),
            "twice": _mean(fires[fires > 0] > 1),
            "split_told": _score(splits),
            "split_way": float(splits[0].way) if splits else NAN,
            "split_dealt": _score(self.splits(dealt)),
            "hole_told": holes.score if holes else NAN,
            "hole_way": float(holes.way) if holes else NAN,
            "hole_dealt": dealt_holes.score if dealt_holes else NAN,
            "taker_told": taker.score if taker else NAN,
            "silent_told": silences.score if silences else NAN,
            "split_fires": _mean(self.fires.sum(0)[1:]),
            **self._absorbers(),
        }

    def _absorbers(self) -> dict[str, float]:
        latents, takes = self.latent[self.absorbed].unique(return_counts=True)
        fires = self.active.latents.long().bincount(minlength=self.active.width)[latents]
        broad = takes[takes >= BROAD]
        return {
            "absorber_fires": _mean(fires), "taken": float(takes.sum()), "taken_broadly": float(broad.sum()),
        }  # fmt: skip


def _dealt(n: int) -> Int64[Tensor, " word"]:
    return torch.randperm(n, generator=torch.Generator().manual_seed(n))


def _mean(values: Tensor) -> float:
    return float(values.double().mean()) if len(values) else NAN


def _score(told: list[Told]) -> float:
    return sum(one.score for one in told) / len(told) if told else NAN
