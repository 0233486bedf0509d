"""A language model asked for first letters: words read where it is asked, and what an edit at the word costs its answer."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.wanted import WordsIn
from absorption.measures.absorption_causal import answer_margin
from absorption.measures.letters import Words
from absorption.runtime.cache import cached
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.resuming import Resuming, activations_after
from absorption.worlds.spelling import QUESTION, Prompt
from absorption.worlds.text import WordList

COMMON = 3000
"""Examples of the prompt are drawn among so many of the most frequent words."""


@dataclass(frozen=True, eq=False)
class Asking:
    """A model with its prompt, and words as it reads them there.

    `p [word]` is how often a word is met in English, `x [word d_model]` the residual stream at the word, brought to mean zero and mean
    length one by `frame`, over words as they are drawn for SAEs of the same source. So SAEs that were trained on words read alone
    meet activations of the size that they know.
    """

    speller: Resuming
    words: WordList
    p: Float[Tensor, " word"]
    frame: Normalisation
    x: Float[Tensor, "word d_model"]
    last: str
    """The last example of the prompt."""

    @classmethod
    def at(cls, sources: Sequence[WordsIn], n_examples: int = 10) -> list["Asking"]:
        """One a source, which differ in their block alone: the same words, but for the prompt's examples and the sinks of attention of
        any of the blocks. So one seed splits the words alike for all blocks, and the model is asked once.

        Raises:
            FileNotFoundError, ValueError: as `WordsIn.read`; or the model writes some capitals as several tokens.
        """
        first = sources[0].read()
        model = open_model(sources[0].model, sources[0].layer, whole=True)
        common = first.p.argsort(descending=True)[:COMMON]
        examples = common[
            torch.randperm(len(common), generator=torch.Generator().manual_seed(0))[:n_examples]
        ]
        prompt = Prompt.of(model, [first.words.words[i] for i in examples])
        spellers = [Resuming(replace(model, layer=source.layer), prompt) for source in sources]
        raw = activations_after(spellers[0], [source.layer for source in sources], first.words.token_ids)
        kept = ~torch.stack([attention_sinks(of_block) for of_block in raw]).any(0)
        kept[examples] = False
        weights = first.drawn[kept] / first.drawn[kept].sum()
        each, last = first.frame.widths is not None, first.words.words[examples[-1]]
        frames = [Normalisation.of(of_block[kept], weights, each=each) for of_block in raw]
        return [
            cls(speller, first.words.select(kept), first.p[kept], frame, frame(of_block[kept]), last)
            for speller, frame, of_block in zip(spellers, frames, raw, strict=True)
        ]

    def example(self, word: str) -> str:
        """The end of the prompt with a word."""
        return f"… {self.last}{QUESTION} {self.last[0].upper()} ⏎ {word}{QUESTION}"

    def split(self, seed: int, per_letter: int) -> "Asked":
        """Fit probes on four fifths of the words, and ask the model about others, `per_letter` of each letter at most."""
        words = self.words
        task = Words.of(words.words, words.letters, self.p, self.x, seed=seed)
        held = task.split.held_out
        mixed = held[torch.randperm(len(held), generator=torch.Generator().manual_seed(seed))]
        of_letter = [mixed[words.letters[mixed] == letter][:per_letter] for letter in range(len(task.cuts))]
        asked = torch.cat(of_letter)
        answers, y = self.speller.answers(words.token_ids[asked]), words.letters[asked]
        right = answers.said == y
        judged = right & torch.isin(asked, task.judged)
        margin = answer_margin(answers.capitals, y)
        return Asked(self, task, right, asked[judged], y[judged], margin[judged])

    def kept(
        self, what: str, token_ids: Int64[Tensor, " run"], other: Tensor, compute: Callable[[], Tensor]
    ) -> Float[Tensor, "run d"]:
        """What `compute` makes of words and of another tensor `[run …]`, through the cache."""
        model, prompt = self.speller.model, self.speller.prompt
        parts = (prompt.prefix, prompt.suffix, prompt.capitals, token_ids, other)
        digest = hashlib.sha256(b"".join(part.contiguous().numpy().tobytes() for part in parts)).hexdigest()
        parameters = {"model": model.identity, "layer": model.layer, "linear": model.linear, "of": digest}
        made = cached(
            f"asked-{what}", lambda: {what: compute()}, made_by=__name__, parameters=parameters,
            packages=("torch", "transformers"),
        )  # fmt: skip
        return made[what]


@dataclass(frozen=True, eq=False)
class Asked:
    """One split of the words: what is asked are held-out words.

    `right [asked]` says whether the model named the letter of each. The words that it names, and whose letter the probe finds, are
    judged: `rows [word]` of the vocabulary, their `letters [word]`, and the `margin [word]`, the right capital's logit over the mean of
    the others.
    """

    asking: Asking
    task: Words
    right: Bool[Tensor, " asked"]
    rows: Int64[Tensor, " word"]
    letters: Int64[Tensor, " word"]
    margin: Float[Tensor, " word"]

    @property
    def x(self) -> Float[Tensor, "word d_model"]:
        """Activations of the words that are judged."""
        return self.asking.x[self.rows]

    @property
    def directions(self) -> Float[Tensor, "word d_model"]:
        """The probe of each word's own letter, of length one."""
        return torch.nn.functional.normalize(self.task.probe.weight, dim=1)[self.letters]

    def lost(
        self, word: Int64[Tensor, " run"], changes: Float[Tensor, "run d_model"]
    ) -> Float[Tensor, " run"]:
        """How many logits of its margin each word loses by a change of its activation, which is given in the frame of `x`."""
        asking, ids = self.asking, self.asking.words.token_ids[self.rows[word]]
        raw = asking.frame.undone(changes)
        logits = asking.kept("logits", ids, raw, lambda: asking.speller.edited(ids, raw))
        return self.margin[word] - answer_margin(logits, self.letters[word])
