"""Words of a language model as the pages read them: sinks of attention left out, normalised, split by word."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.table import Draw, Table, draw_weights
from absorption.measures.letters import Words
from absorption.runtime.parallel import threads
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.residuals import residual_stream, text_contexts, word_activations
from absorption.worlds.text import WordList, word_frequencies


@dataclass(frozen=True)
class ReadWords:
    """Single words inside a model.

    `words` are those kept, `kept [vocabulary word]` says which; `p [word]` how often each is met in English, `drawn [word]`
    how often in training; `raw`, `x [word d_model]` the residual stream as it is, and brought by `frame` to mean zero and
    mean length one, over the words as they are drawn; every dimension alike or each by itself.
    """

    words: WordList
    kept: Bool[Tensor, " vocabulary_word"]
    p: Float[Tensor, " word"]
    drawn: Float[Tensor, " word"]
    raw: Float[Tensor, "word d_model"]
    x: Float[Tensor, "word d_model"]
    frame: Normalisation

    @property
    def table(self) -> Table:
        """What SAEs are trained on."""
        return Table(self.x, self.drawn)

    def task(self, seed: int = 0) -> Words:
        """What SAEs are judged on: a split of the words, and letter probes."""
        return Words.of(self.words.words, self.words.letters, self.p, self.x, seed=seed)


def read_words(
    model: LanguageModel, vocabulary: WordList, draw: Draw = "frequency", each: bool = False
) -> ReadWords:
    """Every word of the vocabulary read alone; words that the model reads as sinks of attention are left out.

    `each`: as for `Normalisation.of`.

    >>> import torch
    >>> from unittest.mock import patch
    >>> from absorption.worlds.text import first_letters
    >>> model = LanguageModel("stand-in", "none", 1, 6, 0, "float32", None, torch.nn.Linear(1, 1))
    >>> vocabulary = WordList(("snake", "sun", "ant"), torch.arange(3), first_letters(("snake", "sun", "ant")))
    >>> with patch(f"{__name__}.word_activations", lambda model, ids: torch.eye(6)[ids]):  # no forward pass
    ...     read = read_words(model, vocabulary)
    >>> read.x.shape, read.kept.tolist()
    (torch.Size([3, 6]), [True, True, True])
    """
    raw = word_activations(model, vocabulary.token_ids)
    kept = ~attention_sinks(raw)
    words, raw = vocabulary.select(kept), raw[kept]
    p = word_frequencies(words.words).float()
    drawn = draw_weights(p, draw)
    # Always so many threads: SAEs are known by the bytes of what they are trained on, and a sum's last bits by its parts.
    with threads(2):
        frame = Normalisation.of(raw, drawn, each)
        return ReadWords(words, kept, p, drawn, raw, frame(raw), frame)


@dataclass(frozen=True)
class ReadText:
    """Running text inside a model.

    `contexts [context position]` and `kept [context × position]` say what was read and what was left out as a sink;
    `tokens [row]` and `x [row d_model]` are what was kept, normalised by `frame`.
    """

    contexts: Int64[Tensor, "context position"]
    kept: Bool[Tensor, " place"]
    tokens: Int64[Tensor, " row"]
    x: Float[Tensor, "row d_model"]
    frame: Normalisation

    @property
    def table(self) -> Table:
        """What SAEs are trained on: every token kept, once in every pass."""
        return Table(self.x)


def read_text(
    model: LanguageModel,
    texts: Sequence[str],
    n_tokens: int,
    length: int,
    generator: torch.Generator,
    each: bool = False,
) -> ReadText:
    """`n_tokens` tokens in contexts of `length`, drawn from the texts; sinks of attention are left out.

    `each`: as for `Normalisation.of`.

    >>> import torch
    >>> from unittest.mock import patch
    >>> tokenizer = lambda texts, add_special_tokens: {"input_ids": [[*range(9)] for _ in texts]}
    >>> model = LanguageModel("stand-in", "none", 1, 9, 0, "float32", tokenizer, torch.nn.Linear(1, 1))
    >>> with patch(f"{__name__}.residual_stream", lambda model, contexts: torch.eye(9)[contexts]):
    ...     read = read_text(model, ["nine tokens"], 8, length=4, generator=torch.Generator().manual_seed(0))
    >>> read.contexts.shape, read.x.shape
    (torch.Size([2, 4]), torch.Size([8, 9]))

    Raises:
        ValueError: the texts do not hold that many tokens.
    """
    contexts = text_contexts(model, texts, n_tokens, length, generator)
    raw = residual_stream(model, contexts).flatten(0, 1)
    kept = ~attention_sinks(raw)
    with threads(2):
        frame = Normalisation.of(raw[kept], each=each)
        return ReadText(contexts, kept, contexts.flatten()[kept], frame(raw[kept]), frame)
