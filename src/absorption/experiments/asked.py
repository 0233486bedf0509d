"""A language model asked for first letters: words read where it is asked, and what an edit at the word costs its answer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.wanted import WordsIn
from absorption.measures.absorption_causal import answer_margin
from absorption.measures.letters import Words
from absorption.runtime.cache import cached
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.spelling import QUESTION, Prompt, Speller
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

    speller: Speller
    words: WordList
    p: Float[Tensor, " word"]
    frame: Normalisation
    x: Float[Tensor, "word d_model"]
    last: str
    """The last example of the prompt."""

    @classmethod
    def of(cls, source: WordsIn, n_examples: int = 10) -> "Asking":
        """The words of a source, but for the examples of the prompt and for sinks of attention.

        Raises:
            FileNotFoundError, ValueError: as `WordsIn.read`; or the model writes some capitals as several tokens.
        """
        read, model = source.read(), open_model(source.model, source.layer, whole=True)
        common = read.p.argsort(descending=True)[:COMMON]
        drawn = torch.randperm(len(common), generator=torch.Generator().manual_seed(0))[:n_examples]
        examples = common[drawn]
        speller = Speller(model, Prompt.of(model, [read.words.words[i] for i in examples]))
        raw = speller.activations(read.words.token_ids)
        kept = ~attention_sinks(raw)
        kept[examples] = False
        weights = read.drawn[kept] / read.drawn[kept].sum()
        frame = Normalisation.of(raw[kept], weights, each=read.frame.widths is not None)
        return cls(
            speller,
            read.words.select(kept),
            read.p[kept],
            frame,
            frame(raw[kept]),
            read.words.words[examples[-1]],
        )

    def example(self, word: str) -> str:
        """The end of the prompt with a word."""
        return f"… {self.last}{QUESTION} {self.last[0].upper()} ⏎ {word}{QUESTION}"

    def split(self, seed: int, per_letter: int) -> "Asked":
        """Fit probes on four fifths of the words, and ask the model about others whose letter they find, `per_letter` of each at most."""
        words = self.words
        task = Words.of(words.words, words.letters, self.p, self.x, seed=seed)
        mixed = task.judged[torch.randperm(len(task.judged), generator=torch.Generator().manual_seed(seed))]
        of_letter = [mixed[words.letters[mixed] == letter][:per_letter] for letter in range(len(task.cuts))]
        asked = torch.cat(of_letter)
        answers, y = self.speller.answers(words.token_ids[asked]), words.letters[asked]
        right = answers.said == y
        margin = answer_margin(answers.capitals, y)
        return Asked(self, task, y, right, asked[right], y[right], margin[right])

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
    """One split of the words: what is asked are held-out words whose letter the probe finds.

    `asked [asked]` are the letters of those that the model was asked about, `right [asked]` whether it named them. The words that it
    names are judged: `rows [word]` of the vocabulary, their `letters [word]`, and the `margin [word]`, the right capital's logit over
    the mean of the others.
    """

    asking: Asking
    task: Words
    asked: Int64[Tensor, " asked"]
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

    def gradients(self, rows: Int64[Tensor, " row"]) -> Float[Tensor, "row d_model"]:
        """Of the margin of any of the vocabulary's words, with respect to its x."""
        asking, ids = self.asking, self.asking.words.token_ids[rows]
        y = asking.words.letters[rows]
        raw = asking.kept("gradients", ids, y, lambda: asking.speller.gradients(ids, y))
        # Scale and widths multiply coordinates, so a change and a gradient are brought over alike.
        return asking.frame.undone(raw)
