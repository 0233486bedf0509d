"""Measure an SAE: on a model's words, or on any activations with any labels."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.measure.encoded import Progress, encoded, quietly
from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.one_split import Subject, measured_split
from absorption.experiments.measure.reading import ReadTask, read_task
from absorption.experiments.measure.report import (
    RATES,
    LabelReport,
    MeasuredOn,
    MeasuredSAE,
    Report,
)
from absorption.experiments.measure.summary import Summary, split_arrays, tells
from absorption.experiments.measure.tasks import Task, too_few
from absorption.measures import saebench
from absorption.measures.labels import Labels, one_hot
from absorption.saes.exchange.dictionary import Dictionary, as_dictionary
from absorption.saes.exchange.load import load_dictionary
from absorption.worlds.language import LanguageModel
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.text import LETTERS

LEAST_WORDS = 50
"""A label is rated if so many words have it, and so many have it not."""


def measure(
    sae: Any,
    model: str | Path | LanguageModel,
    layer: int | None = None,
    task: str | Path = "letters",
    splits: int = 3,
    null: int = 50,
    causal: bool = False,
    device: str = "cpu",
    revision: str | None = None,
    sae_revision: str | None = None,
    progress: Progress = quietly,
) -> Report:
    """Measure what an SAE absorbs of the labels of a task, beside half-spaces that mean nothing.

    >>> import tempfile
    >>> import torch
    >>> from pathlib import Path
    >>> from unittest.mock import patch
    >>> class Tokenizer:  # a model of 200 words, and their activations, in place of one that reads
    ...     def get_vocab(self): return {f" w{i}": i for i in range(200)}
    >>> model = LanguageModel("tiny", "by hand", 1, 6, 0, "float32", Tokenizer(), torch.nn.Linear(1, 1))
    >>> x = torch.rand(200, 6, generator=torch.Generator().manual_seed(0))
    >>> rows = "".join(f"w{i},large\\n" if x[i, 0] > 0.5 else f"w{i},\\n" for i in range(200))
    >>> sae = {"W_enc": torch.eye(6), "W_dec": torch.eye(6)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "task.csv").write_text("word,label\\n" + rows, encoding="utf-8")
    ...     with patch("absorption.experiments.measure.reading.word_activations", lambda model, ids: x[ids]):
    ...         report = measure(sae, model, task=Path(folder, "task.csv"), splits=1, null=2)
    >>> [main.latent for main in report.labels[0].main]
    [0]

    Args:
        sae: What `load_dictionary` opens by its name, a SAELens SAE, a `SAEStack` of one, a mapping of tensors, or a `Dictionary`.
        model: What `open_model` opens by its name, or a model that is open.
        layer: After how many blocks the SAE reads the residual stream; an open model knows.
        task: `letters`, or a CSV file of the columns word and label (several rows a word allowed).
        splits: Into training and held-out words.
        null: Half-spaces of each kind in each split, rounded up so that every label has as many.
        causal: Also ask the model for first letters with latents taken out. Words are then read in the ten-shot prompt in
            which it is asked, and all numbers are of these activations.
        device: A torch device for the model and the SAE.
        revision, sae_revision: Full commit hashes of what comes from a hub.
        progress: Goes through a list and shows how far it is, such as `runtime.progress.track`.

    Raises:
        CannotMeasureError: SAE, activations and task do not fit together.
        FileNotFoundError, ValueError, HubError: as `load_dictionary`, `open_model` and `task_of` raise them.
    """
    dictionary = opened(sae, sae_revision, device)
    if isinstance(model, LanguageModel):
        reader = model
    elif layer is None:
        raise CannotMeasureError(
            "layer is missing: after how many blocks does the SAE read the residual stream?"
        )
    else:
        reader = open_model(model, layer, revision, device, whole=causal)
    asked = read_task(reader, task, causal, progress)
    return measured(dictionary, asked, splits, null, progress)


def measure_activations(
    sae: Any,
    x: Float[Tensor, "word d_in"],
    words: Sequence[str],
    labels: Labels,
    label_names: Sequence[str] | None = None,
    splits: int = 3,
    null: int = 50,
    progress: Progress = quietly,
) -> Report:
    """Measure an SAE on activations that are there already, with any labels.

    >>> import torch
    >>> letters, generator = torch.arange(300) % 2, torch.Generator().manual_seed(0)
    >>> x = torch.cat([torch.nn.functional.one_hot(letters, 2), torch.rand(300, 6, generator=generator)], 1)
    >>> words = [f"{letter}{i}" for i, letter in enumerate(letters.tolist())]
    >>> sae = {"W_enc": torch.eye(8), "W_dec": torch.eye(8)}
    >>> report = measure_activations(sae, x, words, letters, ["even", "odd"], splits=1, null=2)
    >>> report.overall["probe_f1"].label.value, report.overall["full"].label.value
    (1.0, 0.0)

    Args:
        sae: As `measure` takes it.
        x: Activations, in the frame in which the SAE takes them.
        words: What each row is, to be shown.
        labels: One index a row, or a table of truth values, a column a label.
        label_names: Of the labels; left out, letters if there are 26, else numbers.
        splits, null, progress: As `measure` takes them.

    Raises:
        CannotMeasureError: SAE, activations and labels do not fit together.
    """
    n_labels = int(labels.max()) + 1 if labels.ndim == 1 else labels.shape[1]
    names = label_names or (LETTERS if n_labels == 26 else [str(i) for i in range(n_labels)])
    if not len(x) == len(words) == len(labels) or len(names) != n_labels:
        raise CannotMeasureError(
            f"x, words and labels have {len(x)}, {len(words)} and {len(labels)} rows, and {n_labels} labels {len(names)} names."
        )
    given = Task(
        "labels given", tuple(words), torch.arange(len(words)), one_hot(labels, n_labels) > 0, tuple(names)
    )
    digest = hashlib.sha256(x.detach().cpu().contiguous().numpy().data).hexdigest()
    read = ReadTask(
        given, x.detach().float().cpu(), "activations given", f"sha256:{digest}", None, "as given", None
    )
    return measured(opened(sae), read, splits, null, progress)


def opened(sae: Any, revision: str | None = None, device: str = "cpu") -> Dictionary:
    """The SAE in the form in which it is measured.

    >>> import torch
    >>> opened({"W_enc": torch.eye(3), "W_dec": torch.eye(3)}).d_sae
    3
    """
    if isinstance(sae, Dictionary):
        return sae
    return load_dictionary(sae, revision, device) if isinstance(sae, str | Path) else as_dictionary(sae)


def measured(dictionary: Dictionary, read: ReadTask, splits: int, null: int, progress: Progress) -> Report:
    """The report on one SAE for a task that was read.

    >>> import torch
    >>> letters, generator = torch.arange(300) % 2, torch.Generator().manual_seed(0)
    >>> x = torch.cat([torch.nn.functional.one_hot(letters, 2), torch.rand(300, 6, generator=generator)], 1)
    >>> words = [f"{letter}{i}" for i, letter in enumerate(letters.tolist())]
    >>> task = Task("parity", tuple(words), torch.arange(300), one_hot(letters, 2) > 0, ("even", "odd"))
    >>> read = ReadTask(task, x, "made", "none", None, "as made", None)
    >>> whole = opened({"W_enc": torch.eye(8), "W_dec": torch.eye(8)})
    >>> measured(whole, read, splits=1, null=2, progress=quietly).on.half_spaces
    2
    """
    if splits < 1 or null < 1:
        raise CannotMeasureError(f"splits and null must be at least 1, not {splits} and {null}.")
    task = read.task
    lacking = too_few(task.labels, task.label_names, LEAST_WORDS)
    names = [name for name in task.label_names if name not in lacking]
    if not names:
        name, why = next(iter(lacking.items()))
        raise CannotMeasureError(f"no label has enough words: {name!r}, for one: {why}.")
    known = torch.tensor([name not in lacking for name in task.label_names])
    made = encoded(dictionary, read.x, progress)
    subject = Subject(
        Normalisation.of(read.x)(read.x), made.written, made.z,
        dictionary.W_dec.detach().float().cpu().contiguous(), task.labels[:, known],
    )  # fmt: skip
    each = -(-null // len(names))
    fingerprint = subject.fingerprint()
    found = [
        measured_split(subject, fingerprint, seed, each, progress, f"split {seed + 1} of {splits}")
        for seed in range(splits)
    ]
    causal = read.causal(subject, names, found[0], progress) if read.causal else None
    summary = Summary(subject, task.words, names, [split_arrays(each) for each in found], causal)
    reports = {name: summary.label_report(i) for i, name in enumerate(names)}
    for name, reason in lacking.items():
        n = int(task.labels[:, task.label_names.index(name)].sum())
        reports[name] = LabelReport(name, n, 0, reason, {}, {}, (), (), ())
    overall = {name: each.mean(summary.rated) for name, each in summary.numbers.items()}
    return Report(
        sae=MeasuredSAE(
            dictionary.name, dictionary.architecture, dictionary.d_in, dictionary.d_sae, dictionary.notes,
            hashlib.sha256(subject.dictionary.numpy().data).hexdigest(),
            *(round(each, 6) for each in (made.explained, made.l0, made.dead)),
        ),
        on=MeasuredOn(
            read.model, read.identity, read.layer, read.read, task.name, len(task.words), task.left_out, splits,
            each * len(names),
        ),
        overall=overall,
        overall_by_saebench={name: number.mean(summary.rated) for name, number in summary.theirs.items()},
        tells={name: tells(overall[name].difference) for name in RATES},
        labels=tuple(reports[name] for name in task.label_names),
        words=summary.judged_words(),
        versions={package: version(package) for package in ("torch", "sae-lens")}
        | {"absorption": _own_version(), "rule of SAEBench": saebench.VERSION},
    )  # fmt: skip


def _own_version() -> str:
    """Of this package; from the sources where it is not installed."""
    try:
        return version("absorption")
    except PackageNotFoundError:
        return "not installed"
