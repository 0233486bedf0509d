"""Names where they are met in running text, among the words around them.

A name such as *Costa Rica* is several tokens, and only its last one comes after all of it: that is where a causal
model can know the name. `mentions` cuts a window of tokens around each mention and lists the places in it that end
a word or a name; everything else (punctuation, pieces of words, the inner tokens of a name) is left out.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

BEFORE, AFTER = 600, 300  # letters of text that are read around a mention: enough for a window of 64 tokens


@dataclass(frozen=True)
class Mentions:
    """Windows of text, and the places in them that end a word or a name.

    >>> import torch
    >>> zeros = torch.zeros(3, dtype=torch.int64)
    >>> twice = Mentions(zeros[None], ("Peru", "coast", "Peru"), zeros, torch.arange(3), zeros.bool())
    >>> twice.at_most(1).position.tolist()
    [0, 1]

    `contexts [context position]` are token ids; place i ends `spelled[i]`, at `position [place]` of window
    `context [place]`, and is a name where `named [place]`.
    """

    contexts: Int64[Tensor, "context position"]
    spelled: tuple[str, ...]
    context: Int64[Tensor, " place"]
    position: Int64[Tensor, " place"]
    named: Bool[Tensor, " place"]

    def at_most(self, n: int) -> "Mentions":
        """The first `n` places of every spelling."""
        seen: dict[str, int] = {}
        rows = []
        for row, spelling in enumerate(self.spelled):
            seen[spelling] = seen.get(spelling, 0) + 1
            if seen[spelling] <= n:
                rows.append(row)
        kept = torch.tensor(rows, dtype=torch.int64)
        return Mentions(
            self.contexts, tuple(self.spelled[row] for row in rows),
            self.context[kept], self.position[kept], self.named[kept],
        )  # fmt: skip


def mentions(
    tokenizer: Any,
    texts: Sequence[str],
    names: Collection[str],
    generator: torch.Generator,
    length: int = 32,
    per_name: int = 3,
    first: int = 8,
) -> Mentions:
    """At most `per_name` windows around mentions of each name, drawn at random, and the words in them.

    >>> import re
    >>> import torch
    >>> def tokenizer(text, **options):  # a word a token
    ...     spans = [word.span() for word in re.finditer("[A-Za-z]+", text)]
    ...     return {"input_ids": list(range(len(spans))), "offset_mapping": spans}
    >>> texts, generator = ["so " * 20 + "Peru " + "so " * 20], torch.Generator().manual_seed(0)
    >>> found = mentions(tokenizer, texts, ["Peru"], generator, length=16)
    >>> found.contexts.shape, found.spelled
    (torch.Size([1, 16]), ('Peru',))

    Args:
        tokenizer: Of the language model that will read the windows; a fast one, which knows where its tokens lie.
        texts: Where names are looked for. *New Mexico* mentions no Mexico: what follows *New* is skipped, unless
            *New* is part of the name.
        names: As they are spelled; of two that begin at one place the longer one is meant.
        generator: Draws the mentions, and where in its window each one stands.
        length: Tokens a window.
        per_name: Windows a name.
        first: Places before this one have too little context and are left out.

    Raises:
        ValueError: no name is mentioned.
    """
    pattern = re.compile(
        r"(?<!New )\b("
        + "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
        + r")\b"
    )
    found: dict[str, list[tuple[int, int, int]]] = {}
    for i, text in enumerate(texts):
        for match in pattern.finditer(text):
            found.setdefault(match[0], []).append((i, match.start(), match.end()))
    windows, places = [], []
    for name in sorted(found):
        at = found[name]
        for pick in map(int, torch.randperm(len(at), generator=generator)[:per_name]):
            i, start, end = at[pick]
            piece = texts[i][max(0, start - BEFORE) : end + AFTER]
            window = _window(tokenizer, piece, end - max(0, start - BEFORE), length, first, generator)
            if window is None:
                continue
            ids, spans = window
            places += [
                (len(windows), *place) for place in _places(piece, spans, pattern) if place[0] >= first
            ]
            windows.append(ids)
    if not windows:
        raise ValueError("texts mention none of the names.")
    context, position, spelled, named = zip(*places, strict=True)
    return Mentions(
        torch.tensor(windows), spelled, torch.tensor(context), torch.tensor(position), torch.tensor(named)
    )


def _window(
    tokenizer: Any, piece: str, end: int, length: int, first: int, generator: torch.Generator
) -> tuple[list[int], list[tuple[int, int]]] | None:
    """Token ids and letter spans of a window in which the name that ends at letter `end` has a random place."""
    read = tokenizer(piece, add_special_tokens=False, return_offsets_mapping=True)
    ids, spans = read["input_ids"], read["offset_mapping"]
    last = next(t for t, span in enumerate(spans) if span[1] >= end)
    begin = last - int(torch.randint(first, length, (1,), generator=generator))
    begin = min(begin, len(ids) - length)
    if begin < 0 or spans[last][1] != end:
        return None
    return ids[begin : begin + length], spans[begin : begin + length]


def _places(
    piece: str, spans: Sequence[tuple[int, int]], pattern: re.Pattern[str]
) -> list[tuple[int, str, bool]]:
    """Position, spelling and whether it is a name, of every word or name that ends with a token of the window."""
    position_of_end = {span[1]: position for position, span in enumerate(spans)}
    begin, names = spans[0][0], list(pattern.finditer(piece))
    inside = {letter for match in names for letter in range(match.start(), match.end())}
    found = [(m.end(), m[0], True) for m in names if m.start() >= begin]
    words = re.finditer(r"(?<![\w'’-])[A-Za-z]{3,}(?![\w'’-])", piece)
    found += [(m.end(), m[0], False) for m in words if m.start() >= begin and m.start() not in inside]
    places = [
        (position_of_end[end], spelled, named) for end, spelled, named in found if end in position_of_end
    ]
    return sorted(places)
