"""What an SAE is asked about: the words that a model writes as one token, and which labels each has."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from absorption.experiments.measure.errors import CannotMeasureError
from absorption.measures.labels import one_hot
from absorption.worlds.language import LanguageModel
from absorption.worlds.text import LETTERS, WORD_START, vocabulary_words

LEAST_FREQUENCY = 1e-7
"""Of an English word, in wordfreq's list; vocabularies of many languages hold mostly others."""


@dataclass(frozen=True)
class Task:
    """Words `[word]` with their token ids, and `labels [word label]` with the labels' names.

    >>> task = Task("colours", ("red", "sky"), torch.tensor([5, 7]), torch.tensor([[True], [False]]), ("colour",), {})
    >>> task.select(torch.tensor([True, False]), "too long").left_out
    {'too long': 1}
    """

    name: str
    words: tuple[str, ...]
    token_ids: Int64[Tensor, " word"]
    labels: Bool[Tensor, "word label"]
    label_names: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    def select(self, kept: Bool[Tensor, " word"], reason: str) -> "Task":
        """Without the words for which `kept` is false, which are counted under a reason."""
        words = tuple(word for word, keep in zip(self.words, kept.tolist(), strict=True) if keep)
        lost = len(self.words) - len(words)
        left_out = {**self.left_out, reason: lost} if lost else self.left_out
        return Task(self.name, words, self.token_ids[kept], self.labels[kept], self.label_names, left_out)


def task_of(spec: str | Path, model: LanguageModel) -> Task:
    """`letters`, or what a CSV file of the columns word and label says.

    >>> import tempfile
    >>> from torch import nn
    >>> class Tokenizer:
    ...     def get_vocab(self): return {" red": 0, " pea": 1}
    >>> model = LanguageModel("tiny", "by hand", 1, 4, 0, "float32", Tokenizer(), nn.Identity())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "colours.csv").write_text("word,label\\nred,colour\\nred,short\\npea,short\\nbluish,colour\\n", encoding="utf-8")
    ...     task = task_of(Path(folder, "colours.csv"), model)
    >>> task.words, task.label_names, task.labels.tolist(), task.left_out
    (('red', 'pea'), ('colour', 'short'), [[True, True], [False, True]], {'no single token': 1})

    Raises:
        FileNotFoundError: there is no such file.
        CannotMeasureError: it is no such table, or the model has none of its words.
    """
    return _letters(model) if str(spec) == "letters" else _table(Path(spec), model)


def _letters(model: LanguageModel) -> Task:
    """First letters of the English words among the model's tokens of a space and three letters or more."""
    from wordfreq import word_frequency

    found = vocabulary_words(model.vocabulary())
    task = Task("letters", found.words, found.token_ids, one_hot(found.letters, 26) > 0, tuple(LETTERS))
    is_english = [word_frequency(word, "en") >= LEAST_FREQUENCY for word in found.words]
    task = task.select(torch.tensor(is_english), "no English word")
    if not task.words:
        raise CannotMeasureError(f"{model.name} has no English word of three letters or more as one token.")
    return task


def _table(path: Path, model: LanguageModel) -> Task:
    """A CSV file of word and label, one row a pair; a word with no label has an empty one."""
    labels = _read(path)
    ids = single_tokens(list(labels), model)
    known = {word: token for word, token in ids.items() if token is not None}
    if not known:
        raise CannotMeasureError(f"{path}: {model.name} writes none of its {len(ids)} words as one token.")
    names = tuple(dict.fromkeys(label for word in known for label in labels[word]))
    holds = torch.tensor([[name in labels[word] for name in names] for word in known], dtype=torch.bool)
    lost = len(ids) - len(known)
    return Task(
        path.name, tuple(known), torch.tensor(list(known.values())), holds.reshape(len(known), len(names)), names,
        {"no single token": lost} if lost else {},
    )  # fmt: skip


def _read(path: Path) -> dict[str, list[str]]:
    """Each word's labels, in the order of the file."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; --task is `letters` or a CSV file of the columns word and label."
        )
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns, rows = reader.fieldnames or [], list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CannotMeasureError(f"{path} is no CSV file in UTF-8 ({error}).") from error
    if not {"word", "label"} <= set(columns):
        raise CannotMeasureError(
            f"{path} needs the columns word and label in its first line, and has {', '.join(columns) or 'none'}."
        )
    found: dict[str, list[str]] = {}
    for row in rows:
        word, label = ((row[name] or "").strip() for name in ("word", "label"))
        if word:
            found.setdefault(word, []).extend([label] if label else [])
    if not any(found.values()):
        raise CannotMeasureError(f"{path} has no word with a label.")
    return found


def single_tokens(words: Sequence[str], model: LanguageModel) -> dict[str, int | None]:
    """For each word the id of the token that is a space and the word; None where there is none.

    >>> from torch import nn
    >>> class Tokenizer:
    ...     def get_vocab(self): return {"▁red": 3}
    >>> model = LanguageModel("tiny", "by hand", 1, 4, 0, "float32", Tokenizer(), nn.Identity())
    >>> single_tokens(["red", "blue"], model)
    {'red': 3, 'blue': None}

    Byte-level vocabularies write letters beyond ASCII in a code of their own, so the tokenizer is asked for those.
    """
    vocabulary = model.vocabulary()
    found: dict[str, int | None] = {}
    for word in words:
        written = (vocabulary[start + word] for start in WORD_START if start + word in vocabulary)
        found[word] = next(written, None)
    other = [word for word, token in found.items() if token is None and not word.isascii()]
    for word in other:
        ids = model.tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
        found[word] = ids[0] if len(ids) == 1 else None
    return found


def too_few(labels: Bool[Tensor, "word label"], names: Sequence[str], least: int) -> dict[str, str]:
    """Why labels cannot be rated whatever the SAE is: too few words with them, or without them.

    >>> too_few(torch.tensor([[True, True], [False, True]]), ["a", "b"], least=1)
    {'b': '0 words are without it, 1 are asked for'}
    """
    found = {}
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise CannotMeasureError(f"two labels have the name {repeated[0]!r}.")
    for name, n in zip(names, labels.sum(0).tolist(), strict=True):
        if n < least:
            found[name] = f"{n} words have it, {least} are asked for"
        elif len(labels) - n < least:
            found[name] = f"{len(labels) - n} words are without it, {least} are asked for"
    return found
