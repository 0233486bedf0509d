"""One SAE of the bank examined on one split: letters alone, and letters beside half-spaces of both kinds.

The yardstick (the split, the probes of letters and of free half-spaces) is the same for every SAE of a block and is made before.
Matched half-spaces are each SAE's own, and their probes are fitted within the time. Where `$SAEBENCH_PYTHON` names a Python that
has SAEBench, `against_saebench.py` is handed the same SAE, activations and probes.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from jaxtyping import Bool
from torch import Tensor

from absorption.experiments.bank import Table
from absorption.experiments.bank.catalogue import CATALOGUES
from absorption.experiments.bank.judging import Judging, encode_active, judge_stack
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import N_LETTERS, Yardstick
from absorption.experiments.controls import with_l0
from absorption.measures.halfspaces import free_directions, furthest
from absorption.measures.judged import Probed
from absorption.saes import SAEStack
from absorption.saes.exchange.saelens import to_saelens
from benchmarks.evaluation import saebench_answers
from benchmarks.measure import STEPS, fastest
from benchmarks.row import Row

MODEL, LAYER, SEED, L0, SPLIT = "SmolLM2-135M-Instruct", 11, 2000, 16, 0
EACH = 2
"""Half-spaces of each kind a letter."""
LETTERS, WITH_NULLS = 1.5, 6.0
"""Seconds that it may take."""
REPEATS = 5
"""Of which the median counts."""


@dataclass(frozen=True)
class Null:
    """Free half-spaces: which words are inside, and their probes."""

    labels: Bool[Tensor, "word half_space"]
    probed: Probed


def rows() -> Iterable[Row]:
    """Both beside their bars, and letters beside SAEBench where it can be run."""
    by, stack = opened()
    null = free(by)
    letters = timed(lambda: judge_stack(stack, by, nulls=False))
    matched = examined(stack, by, null)
    together = timed(lambda: examined(stack, by, null))
    least, probing = floors(stack, by, matched)
    what = f"{stack.d_sae} latents, k = {L0}, {len(by.x)} words, one split; median of {REPEATS}"
    yield Row(
        "one SAE examined: letters", letters, LETTERS, LETTERS / letters, least, "s",
        f"{MODEL}, block {LAYER}, {what}; all metrics but ablations; peer: the bar; floor: the encoder's product",
    )  # fmt: skip
    yield Row(
        "one SAE examined: letters and both nulls", together, WITH_NULLS, WITH_NULLS / together, least + probing, "s",
        f"{what}; {null.labels.shape[1]} free half-spaces and {matched} matched ones; peer: the bar; floor: the encoder's product, and "
        f"two products of every matched half-space's probe with the words in each of {STEPS} steps",
    )  # fmt: skip
    python = os.environ.get("SAEBENCH_PYTHON")
    if python:
        seconds = by_saebench(python, stack, by)
        yield Row(
            "one SAE examined: letters, beside SAEBench", letters, seconds, seconds / letters, least, "s",
            f"{what}; peer: SAEBench's code, handed our activations, SAE and probes",
        )  # fmt: skip


def opened() -> tuple[Yardstick, SAEStack]:
    """The words, and the bank's SAE at its L0, which is trained if it is not there."""
    (wanted,) = CATALOGUES["laptop"].wanted([LAYER], ["plain"], [SEED], [MODEL])
    return on_words(wanted)


def on_words(wanted: Wanted) -> tuple[Yardstick, SAEStack]:
    """Of any SAE on words."""
    assert isinstance(wanted.source, WordsIn)
    read = wanted.source.read()
    stack = with_l0(wanted.get()[0], Table(read.x), L0)
    return Yardstick.of(read.x, read.words.letters, SPLIT), stack


def free(by: Yardstick) -> Null:
    """Half-spaces in random directions, `EACH` a letter."""
    sizes = by.labels[:, : by.n_letters].sum(0).repeat(EACH)
    directions = free_directions(by.x, len(sizes), torch.Generator().manual_seed(SEED))
    labels = furthest(by.x @ directions.T, sizes)
    return Null(labels, Probed.of(by.x, labels, by.split, by.fit))


@torch.no_grad()
def examined(stack: SAEStack, by: Yardstick, null: Null) -> int:
    """What `judge_stack` does, with `EACH` half-spaces of each kind a letter; how many matched ones there are."""
    n = by.n_letters
    judging = Judging(encode_active(stack, by.x), stack.dictionary[0], stack.b_dec[0], by)
    letters, probed = by.labels[:, :n], by.probed.first(n)
    main = judging.main_of(letters)
    judging.rates(probed, letters, main)
    judging.rates(probed, letters, judging.their_main_of(letters))
    judging.rates(null.probed, null.labels, judging.main_of(null.labels))
    matched = judging.tilted(letters, main, EACH)[0]
    judging.learned()
    return len(matched)


def timed(call: Callable[[], object]) -> float:
    """Seconds, the median of several."""

    def once() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return median(once() for _ in range(REPEATS))


def floors(stack: SAEStack, by: Yardstick, half_spaces: int) -> tuple[float, float]:
    """Seconds of the encoder's product, and of the products that fit so many probes."""
    some, train = by.x[:4096], by.x[by.split.train]
    weights = torch.randn(half_spaces, by.x.shape[1])
    encoding = fastest(lambda: some @ stack.W_enc[0]) * len(by.x) / len(some)
    return encoding, STEPS * fastest(lambda: (weights @ train.T) @ train)


def by_saebench(python: str, stack: SAEStack, by: Yardstick) -> float:
    """Its seconds for main latents and both metrics of letters."""
    split, letters = by.split, by.labels[:, :N_LETTERS].int().argmax(1)
    probed = by.probed.first(N_LETTERS)
    z = encode_active(stack, by.x)
    main = Judging(z, stack.dictionary[0], stack.b_dec[0], by).main_of(by.labels[:, :N_LETTERS])
    given = {
        "train": by.x[split.train],
        "train_letters": letters[split.train],
        "test": by.x[split.held_out],
        "test_letters": letters[split.held_out],
        "judged": torch.searchsorted(split.held_out, probed.word.sort().values),
        "probe_weight": probed.probe.weight,
        "probe_bias": probed.probe.bias,
        "main": main.mask,
    }
    with tempfile.TemporaryDirectory() as folder:
        return sum(saebench_answers(python, Path(folder), to_saelens(stack, 0), given)["seconds"].values())
