"""Running text: all of the speeches but a few, of which SAEs see an even draw, and those few, with the words in them, to judge."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from jaxtyping import Float, Float16, Int64
from torch import Tensor

from absorption.experiments.bank.table import Table
from absorption.runtime.cache import cached
from absorption.runtime.parallel import threads
from absorption.worlds.language import LanguageModel
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.text import WordList, speeches, word_places
from absorption.worlds.whole_text import Cut, cut, drawn, read_places

FIRST = 8
"""Places before this one in a context have too little text before them, and no word is judged there."""
ROWS = 16_384
"""So many are float32 at a time."""


@dataclass(frozen=True, eq=False)
class HeldOutText:
    """Places of a text that no SAE has seen, sinks of attention left out.

    `tokens [place]`, `position [place]` in its context, `raw [place d_model]` as the model has it.

    >>> text = HeldOutText(torch.tensor([7, 5, 7]), torch.tensor([8, 9, 10]), torch.eye(3))
    >>> bear = WordList(("bear", "elk"), torch.tensor([7, 6]), torch.tensor([1, 4]))
    >>> [found.tolist() for found in text.words(bear)]
    [[0], [0]]
    """

    tokens: Int64[Tensor, " place"]
    position: Int64[Tensor, " place"]
    raw: Float[Tensor, "place d_model"]

    def words(self, words: WordList) -> tuple[Int64[Tensor, " found"], Int64[Tensor, " found"]]:
        """The first place of each word that has one with enough text before it, and which word stands there."""
        late = (self.position >= FIRST).nonzero()[:, 0]
        at, which = word_places(self.tokens[late], words.token_ids, at_most=1)
        return late[at], which


@dataclass(frozen=True)
class HalfTable(Table):
    """Activations as a model has them, in half precision, that become float32 and normalised batch by batch.

    A million rows of 576 numbers are 1.2 GB so, and there is no second copy.

    >>> table = HalfTable(torch.tensor([[1.0, 1.0], [3.0, 1.0]]).half(), frame=Normalisation(torch.ones(2), 2.0))
    >>> sorted(next(table.batches(2, 1, torch.Generator())).tolist())
    [[0.0, 0.0], [1.0, 0.0]]
    """

    frame: Normalisation = field(kw_only=True)

    def batches(
        self, size: int, steps: int, generator: torch.Generator
    ) -> Iterator[Tensor | tuple[Tensor, Tensor]]:
        """As `Table.batches`, of float32."""
        for rows in super().batches(size, steps, generator):
            assert isinstance(rows, Tensor)  # it has no targets
            yield self.frame(rows.float())

    def keep(self, path: Path) -> None:
        """As `Table.keep`, normalised and of float32: whoever reads the file knows no other table."""
        Table(self.frame(self.x.float()), self.weights).keep(path)

    def fingerprint(self) -> list[str]:
        """Hashes of the rows and of how they are normalised."""
        return [*self._hashes]

    @cached_property
    def _hashes(self) -> tuple[str, str]:
        frame = torch.cat([self.frame.mean, torch.tensor([self.frame.scale])])
        rows, normalised = (
            hashlib.sha256(part.contiguous().numpy().data).hexdigest() for part in (self.x, frame)
        )
        return rows, normalised


@dataclass(frozen=True)
class WholeText:
    """All speeches, read by a model in contexts of `length` tokens after `layer` blocks.

    Of every `apart` speeches, from the oldest on, the middle one is held out. `n_drawn` places of the others, drawn with `seed`,
    are what SAEs see.

    >>> WholeText("SmolLM2-135M-Instruct", layer=4).name
    'SmolLM2-135M-Instruct, block 4, all speeches'
    """

    model: str
    layer: int
    n_drawn: int = 1_000_000
    length: int = 64
    apart: int = 16
    seed: int = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.model}, block {self.layer}, all speeches"

    def texts(self, held_out: bool) -> tuple[str, ...]:
        """The speeches that are held out, or the others.

        >>> from unittest.mock import patch
        >>> with patch("absorption.experiments.running_text.speeches", lambda: tuple("abcdef")):
        ...     WholeText("SmolLM2-135M-Instruct", 4, apart=3).texts(held_out=True)
        ('b', 'e')
        """
        return tuple(
            text for n, text in enumerate(speeches()) if (n % self.apart == self.apart // 2) == held_out
        )

    @property
    def table(self) -> HalfTable:
        """What SAEs are trained on; the last one that was read is kept in memory.

        Raises:
            FileNotFoundError: the model's package is not installed; the message gives the command.
            ValueError: the speeches hold fewer tokens than are to be drawn; no such model or block.
        """
        return _table(self)

    def counts(self) -> dict[str, int]:
        """How many `speeches` and `tokens` there are, and how many of either are held out (`held_out_speeches`, `held_out_tokens`)."""
        found = cached(
            "counts", lambda: _counts(self), made_by=__name__, parameters={"source": repr(self)},
            packages=("transformers",),
        )  # fmt: skip
        return {name: int(n) for name, n in found.items()}


def held_out(source: WholeText) -> HeldOutText:
    """Every token of the speeches that are held out, their contexts in an order that is drawn, so that no speech comes first.

    >>> from unittest.mock import patch
    >>> at, texts = "absorption.experiments.running_text", Cut(torch.tensor([[4, 5], [6, 0]]), torch.tensor([[True, True], [True, False]]))
    >>> def activations(_, contexts, wanted):
    ...     return torch.stack([contexts[wanted], torch.full((int(wanted.sum()),), 9)], -1).half()
    >>> with patch.multiple(at, open_model=lambda *_: None, _cut=lambda *_: texts, read_places=activations):
    ...     text = held_out(WholeText("SmolLM2-135M-Instruct", 2, length=2))
    >>> sorted(zip(text.tokens.tolist(), text.position.tolist())), text.raw[:, 0].tolist() == text.tokens.tolist()
    ([(4, 0), (5, 1), (6, 0)], True)
    """
    model = open_model(source.model, source.layer)
    texts = _cut(model, source, True)
    order = torch.randperm(len(texts.own), generator=torch.Generator().manual_seed(source.seed))
    contexts, own = texts.contexts[order], texts.own[order]
    raw = read_places(model, contexts, own).float()
    kept = ~attention_sinks(raw)
    position = torch.arange(source.length).expand(own.shape)[own]
    return HeldOutText(contexts[own][kept], position[kept], raw[kept])


@lru_cache(maxsize=1)
def _table(source: WholeText) -> HalfTable:
    model = open_model(source.model, source.layer)
    texts = _cut(model, source, False)
    wanted = drawn(texts.own, source.n_drawn, torch.Generator().manual_seed(source.seed))
    x = without_sinks(read_places(model, texts.contexts, wanted))
    return HalfTable(x, frame=frame_of(x))


def forget() -> None:
    """Let go of the table that is kept in memory.

    >>> forget()
    """
    _table.cache_clear()


def without_sinks(x: Float16[Tensor, "row d_model"]) -> Float16[Tensor, "kept d_model"]:
    """The rows that are no sinks of attention, moved together in place: another gigabyte is not asked for.

    >>> without_sinks(torch.tensor([[1.0, 0.0], [0.0, 9.0], [0.0, 1.0]]).half()).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    kept = ~attention_sinks(torch.cat([part.float().norm(dim=-1) for part in x.split(ROWS)])[:, None])
    filled = 0
    for part, keep in zip(x.split(ROWS), kept.split(ROWS), strict=True):
        rows = part[keep]
        x[filled : filled + len(rows)] = rows
        filled += len(rows)
    return x[:filled]


def frame_of(x: Float16[Tensor, "row d_model"]) -> Normalisation:
    """`Normalisation.of` the rows, in sums of float64 over some thousand rows at a time.

    >>> frame_of(torch.tensor([[0.0, 0.0], [4.0, 0.0]]).half())(torch.tensor([[0.0, 0.0], [4.0, 0.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    with threads(1):  # a sum's last bits depend on its parts
        total = torch.zeros(x.shape[1], dtype=torch.float64)
        for part in x.split(ROWS):
            total += part.double().sum(0)
        mean = (total / len(x)).float()
        lengths = sum((part.float() - mean).norm(dim=-1).double().sum() for part in x.split(ROWS))
    return Normalisation(mean, float(lengths / len(x)))


def _cut(model: LanguageModel, source: WholeText, held_out: bool) -> Cut:
    return cut(model, source.texts(held_out), source.length)


def _counts(source: WholeText) -> dict[str, Tensor]:
    model = open_model(source.model, 1)
    parts = {prefix: source.texts(out) for prefix, out in (("seen", False), ("held_out", True))}
    tokens = {prefix: cut(model, texts, source.length).n_tokens for prefix, texts in parts.items()}
    return {
        "speeches": torch.tensor(sum(map(len, parts.values()))),
        "tokens": torch.tensor(sum(tokens.values())),
        "held_out_speeches": torch.tensor(len(parts["held_out"])),
        "held_out_tokens": torch.tensor(tokens["held_out"]),
    }
