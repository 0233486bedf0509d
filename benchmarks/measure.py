"""One SAE of 16,384 latents at d_model 640 measured beside 50 half-spaces of each kind in three splits; SAEBench on the same SAE.

The SAE is made, not trained: words are sums of a few of 16,384 random directions, one of them their letter's, and the latents are
these directions under a TopK. That it absorbs nothing does not matter here: the work is the same.
Where `$SAEBENCH_PYTHON` names a Python that has SAEBench, `against_saebench.py` is handed the SAE, one split of the words and our
probes, and does for one split without half-spaces what we do for three with them.
"""

import json
import os
import resource
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from absorption.experiments.measure.encoded import ROWS_AT_ONCE
from absorption.experiments.measure.measuring import measured, opened
from absorption.experiments.measure.one_split import split_of
from absorption.experiments.measure.reading import ReadTask
from absorption.experiments.measure.tasks import Task
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import Probed
from absorption.measures.labels import one_hot
from absorption.runtime.paths import root
from absorption.runtime.progress import track
from benchmarks.evaluation import saebench_answers
from benchmarks.row import Row

WORDS, D_IN, D_SAE, K, TRUE_L0 = 57_673, 640, 16_384, 32, 12
SPLITS, NULL = 3, 50
SECONDS, GIBIBYTES = 90.0, 4.0
"""What it may take after the activations."""
STEPS = 18
"""Of the probes, to converge."""
REPEATS = 2
"""Measurements, of which the fastest counts; memory is the largest."""


def rows() -> Iterable[Row]:
    """Our seconds and memory, in a process of their own, beside the bars; SAEBench's seconds where it can be run."""
    runs = [in_a_process_of_its_own() for _ in range(REPEATS)]
    seconds, least = (min(each[name] for each in runs) for name in ("seconds", "floor"))
    gibibytes, half_spaces = (max(each[name] for each in runs) for name in ("gibibytes", "half_spaces"))
    steps = f"floor: the encoder's product, and two products of every probe with the words in each of {STEPS} steps"
    what = f"{D_SAE} latents, {D_IN} dimensions, {WORDS} words, {SPLITS} splits, {half_spaces} half-spaces of each kind"
    yield Row(
        "absorption measure, after the activations", seconds, SECONDS, SECONDS / seconds, least, "s",
        f"{what}; fastest of {REPEATS}; peer: the bar; {steps}",
    )  # fmt: skip
    yield Row(
        "absorption measure, largest process", gibibytes, GIBIBYTES, GIBIBYTES / gibibytes, None, "GiB",
        f"{what}; what the process held at most; peer: the bar",
    )  # fmt: skip
    python = os.environ.get("SAEBENCH_PYTHON")
    if python:
        peer = sum(by_saebench(python).values())
        yield Row(
            "absorption measure, beside SAEBench on the same SAE", seconds, peer, peer / seconds, None, "s",
            f"{what}; peer: SAEBench's code for one split and no half-spaces, handed our activations, SAE and probes",
        )  # fmt: skip


def in_a_process_of_its_own() -> dict[str, Any]:
    """What `main` prints, with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure"],
            cwd=root(),
            env=os.environ | {"ABSORPTION_CACHE": folder},
            capture_output=True,
            encoding="utf-8",
        )
    if done.returncode:
        raise RuntimeError(f"the measurement failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def by_saebench(python: str) -> dict[str, float]:
    """SAEBench's seconds by stage."""
    x, letters, directions = world(WORDS, D_SAE)
    with tempfile.TemporaryDirectory() as folder:
        handed = given(x, letters, directions)
        return saebench_answers(python, Path(folder), saelens_sae(directions), handed)["seconds"]


def main(n_words: int = WORDS, d_sae: int = D_SAE, splits: int = SPLITS) -> None:
    """Measure once and print seconds and memory."""
    x, letters, directions = world(n_words, d_sae)
    dictionary = opened(saelens_sae(directions))
    start = time.perf_counter()
    report = measured(dictionary, read(x, letters), splits, NULL, track)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    answer = {"seconds": seconds, "gibibytes": peak, "half_spaces": report.on.half_spaces}
    print(json.dumps(answer | {"floor": floor(x, directions, splits, 26 + 2 * report.on.half_spaces)}))


def floor(x: Tensor, directions: Tensor, splits: int, probes: int) -> float:
    """Seconds of the products alone, each the fastest of several."""
    some, train = x[:ROWS_AT_ONCE], x[: round(0.8 * len(x))]
    encoder, weights = directions.T.contiguous(), torch.randn(probes, x.shape[1])
    encoding = fastest(lambda: some @ encoder) * len(x) / len(some)
    return encoding + splits * STEPS * fastest(lambda: (weights @ train.T) @ train)


def fastest(call: Callable[[], Tensor]) -> float:
    def once() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return min(once() for _ in range(10))


def world(n_words: int, d_sae: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Activations `[word d_in]`, letters `[word]`, and the directions `[d_sae d_in]` whose sums the activations are."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(d_sae, D_IN, generator=generator), dim=1)
    how_often = torch.arange(1, 27).float() ** -0.7
    letters = torch.multinomial(how_often, n_words, replacement=True, generator=generator)
    zipf = torch.arange(1, d_sae - 25).float() ** -0.6
    others = 26 + torch.multinomial(zipf, n_words * TRUE_L0, replacement=True, generator=generator)
    sizes = 0.5 + torch.rand(n_words, TRUE_L0 + 1, generator=generator)
    of_word = torch.cat([letters[:, None], others.view(n_words, TRUE_L0)], 1)
    x = torch.nn.functional.embedding_bag(of_word, directions, per_sample_weights=sizes, mode="sum")
    return x, letters, directions


def saelens_sae(directions: Tensor) -> Any:
    """A SAELens TopK SAE with these directions."""
    from sae_lens import TopKSAE, TopKSAEConfig

    sae = TopKSAE(
        TopKSAEConfig(d_in=directions.shape[1], d_sae=len(directions), k=K, dtype="float32", device="cpu")
    )
    weights = {
        "W_enc": directions.T,
        "W_dec": directions,
        "b_enc": torch.zeros(len(directions)),
        "b_dec": torch.zeros(directions.shape[1]),
    }
    sae.load_state_dict({name: value.clone().contiguous() for name, value in weights.items()})
    return sae


def read(x: Tensor, letters: Tensor) -> ReadTask:
    words = tuple(f"{string.ascii_lowercase[letter]}{i}" for i, letter in enumerate(letters.tolist()))
    task = Task(
        "letters", words, torch.arange(len(x)), one_hot(letters, 26) > 0, tuple(string.ascii_lowercase)
    )
    return ReadTask(task, x, "made", "none", None, "as made", None)


def given(x: Tensor, letters: Tensor, directions: Tensor) -> dict[str, Tensor]:
    """What SAEBench's side is handed: our first split, probes and main latents."""
    labels = one_hot(letters, 26) > 0
    split = split_of(labels, 0)
    probed = Probed.of(x - x.mean(0), labels, split)
    encode = opened(saelens_sae(directions)).encode
    z = ActiveLatents.joined([ActiveLatents.of(encode(x[rows])) for rows in split.train.split(1024)])
    return {
        "train": x[split.train],
        "train_letters": letters[split.train],
        "test": x[split.held_out],
        "test_letters": letters[split.held_out],
        "judged": torch.searchsorted(split.held_out, probed.word.sort().values),
        "probe_weight": probed.probe.weight,
        "probe_bias": probed.probe.bias - probed.probe.weight @ x.mean(0),
        "main": main_latents(z, labels[split.train]).mask,
    }


if __name__ == "__main__":
    main()
