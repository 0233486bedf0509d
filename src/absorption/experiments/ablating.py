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

    `z [word d_sae]` and `carried` are of the judged words, `whole [vocabulary trained]` of all, by the latents that were trained, where
    others were planted; `fit` is of the judged ones, but `dead` the share of latents that fire on no word at all.
    """

    asked: Asked
    whole: Float[Tensor, "vocabulary trained"]
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

    def known(self, least_f1: float) -> Bool[Tensor, " letter"]:
        """Letters whose main latents together reach that F1, on training words: those that judge nothing."""
        return self.examined.main.f1 > least_f1


@dataclass(frozen=True, eq=False)
class Silenced:
    """Active latents taken out one at a time, on words on which all main latents are silent.

    `found` is what the causal metric makes of them. A word can only be absorbed if a latent near enough to the probe costs the lead by
    itself; so all latents are taken out where one does, and elsewhere only those that are near. The verdicts are those of all.
    """

    runs: Ablations
    lost: Float[Tensor, " run"]
    found: CausalAbsorption

    @classmethod
    def of(
        cls,
        inside: Inside,
        word: Int64[Tensor, " case"],
        min_cosine: float = 0.025,
        min_lead: float = 1.0,
    ) -> "Silenced":
        """Take the latents out, and judge.

        Args:
            inside: An SAE.
            word: Words whose main latents are silent, each once.
            min_cosine, min_lead: Thresholds of the causal metric: cosine with the probe, and logits ahead of the runner-up.
        """
        c, chosen = inside.carried, torch.zeros(len(inside.z), dtype=torch.bool).index_fill(0, word, True)
        active, near = (inside.z > 0) & chosen[:, None], c.cosine >= min_cosine
        first, lost = _taken_out(inside, active & near)
        there = torch.zeros_like(chosen).index_fill(0, first.word[lost >= min_lead], True)
        second, also_lost = _taken_out(inside, active & ~near & there[:, None])
        runs = Ablations(torch.cat([first.word, second.word]), torch.cat([first.latent, second.latent]))
        lost = torch.cat([lost, also_lost])
        return cls(runs, lost, causal_absorption(runs, -lost, c.cosine, c.silent, min_cosine, min_lead))


def _taken_out(inside: Inside, which: Bool[Tensor, "word d_sae"]) -> tuple[Ablations, Float[Tensor, " run"]]:
    """Some latents on some words, each by itself, and what that costs."""
    runs = Ablations(*which.nonzero(as_tuple=True))
    return runs, inside.asked.lost(runs.word, runs.changes(inside.z, inside.dictionary))


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
