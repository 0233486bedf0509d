"""Absorption of one SAE, all 26 letters, by all three metrics: our seconds, and SAEBench's on the same SAE.

SAEBench states its own times: about half an hour to collect activations and train probes, then ten minutes an SAE (its
`evals/absorption/README.md`: Gemma-2-2B, on a GPU). Where `$SAEBENCH_PYTHON` names a Python that has SAEBench,
`against_saebench.py` also hands it our SAE, activations and probes, and what it finds is held against what we find.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import torch
from safetensors.torch import save_file
from torch import Tensor

from absorption.experiments.bank import Schedule, Table, encode_rows, trained
from absorption.measures.absorption import absorption_fraction, full_absorption, letter_rates
from absorption.measures.absorption_causal import Ablations, answer_margin, causal_absorption
from absorption.measures.letters import Examined, Words, examine
from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.saes.exchange.saelens import to_saelens
from absorption.worlds.language import load
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.spelling import Prompt, Speller
from absorption.worlds.text import vocabulary_words, word_frequencies
from benchmarks.row import Row

MODEL, LAYER, D_SAE, K, SCHEDULE = "SmolLM2-135M-Instruct", 4, 1024, 8, Schedule(600_000, 1024, 5e-3)
JUDGED, ABLATED, REPEATS = 80, 40, 3
"""Words a letter at most, of which so many silent ones are ablated; evaluations, of which the median counts."""
STATED_SETUP, STATED = 30 * 60.0, 10 * 60.0
"""Seconds, by SAEBench's own README."""


@dataclass(frozen=True)
class Task:
    """What every SAE of a layer shares: words with probes, those that are judged, and the model that spells them."""

    words: Words
    token_ids: Tensor
    scale: float
    speller: Speller
    judged: Tensor
    margin: Tensor


def rows() -> Iterable[Row]:
    """Set-up, evaluation, and SAEBench's calculation where it can be run."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, ABSORPTION_CACHE=folder):
        start = time.perf_counter()
        task = set_up()
        setting_up = time.perf_counter() - start
        table = Table(task.words.x, task.words.p)
        stack = trained(table, Recipe(BatchTopK(K)), D_SAE, 0, SCHEDULE)
        evaluations = [timed(task, stack) for _ in range(REPEATS)]
        by_carrying, by_ablating = (median(column) for column in zip(*evaluations, strict=True))
        world = f"{MODEL}, layer {LAYER}, {len(task.words.text)} words in a ten-shot prompt, two cores"
        stated = "peer: SAEBench's README, not measured here: Gemma-2-2B, a model 19 times as large, on a GPU"
        yield Row(
            "absorption, set-up of a layer", setting_up, STATED_SETUP, None, None, "s",
            f"activations, probes and answers; {world}; {stated}",
        )  # fmt: skip
        ours = by_carrying + by_ablating
        yield Row(
            f"absorption of one SAE, {D_SAE} latents, three metrics", ours, STATED, None, None, "s",
            f"{len(task.judged)} words of 26 letters: main latents, full and fraction {by_carrying:.1f} s, every ablation "
            f"{by_ablating:.1f} s; {world}; {stated}, two metrics",
        )  # fmt: skip
        python = os.environ.get("SAEBENCH_PYTHON")
        if python:
            yield beside_saebench(python, task, stack, by_carrying, Path(folder))


def set_up() -> Task:
    """The world of the page on absorbing latents: the words in the prompt, the probes, and which words are judged."""
    model = load(MODEL, layer=LAYER, whole=True)
    vocabulary = vocabulary_words(model.vocabulary())
    frequencies = word_frequencies(vocabulary.words).float()
    common = frequencies.argsort(descending=True)[:3000]
    examples = common[torch.randperm(len(common), generator=torch.Generator().manual_seed(0))[:10]]
    speller = Speller(model, Prompt.of(model, [vocabulary.words[i] for i in examples]))
    raw = speller.activations(vocabulary.token_ids)
    kept = ~attention_sinks(raw)
    kept[examples] = False
    known, raw, p = vocabulary.select(kept), raw[kept], frequencies[kept] / frequencies[kept].sum()
    frame = Normalisation.of(raw, p)
    words = Words.of(known.words, known.letters, p, frame(raw))
    asked = torch.cat([words.judged[words.letters[words.judged] == letter][:JUDGED] for letter in range(26)])
    answers = speller.answers(known.token_ids[asked])
    spelled = answers.said == words.letters[asked]
    margin = answer_margin(answers.capitals, words.letters[asked])
    return Task(words, known.token_ids, frame.scale, speller, asked[spelled], margin[spelled])


def timed(task: Task, stack: SAEStack) -> tuple[float, float]:
    """Seconds of what needs the latents only, and of what needs the model."""
    start = time.perf_counter()
    z = encode_rows(stack, 0, task.words.x)
    found = examine(task.words, z, stack.dictionary[0])
    between = time.perf_counter()
    by_causal(task, found, z, stack.dictionary[0])
    return between - start, time.perf_counter() - between


def by_causal(task: Task, found: Examined, z: Tensor, dictionary: Tensor) -> Tensor:
    """The causal metric's rate of each letter: every active latent is taken out on the silent words."""
    at = torch.searchsorted(task.words.judged, task.judged)
    c, y = found.carried, task.words.letters[task.judged]
    silent = c.silent[at].nonzero()[:, 0]
    chosen = torch.cat([silent[y[silent] == letter][:ABLATED] for letter in range(26)])
    active, latent = (z[task.judged[chosen]] > 0).nonzero(as_tuple=True)
    runs = Ablations(chosen[active], latent)
    changes = task.scale * runs.changes(z[task.judged], dictionary)
    logits = task.speller.edited(task.token_ids[task.judged[runs.word]], changes)
    effects = answer_margin(logits, y[runs.word]) - task.margin[runs.word]
    absorbed = causal_absorption(runs, effects, c.cosine[at], c.silent[at]).absorbed
    every = torch.ones(len(at), dtype=torch.bool)
    return letter_rates(absorbed.float(), y, every, c.silent[at]).rate


def beside_saebench(python: str, task: Task, stack: SAEStack, ours: float, folder: Path) -> Row:
    """SAEBench's seconds for the same words, and how far its numbers are from ours."""
    words, split = task.words, task.words.split
    z = encode_rows(stack, 0, words.x)
    found = examine(words, z, stack.dictionary[0])
    given = {
        "train": words.x[split.train],
        "train_letters": words.letters[split.train],
        "test": words.x[split.held_out],
        "test_letters": words.letters[split.held_out],
        "judged": torch.searchsorted(split.held_out, words.judged),
        "probe_weight": words.probe.weight,
        "probe_bias": words.probe.bias,
        "main": found.main.mask,
    }
    theirs = saebench_answers(python, folder, to_saelens(stack, 0), given)
    peer = sum(theirs["seconds"].values())
    return Row(
        "absorption of one SAE, beside SAEBench on the same machine", ours, peer, peer / ours, None, "s",
        f"main latents, full and fraction; peer: SAEBench's code, handed our activations, SAE and probes: main latents "
        f"{theirs['seconds']['main latents']:.0f} s, {len(words.judged)} words {theirs['seconds']['metrics']:.0f} s; "
        + agreement(words, found, theirs),
    )  # fmt: skip


def saebench_answers(python: str, folder: Path, sae: Any, given: dict[str, Tensor]) -> dict[str, Any]:
    """What `against_saebench.py` writes about a SAELens SAE and what it is given."""
    sae.save_model(folder / "sae")
    save_file({name: value.contiguous() for name, value in given.items()}, folder / "given.safetensors")
    script = Path(__file__).with_name("against_saebench.py")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, str(script), str(folder)], env=environment, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        raise RuntimeError(f"SAEBench's side failed:\n{done.stderr[-2000:]}")
    return json.loads((folder / "theirs.json").read_text(encoding="utf-8"))


def agreement(words: Words, found: Examined, theirs: dict[str, Any]) -> str:
    """Word by word with our main latents; letter by letter with its own."""
    y, c = words.letters[words.judged], found.carried
    every = torch.ones(len(y), dtype=torch.bool)
    ours = {"full": full_absorption(c).absorbed.float(), "fraction": absorption_fraction(c)}
    same = {name: (torch.tensor(theirs["given"][name]) - value).abs() for name, value in ours.items()}
    by_letter = {
        name: [
            letter_rates(score, y, every, c.silent).rate
            for score in (value, torch.tensor(theirs["chosen"][name]))
        ]
        for name, value in ours.items()
    }
    first = [own[0] for own in theirs["main"]]
    same_first = int((found.main.latents[:, 0] == torch.tensor(first)).sum())
    letters = "; ".join(
        f"{name} {rates[0].nanmean():.4f} and {rates[1].nanmean():.4f}, largest difference of a letter "
        f"{(rates[0] - rates[1]).abs().nan_to_num().max():.3f}"
        for name, rates in by_letter.items()
    )
    return (
        f"with the same main latents full differs on {int((same['full'] > 0).sum())} of them, the fraction by at most "
        f"{same['fraction'].max():.1g}; with main latents chosen by each (the same first one for {same_first} of 26 letters) "
        f"the means over letters, ours and SAEBench's, are: {letters}"
    )
