"""Latents taken out of a model while it is asked for a word's first letter: which of them carry it, beside directions that do not."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.asked import Asked
from absorption.experiments.bank.fitting import encode_rows
from absorption.measures.absorption import Carried, carried
from absorption.measures.absorption_causal import Ablations, CausalAbsorption, causal_absorption
from absorption.measures.halfspaces import shaped_like
from absorption.measures.letters import Examined, examine
from absorption.measures.reconstruction import Fit, fit_of
from absorption.saes.stack import SAEStack


@dataclass(frozen=True, eq=False)
class Inside:
    """What an SAE makes of the words of a split.

    `z [word d_sae]` and `carried` are of the judged words, `whole [vocabulary d_sae]` of all; `fit` is of the judged ones, but `dead`
    the share of latents that fire on no word at all.
    """

    asked: Asked
    whole: Float[Tensor, "vocabulary d_sae"]
    dictionary: Float[Tensor, "d_sae d_model"]
    examined: Examined
    z: Float[Tensor, "word d_sae"]
    carried: Carried
    fit: Fit
    dead: float

    @classmethod
    def of(cls, stack: SAEStack, asked: Asked) -> "Inside":
        """The first SAE of a stack."""
        whole, dictionary = encode_rows(stack, 0, asked.asking.x), stack.dictionary[0]
        examined, z = examine(asked.task, whole, dictionary), whole[asked.rows]
        c = carried(asked.x, z, dictionary, asked.task.probe.weight, asked.letters, examined.main.mask)
        fit, dead = (
            fit_of(asked.x, z, dictionary, stack.b_dec[0]),
            1 - float((whole > 0).any(0).float().mean()),
        )
        return cls(asked, whole, dictionary, examined, z, c, fit, dead)

    def written(
        self, word: Int64[Tensor, " run"], latent: Int64[Tensor, " run"]
    ) -> Float[Tensor, "run d_model"]:
        """What a latent writes on a word."""
        return self.z[word, latent][:, None] * self.dictionary[latent]

    def lost(self, word: Int64[Tensor, " run"], latent: Int64[Tensor, " run"]) -> Float[Tensor, " run"]:
        """Of the margin, where the latent is taken out; nothing, without a run, where it is silent."""
        runs = (self.z[word, latent] > 0).nonzero()[:, 0]
        lost = torch.zeros(len(word))
        lost[runs] = self.asked.lost(word[runs], -self.written(word[runs], latent[runs]))
        return lost

    def by_main(self) -> Float[Tensor, "word d_model"]:
        """What the main latents of each word's letter write together."""
        return (self.z * self.carried.main) @ self.dictionary

    def by_cause(
        self, rows: Int64[Tensor, " row"], gradients: Float[Tensor, "row d_model"]
    ) -> Int64[Tensor, " letter"]:
        """Of each letter the latent whose ablation, by the gradients on some words of the vocabulary, costs the margin most."""
        estimate = self.whole[rows] * (gradients @ self.dictionary.T)
        letters = self.asked.asking.words.letters[rows]
        return estimate.new_zeros(26, estimate.shape[1]).index_add(0, letters, estimate).argmax(1)

    def carrier(self) -> Int64[Tensor, " word"]:
        """Of each word the latent, no main one of its letter, that carries most along the letter's probe."""
        return self.carried.by_latent.where(~self.carried.main, -torch.inf).argmax(1)

    def alike(self, word: Int64[Tensor, " run"], latent: Int64[Tensor, " run"]) -> Int64[Tensor, " run"]:
        """Another latent, active on the word and no main one of its letter, which writes about as much: the next in length."""
        sizes = self.z[word] * self.dictionary.norm(dim=1)
        own = sizes.gather(1, latent[:, None])
        away = (sizes.clamp(min=1e-9).log() - own.clamp(min=1e-9).log()).abs()
        may = (sizes > 0) & ~self.carried.main[word]
        may.scatter_(1, latent[:, None], False)
        return away.where(may, torch.inf).argmin(1)


@dataclass(frozen=True, eq=False)
class Silenced:
    """Every active latent taken out, one at a time, on words on which all main latents are silent.

    `ablated [word]` says on which, `found` what the causal metric makes of them, `stands_for [word]` how many silent words of its letter
    each of them stands for.
    """

    runs: Ablations
    lost: Float[Tensor, " run"]
    ablated: Bool[Tensor, " word"]
    stands_for: Float[Tensor, " word"]
    found: CausalAbsorption

    @classmethod
    def of(
        cls,
        inside: Inside,
        per_letter: int,
        at_most: int | None = None,
        min_cosine: float = 0.025,
        min_lead: float = 1.0,
    ) -> "Silenced":
        """Take the latents out, and judge.

        Args:
            inside: An SAE.
            per_letter: Silent words of a letter, at most.
            at_most: Silent words in all, letters in turn.
            min_cosine, min_lead: Thresholds of the causal metric: cosine with the probe, and logits ahead of the runner-up.
        """
        c, y = inside.carried, inside.asked.letters
        silent = c.silent.nonzero()[:, 0]
        chosen = _in_turn(silent, y[silent], per_letter)[:at_most].sort().values
        at, latent = (inside.z[chosen] > 0).nonzero(as_tuple=True)
        runs = Ablations(chosen[at], latent)
        lost = inside.asked.lost(runs.word, runs.changes(inside.z, inside.dictionary))
        found = causal_absorption(runs, -lost, c.cosine, c.silent, min_cosine, min_lead)
        total, used = (torch.bincount(y[rows], minlength=26).float() for rows in (silent, chosen))
        ablated = torch.zeros(len(y), dtype=torch.bool).index_fill(0, chosen, True)
        return cls(runs, lost, ablated, (total / used.clamp(min=1))[y], found)

    def lost_by(self, word: Int64[Tensor, " case"], latent: Int64[Tensor, " case"]) -> Float[Tensor, " case"]:
        """What each of these ablations, which were made, costs; 0 where the latent is silent."""
        runs = zip(self.runs.word.tolist(), self.runs.latent.tolist(), strict=True)
        made = dict(zip(runs, self.lost.tolist(), strict=True))
        return torch.tensor(
            [made.get(case, 0.0) for case in zip(word.tolist(), latent.tolist(), strict=True)]
        )


def _in_turn(
    rows: Int64[Tensor, " row"], letters: Int64[Tensor, " row"], per_letter: int
) -> Int64[Tensor, " chosen"]:
    """The first of every letter, then the second, and so on."""
    place = torch.tensor(
        [int((letters[:i] == letter).sum()) for i, letter in enumerate(letters)], dtype=torch.int64
    )
    return rows[place.argsort(stable=True)][: int((place < per_letter).sum())]


def without(
    changes: Float[Tensor, "run d_model"], directions: Float[Tensor, "run d_model"]
) -> Float[Tensor, "run d_model"]:
    """Each change but for its part along a direction of length one, which is spared.

    >>> import torch
    >>> without(torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0]])).tolist()
    [[0.0, 4.0]]
    """
    return changes - (changes * directions).sum(1, keepdim=True) * directions


def as_near(
    directions: Float[Tensor, "run d_model"],
    rows: Float[Tensor, "run d_model"],
    x: Float[Tensor, "word d_model"],
    generator: torch.Generator,
) -> Float[Tensor, "run d_model"]:
    """Random directions, each at the cosine from its row that `directions` has, and otherwise shaped like the data x.

    >>> import torch
    >>> row, direction = torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([[0.6, 0.8, 0.0]])
    >>> near = as_near(direction, row, torch.eye(3), torch.Generator().manual_seed(0))
    >>> [round(float(value), 3) for value in (near[0, 0], near.norm())]
    [0.6, 1.0]
    """
    unit = torch.nn.functional.normalize
    row = unit(rows, dim=1)
    cosine = (row * unit(directions, dim=1)).sum(1, keepdim=True)
    across = unit(without(shaped_like(x, len(rows), generator), row), dim=1)
    return cosine * row + (1 - cosine.square()).clamp(min=0).sqrt() * across
