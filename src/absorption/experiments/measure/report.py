"""What a measurement found, in plain numbers: documented, typed, and the same after a round trip through JSON."""

import json
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Good = Literal["high", "low", "one"]


@dataclass(frozen=True)
class Metric:
    """What is measured: the key it has in a report, its title, which way is good, and what it says in one sentence."""

    name: str
    title: str
    good: Good
    meaning: str


METRICS = (
    Metric("probe_f1", "probe F1", "high", "how well a linear probe finds the label's held-out words"),
    Metric(
        "best_f1",
        "best latent F1",
        "high",
        "how well the label's best latent, cut where it is best on training words, finds held-out words",
    ),
    Metric(
        "main",
        "main latents",
        "one",
        "how many latents the label is split over: each raised the F1 of a sparse probe by .03",
    ),
    Metric(
        "silent",
        "silent",
        "low",
        "on how many of the words that the probe finds no main latent of the label fires",
    ),
    Metric(
        "full",
        "full absorption",
        "low",
        "on how many of these words, moreover, one other latent carries the label (SAEBench's full absorption)",
    ),
    Metric(
        "fraction",
        "absorption fraction",
        "low",
        "what share of the label other latents carry beside the main ones (SAEBench's absorption fraction)",
    ),
    Metric(
        "causal",
        "causal absorption",
        "low",
        "on how many of the words that the model spells rightly taking out one other latent costs the answer most",
    ),
)
"""In the order in which they are shown."""

RATES = ("silent", "full", "fraction")
"""Those of which the report says whether they tell labels from half-spaces."""


@dataclass(frozen=True)
class Number:
    """A mean over splits with the 95% interval around it; None where it is not available.

    `n` is what it rests on: words (all splits together) for a label, half-spaces for a null, labels for a mean over labels.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


NOT_AVAILABLE = Number(None, None, None, 0)


@dataclass(frozen=True)
class Beside:
    """A label's number beside the same number for half-spaces that mean nothing.

    `free` ones have as many words as the label and pass the probe's rule; `matched` ones, moreover, are served by a latent of
    this SAE as well as the label is by its own. `difference` is the label's number less the matched null's.
    """

    label: Number
    free: Number
    matched: Number
    difference: Number


@dataclass(frozen=True)
class MainLatent:
    """A latent that stands for a label: in how many splits it was chosen, and how its firing finds all of the label's words."""

    latent: int
    splits: int
    precision: float
    recall: float
    f1: float
    cosine: float
    top_words: tuple[str, ...]


@dataclass(frozen=True)
class Absorber:
    """A latent that absorbs words: how many (all splits together), its cosine with the probe, its strongest words."""

    latent: int
    words: int
    cosine: float
    top_words: tuple[str, ...]


@dataclass(frozen=True)
class LabelReport:
    """One label. Where `not_available` gives a reason it was not rated, and its numbers are not there."""

    label: str
    words: int
    judged: int
    """Held-out words that the probe finds, all splits together."""
    not_available: str | None
    metrics: Mapping[str, Beside]
    """By the name of the metric; what was not measured is not there."""
    by_saebench: Mapping[str, Number]
    """Main latents and rates as SAEBench chooses main latents and counts what the probe finds."""
    main: tuple[MainLatent, ...]
    main_by_saebench: tuple[int, ...]
    absorbers: tuple[Absorber, ...]


@dataclass(frozen=True)
class Word:
    """A held-out word that the probe finds, in one split.

    `latent` is the one that carries most of the label, `share` how much of it; `full`: absorbed in full.
    """

    split: int
    label: str
    word: str
    silent: bool
    full: bool
    fraction: float
    latent: int
    activation: float
    cosine: float
    share: float


@dataclass(frozen=True)
class MeasuredSAE:
    """What was measured: name, architecture, sizes, how its conventions were read, a hash of its decoder.

    Explained variance, mean number of active latents and the share of latents that are never active are those on the
    task's words.
    """

    name: str
    architecture: str
    d_in: int
    d_sae: int
    notes: tuple[str, ...]
    decoder_sha256: str
    explained_variance: float
    l0: float
    dead: float


@dataclass(frozen=True)
class MeasuredOn:
    """The activations: model, its weights' identity, after how many blocks, how words were read; the task and its words.

    `left_out` says how many words of the task were left out, by reason; `splits` and `half_spaces` (of each kind, a split) are
    as asked for, half-spaces rounded up so that every label has as many.
    """

    model: str
    identity: str
    layer: int | None
    read: str
    task: str
    words: int
    left_out: Mapping[str, int]
    splits: int
    half_spaces: int


@dataclass(frozen=True)
class Report:
    """What one SAE does with the labels of a task, beside half-spaces that mean nothing.

    >>> sae = MeasuredSAE("mine", "topk", 64, 512, (), "00", explained_variance=0.8, l0=8.0, dead=0.0)
    >>> on = MeasuredOn("tiny", "none", 2, "alone", "letters", 100, {}, splits=3, half_spaces=50)
    >>> report = Report(sae, on, {}, {}, {}, (), (), {"absorption": "0.1.0"})
    >>> Report.from_json(report.to_json()) == report
    True

    `overall` and `overall_by_saebench` are means over the labels that are available, which are taken as fixed; `tells` says for
    each rate whether the interval of the difference from the matched null leaves out zero (None: not available).
    """

    sae: MeasuredSAE
    on: MeasuredOn
    overall: Mapping[str, Beside]
    overall_by_saebench: Mapping[str, Number]
    tells: Mapping[str, bool | None]
    labels: tuple[LabelReport, ...]
    words: tuple[Word, ...]
    versions: Mapping[str, str]

    def to_json(self) -> str:
        """As text; the titles of the metrics and which way is good go with it."""
        shown = {"metrics": [asdict(metric) for metric in METRICS]}
        return json.dumps(shown | asdict(self), ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Back from `to_json`.

        Raises:
            ValueError: the text is no report of this version.
        """
        try:
            return _read(cls, json.loads(text))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no report of this version of absorption ({error!r}).") from error


def _read(kind: Any, value: Any) -> Any:
    """A JSON value as the annotated type says."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{each.name: _read(hints[each.name], value[each.name]) for each in fields(kind)})  # pyright: ignore
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _read(next(one for one in inside if one is not type(None)), value)
    if origin is tuple:
        return tuple(_read(inside[0], each) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(inside[1], each) for key, each in value.items()}
    return float(value) if kind is float else value
