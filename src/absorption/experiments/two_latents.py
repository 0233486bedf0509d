"""Two latents of a published SAE and one word: which of them fires, what they point at, what the model does without them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.in_prompt import InPrompt, Seen, judge, see
from absorption.experiments.nulls import random_cosine
from absorption.measures.absorption import cosines
from absorption.measures.absorption_causal import Ablations, answer_margin
from absorption.measures.classification import best_cuts
from absorption.measures.letters import Examined
from absorption.measures.probes import fit_probe
from absorption.saes.exchange.dictionary import Dictionary
from absorption.worlds.spelling import Speller


@dataclass(frozen=True)
class TwoLatents:
    """The latent that stands for a letter and the one that may have absorbed it, on a word and on the letter's other words.

    `columns` are where the two stand in `seen.z`, `word` is the row of the word.
    """

    read: InPrompt
    seen: Seen
    judged: Examined
    word: int
    columns: list[int]

    @classmethod
    def of(cls, dictionary: Dictionary, read: InPrompt, latents: tuple[int, int], word: str) -> "TwoLatents":
        """Encode the words, judge the SAE by letters, and look up the two latents.

        Raises:
            ValueError: the SAE has no such latents, or another width than the activations.
        """
        seen = see(dictionary, read.raw, always=latents)
        return cls(read, seen, judge(read, seen), read.place(word), seen.columns(latents))

    @property
    def z(self) -> Float[Tensor, "word two"]:
        """Activations of the two on all words."""
        return self.seen.z[:, self.columns]

    @property
    def rows(self) -> Float[Tensor, "two d_model"]:
        """Their decoder directions."""
        return self.seen.rows[self.columns]

    @property
    def of_letter(self) -> Bool[Tensor, " word"]:
        """Which words begin like the word."""
        return self.read.words.letters == self.read.words.letters[self.word]

    @property
    def found(self) -> Int64[Tensor, " row"]:
        """Of these, the held-out ones that the letter's probe finds."""
        rows = self.read.task.judged
        return rows[self.of_letter[rows]]

    def exact(self) -> dict[str, float]:
        """What needs no interval: activations on the word, cosines with the letter's probe, quality of SAE and probes."""
        letter = int(self.read.words.letters[self.word])
        main, absorber = self.z[self.word].tolist()
        main_cosine, absorber_cosine = cosines(self.rows, self.read.task.probe.weight)[letter].tolist()
        return {
            "main_activation": main,
            "absorber_activation": absorber,
            "main_cosine": main_cosine,
            "absorber_cosine": absorber_cosine,
            "fraction": float(self.judged.fraction.nanmean()),
            "explained": self.seen.explained,
            "main_f1": float(self.judged.main.f1.mean()),
            "probe_f1": float(self.read.task.probe_f1.mean()),
            "probe_margin": self.probe_margin(),
        }

    def probe_margin(self) -> float:
        """How far beyond its cut the letter's probe scores the word (a logit), fitted and cut without it."""
        task, letter = self.read.task, int(self.read.words.letters[self.word])
        rows = task.split.train[task.split.train != self.word]
        x, letters = task.x[rows], task.letters[rows]
        probe = fit_probe(x, letters, n_letters=len(task.cuts))
        score = probe.scores(task.x[self.word][None])[0, letter]
        return float(score - best_cuts(probe.scores(x), letters)[letter])

    def near(self, data: Float[Tensor, "word d_model"]) -> list[float]:
        """Mean cosine of each latent's direction with the letter's words on which it fires; and of random directions (95%)."""
        random = random_cosine(data[:500], torch.Generator().manual_seed(0))
        return [*near_words(data, self.seen, self.columns, self.of_letter), random]

    def without_each(self, speller: Speller, others: Sequence[int]) -> Float[Tensor, " latent"]:
        """By how much the margin of the word's right capital changes when each of the two, and of `others`, is taken out.

        The margin is the logit of the right capital less the mean of the others; `others` are columns of `seen.z`. The
        speller's model has to be whole.
        """
        words, columns = self.read.words, torch.tensor([*self.columns, *others])
        runs = Ablations(torch.full_like(columns, self.word), columns)
        tokens, letters = words.token_ids[runs.word], words.letters[runs.word]
        before = answer_margin(speller.answers(tokens[:1]).capitals, letters[:1])
        logits = speller.edited(tokens, runs.changes(self.seen.z, self.seen.rows))
        return answer_margin(logits, letters) - before


def strongest_others(seen: Seen, word: int, columns: Sequence[int], n: int) -> list[int]:
    """The `n` columns, other than those given, that fire most strongly on a word; fewer where fewer fire.

    >>> seen = Seen(torch.arange(4), torch.tensor([[3.0, 0.0, 1.0, 2.0]]), torch.eye(4), 1.0, 3.0)
    >>> strongest_others(seen, word=0, columns=[3], n=5)
    [0, 2]
    """
    order = seen.z[word].argsort(descending=True, stable=True).tolist()
    return [i for i in order if seen.z[word, i] > 0 and i not in columns][:n]


def near_words(
    data: Float[Tensor, "word d_model"], seen: Seen, columns: Sequence[int], among: Bool[Tensor, " word"]
) -> list[float]:
    """Mean cosine of each latent's direction with those of the words on which it fires, of `among`.

    >>> import torch
    >>> seen = Seen(torch.arange(2), torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.eye(2), 1.0, 1.0)
    >>> near_words(torch.eye(2), seen, [0], among=torch.ones(2, dtype=torch.bool))
    [0.5]
    """
    return [
        float(torch.cosine_similarity(data[among & (seen.z[:, i] > 0)], seen.rows[i]).mean()) for i in columns
    ]


def in_their_space(
    x: Float[Tensor, "word d_model"], directions: Float[Tensor, "two d_model"]
) -> Float[Tensor, "word three"]:
    """Coordinates of words along one direction, along the rest of another, and along what varies most beside them.

    >>> import torch
    >>> in_their_space(torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]), torch.eye(3)[:2]).abs().tolist()
    [[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]
    """
    plane = torch.linalg.qr(directions.T).Q.T
    plane = plane * (plane * directions).sum(1).sign()[:, None]
    rest = x - x @ plane.T @ plane
    third = torch.linalg.svd(rest - rest.mean(0), full_matrices=False).Vh[:1]
    return x @ torch.cat([plane, third]).T
