"""The activations of every word that Gemma 3 270M reads alone, after ten blocks: in float32, and as the book reads them, in bfloat16 where that is faster.

The peer is the plain way, as Transformers' users do it: the first token and the word together. It is timed on some of the words. Where the
model is not installed nothing is measured, and a line says so.
"""

import sys
import time
from collections.abc import Iterable
from unittest import mock

import torch
from torch import Tensor, nn

from absorption.runtime.precision import bfloat16_is_faster
from absorption.worlds import residuals
from absorption.worlds.language import LanguageModel
from absorption.worlds.packaged import load_parted, not_installed
from absorption.worlds.text import vocabulary_words
from benchmarks.measure import fastest
from benchmarks.row import Row

MODEL, LAYER, BAR, ASKED = "gemma-3-270m", 10, 45.0, 57_673
SOME = 4096
"""Words that the peer reads."""


def rows() -> Iterable[Row]:
    """In float32 and as the book reads."""
    missing = not_installed(MODEL)
    if missing:
        print(f"not run: activations of {MODEL}: {missing}", file=sys.stderr)
        return
    models = [load_parted(MODEL, LAYER, linear="float32")]
    if bfloat16_is_faster():
        models.append(load_parted(MODEL, LAYER))
    yield from map(row, models)


def row(model: LanguageModel) -> Row:
    """Our seconds, the peer's for as many words in the same precision, and those of the products alone."""
    words = vocabulary_words(model.vocabulary()).token_ids
    some = words[:: len(words) // SOME][:SOME]
    seconds_of(model, some[:256])  # threads are started and kernels chosen
    with mock.patch.object(residuals, "can_be_kept", lambda model: False):
        peer, plain = seconds_of(model, some)
    ours, kept = seconds_of(model, some)
    same = "the same bits" if torch.equal(plain, kept) else "other bits"
    every = seconds_of(model, words)[0]
    kind = "" if model.linear == "float32" else f", products in {model.linear}"
    return Row(
        f"activations of {len(words):,} words, ten blocks{kind}", every, peer * len(words) / SOME, peer / ours, floor(model, len(words)), "s",
        f"{MODEL}; {every * ASKED / len(words):.1f} s for {ASKED:,} words, for which the bar is {BAR:.0f} s; peer: Transformers reads the first token and the word, {SOME} words, times "
        f"{len(words) / SOME:.1f}: {same}; the ratio is that of {SOME} words; floor: the blocks' products, a row a word",
    )  # fmt: skip


def seconds_of(model: LanguageModel, words: Tensor) -> tuple[float, Tensor]:
    """Of reading words, past the cache; and the activations."""
    start = time.perf_counter()
    found = residuals._run(model, words[:, None])
    return time.perf_counter() - start, found


def floor(model: LanguageModel, words: int, rows: int = 1024) -> float:
    """Seconds of the linear maps alone, each the fastest of several for some rows."""
    weights = [getattr(m, "weight", None) for m in model.body.modules() if not isinstance(m, nn.Embedding)]
    shapes = [tuple(weight.shape) for weight in weights if weight is not None and weight.ndim == 2]
    dtype = getattr(torch, model.linear)
    once = {shape: product(shape, rows, dtype) for shape in set(shapes)}
    return sum(once[shape] for shape in shapes) * words / rows


def product(shape: tuple[int, ...], rows: int, dtype: torch.dtype) -> float:
    """Seconds of one linear map."""
    weight, x = torch.randn(shape).to(dtype), torch.randn(rows, shape[1]).to(dtype)
    with torch.no_grad():
        return fastest(lambda: nn.functional.linear(x, weight))
