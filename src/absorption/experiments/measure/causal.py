"""The causal rate: words that the model spells rightly, on which taking out one latent that is no main one costs the answer most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from absorption.experiments.measure.encoded import Progress
from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.one_split import Subject
from absorption.measures.absorption import cosines
from absorption.measures.absorption_causal import Ablations, answer_margin, causal_absorption, shortlist
from absorption.worlds.language import LanguageModel
from absorption.worlds.spelling import Prompt, Speller
from absorption.worlds.text import LETTERS, word_frequencies

WORDS = 40
"""Of a letter, at most."""
ABLATED = 10
"""Of a word's active latents those which a gradient says have most effect; each is taken out."""
EXAMPLES, COMMON = 10, 3000
RUNS_AT_ONCE = 512


def speller_for(model: LanguageModel, words: tuple[str, ...]) -> tuple[Speller, list[int]]:
    """A model that is asked for first letters, after ten of its common words; and which these are.

    >>> def tokenizer(text, **options):  # the last letter's code, whatever comes before it
    ...     return {"input_ids": [ord(text[-1])]}
    >>> model = LanguageModel("tiny", "by hand", 1, 8, 0, "float32", tokenizer, torch.nn.Identity())
    >>> sorted(speller_for(model, ("apple", "bear"))[1])
    [0, 1]

    Raises:
        CannotMeasureError: the model writes some capitals as several tokens.
    """
    common = word_frequencies(words).argsort(descending=True)[:COMMON]
    drawn = torch.randperm(len(common), generator=torch.Generator().manual_seed(0))[:EXAMPLES]
    examples = common[drawn].tolist()
    try:
        return Speller(model, Prompt.of(model, [words[i] for i in examples])), examples
    except ValueError as error:
        raise CannotMeasureError(
            f"{error} The causal rate is not available for it; leave --causal out."
        ) from error


@dataclass(frozen=True)
class Causal:
    """Measures the causal rate of one split: `speller`, and the task's token ids `[word]`."""

    speller: Speller
    token_ids: Int64[Tensor, " word"]

    def __call__(
        self, subject: Subject, names: Sequence[str], split: Mapping[str, Tensor], progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of each word whether it is absorbed `[word]`, and its label `[word]`, whose names are letters.

        The words are held-out ones that the probe finds and whose letter the model names, at most `WORDS` a letter.
        """
        letters = torch.tensor([LETTERS.index(name) for name in names])
        word, label, silent = self._asked(letters, split)
        absorbed = torch.zeros(len(word), dtype=torch.bool)
        if not silent.any():
            return absorbed.numpy(), label.numpy()
        z = subject.z.rows(word[silent])
        every = z.columns(torch.arange(z.width))
        asked, own = self.token_ids[word[silent]], letters[label[silent]]
        gradients = self.speller.gradients(asked, own)
        runs = shortlist(every, subject.dictionary, gradients, ABLATED)
        before = answer_margin(self.speller.answers(asked).capitals, own)
        effects = []
        for part in progress(list(torch.arange(len(runs.word)).split(RUNS_AT_ONCE)), "ablating"):
            some = Ablations(runs.word[part], runs.latent[part])
            logits = self.speller.edited(asked[some.word], some.changes(every, subject.dictionary))
            effects.append(answer_margin(logits, own[some.word]) - before[some.word])
        cosine = cosines(subject.dictionary, split["directions"])[label[silent]]
        all_silent = torch.ones(len(own), dtype=torch.bool)
        found = causal_absorption(runs, torch.cat(effects), cosine, all_silent)
        absorbed[silent] = found.absorbed
        return absorbed.numpy(), label.numpy()

    def _asked(self, letters: Tensor, split: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Words, labels, and whether the main latents are silent."""
        at = _first(split["column"], torch.arange(len(split["column"])), len(letters), 2 * WORDS)
        said = self.speller.answers(self.token_ids[split["word"][at]]).said
        at = _first(split["column"], at[said == letters[split["column"][at]]], len(letters), WORDS)
        return split["word"][at], split["column"][at], split["silent"][at]


def _first(column: Tensor, at: Tensor, n_labels: int, most: int) -> Int64[Tensor, " pair"]:
    """Of some pairs at most so many a label."""
    return torch.cat([at[column[at] == label][:most] for label in range(n_labels)])
