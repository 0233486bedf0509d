"""How much of a silence has which reason: shares of words that fire again if a reason is taken away, and how the reasons share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

REASONS = ("exception", "threshold", "readout")
"""The encoder's part along the absorber; the threshold above zero; less of what the latent reads and writes than words have on which it fires."""
RECALLS = {"low": (0.0, 0.5), "middle": (0.5, 0.8), "high": (0.8, 1.01)}
"""Letters by the share of their training words on which their latent fires."""
SAID = {"low": "under half", "middle": "half to 0.8", "high": "0.8 or more"}
SHARES = (
    "absorbed", "alone_exception", "alone_without_sized", "alone_random", "alone_threshold", "alone_readout", "alone_letter", "close_elsewhere",
    "precise", "lowered", *(f"restored_{stratum}" for stratum in RECALLS),
)  # fmt: skip
"""Of what `read_off` gives, shares; `SIGNED` may be below zero."""
SIGNED = (
    "less_sized", "more_sized", "less_elsewhere", "less_alike", "more_elsewhere", "absorber", "readers", "encoder", "decoder", "word", "twin",
    "off_sized", "of_exception", "of_threshold", "of_readout",
)  # fmt: skip
OF_TIED = ("absorbed", "of_readout", "of_threshold")
"""What is said of SAEs with tied weights, which leave no room for an exception."""
OF_SECOND = (
    "absorbed", "alone_exception", "less_sized", "more_sized", "less_elsewhere", "of_exception", "explained", "dead", "f1",
)  # fmt: skip
"""What is said of a second model."""
LEAST = 5
"""An SAE with fewer absorbed words in a stratum says nothing about it."""


@dataclass(frozen=True, eq=False)
class Silence:
    """One SAE's absorbed words: `columns [pair]` and `numbers`, as `exempted.why_silent` gives them.

    >>> gains = {"exception": np.array([2.0, 0.0]), "threshold": np.array([0.6, 0.6]), "readout": np.array([0.5, 0.0])}
    >>> found = Silence({"short": np.array([1.0, 1.0])} | gains, {"judged": 40.0})
    >>> found.again("exception"), found.again("threshold", "readout"), found.absorbed
    (0.5, 0.5, 0.05)
    """

    columns: dict[str, Float[ndarray, " pair"]]
    numbers: dict[str, float]

    @classmethod
    def of(cls, found: Sequence[dict[str, object]]) -> "Silence":
        """Several splits as one: their words one after the other, the means of their numbers (the sum of `judged`).

        >>> one = {"short": np.array([1.0]), "judged": np.array(10.0), "f1": np.array(0.5)}
        >>> both = Silence.of([one, one])
        >>> both.columns["short"].tolist(), both.numbers
        ([1.0, 1.0], {'judged': 20.0, 'f1': 0.5})
        """
        parts = [{name: np.asarray(value, dtype=float) for name, value in one.items()} for one in found]
        columns = {n: np.concatenate([p[n] for p in parts]) for n, value in parts[0].items() if value.ndim}
        numbers = {n: np.array([p[n] for p in parts]) for n, value in parts[0].items() if not value.ndim}
        means = {
            n: float(v[np.isfinite(v)].mean()) if np.isfinite(v).any() else np.nan for n, v in numbers.items()
        }
        return cls(columns, means | {"judged": float(numbers["judged"].sum())})

    def __len__(self) -> int:
        """Absorbed words."""
        return len(self.columns["short"])

    @property
    def absorbed(self) -> float:
        """Their share of the words judged."""
        return len(self) / self.numbers["judged"]

    def where(self, these: Bool[ndarray, " pair"]) -> "Silence":
        """Some of the words."""
        return Silence({name: values[these] for name, values in self.columns.items()}, self.numbers)

    def close(self, null: str, within: float) -> "Silence":
        """The words whose latent `alike` or `elsewhere` leans so much like the absorber.

        >>> len(Silence({"short": np.ones(2), "off_alike": np.array([0.1, np.inf])}, {}).close("alike", 0.2))
        1
        """
        return self.where(self.columns[f"off_{null}"] <= within)

    def recalled(self, low: float, high: float) -> "Silence":
        """The words of letters whose latent fires on such a share of the letter's training words."""
        return self.where((self.columns["recall"] >= low) & (self.columns["recall"] < high))

    def mean(self, name: str) -> float:
        """Of a column over the words; nan where there are none."""
        return float(self.columns[name].mean()) if len(self) else np.nan

    def again_if(self, column: str, value: float) -> float:
        """Share of the words with this in a column that fire again without the exception; nan where there are fewer than `LEAST`.

        >>> columns = {"short": np.ones(5), "exception": np.full(5, 2.0), "knows": np.ones(5)}
        >>> Silence(columns, {}).again_if("knows", 1), Silence(columns, {}).again_if("knows", 0)
        (1.0, nan)
        """
        return _again(self.where(self.columns[column] == value), "exception")

    def again(self, *changes: str) -> float:
        """Share of the words that fire if all of these are added to the pre-activation; nan where there are none."""
        added = sum((self.columns[name] for name in changes), np.zeros(len(self)))
        return float((added > self.columns["short"]).mean()) if len(self) else np.nan

    def shared(self) -> dict[str, float]:
        """Each reason's share of the words, Shapley's: what its being taken away adds, averaged over the orders in which all are; and
        the share on which the latent is `still` silent without any of them.

        >>> gains = {"exception": np.array([2.0]), "threshold": np.array([0.6]), "readout": np.array([0.5])}
        >>> {name: round(share, 3) for name, share in Silence({"short": np.array([1.0])} | gains, {}).shared().items()}
        {'exception': 0.667, 'threshold': 0.167, 'readout': 0.167, 'still': 0.0}
        """
        orders = list(permutations(REASONS))
        shares = dict.fromkeys(REASONS, 0.0)
        for order in orders:
            for at, reason in enumerate(order):
                shares[reason] += (self.again(*order[: at + 1]) - self.again(*order[:at])) / len(orders)
        return shares | {"still": 1 - self.again(*REASONS)}


def read_off(one: Silence, within: float) -> dict[str, float]:
    """What the page asks of one SAE, by name; nan where it has fewer than `LEAST` absorbed words to answer with.

    Means of columns by their names; `absorbed`, and the numbers by theirs. `less_…`: the absorber's cosine less that of `sized`, `alike`, `elsewhere`, the
    last two on the words whose latent leans so to `within`, a share `close_…`. `alone_…`: words that fire again by one change; `more_sized`, `more_elsewhere`:
    how much the exception is ahead of `without_sized`, and of `as_elsewhere` on the same words (`as_elsewhere`: that share). `of_…`: as `Silence.shared`.
    `restored_…`, `sized_…`, `words_…`: by recall, `RECALLS`.

    >>> gains = dict.fromkeys(("exception", "without_sized", "as_elsewhere", "random", *REASONS, "letter"), np.ones(5))
    >>> more = dict.fromkeys(("absorber", "sized", "alike", "elsewhere", "recall", "off_alike", "off_elsewhere"), np.full(5, 0.1))
    >>> found = read_off(Silence({"short": np.full(5, 0.5)} | gains | more, {"judged": 50.0}), within=0.2)
    >>> found["absorbed"], found["alone_exception"], found["more_elsewhere"], found["words_low"]
    (0.1, 1.0, 0.0, 1.0)
    """
    changes = ("random", "without_sized", *REASONS, "letter")
    found = {name: _mean(one, name) for name in one.columns} | one.numbers | {"absorbed": one.absorbed}
    found |= {f"alone_{change}": _again(one, change) for change in changes}
    found |= {
        "less_sized": found["absorber"] - found["sized"],
        "more_sized": found["alone_exception"] - found["alone_without_sized"],
    }
    for null in ("alike", "elsewhere"):
        like = one.close(null, within)
        found |= {
            f"close_{null}": len(like) / len(one) if len(one) else np.nan,
            f"less_{null}": _mean(like, "absorber") - _mean(like, null),
        }
    found |= {"as_elsewhere": _again(like, "as_elsewhere")}
    found |= {"more_elsewhere": _again(like, "exception") - found["as_elsewhere"]}
    shares = one.shared() if len(one) >= LEAST else {}
    found |= {f"of_{reason}": shares.get(reason, np.nan) for reason in (*REASONS, "still")}
    for stratum, ends in RECALLS.items():
        these = one.recalled(*ends)
        found |= {
            f"restored_{stratum}": _again(these, "exception"),
            f"sized_{stratum}": _again(these, "without_sized"),
            f"words_{stratum}": len(these) / len(one) if len(one) else np.nan,
        }
    return found


def _mean(one: Silence, name: str) -> float:
    return one.mean(name) if len(one) >= LEAST else np.nan


def _again(one: Silence, change: str) -> float:
    return one.again(change) if len(one) >= LEAST else np.nan


def mean_of(found: Sequence[dict[str, float]], measure: str) -> float:
    """Over the SAEs that answer; nan where none does.

    >>> mean_of([{"absorbed": 0.5}, {"absorbed": np.nan}], "absorbed")
    0.5
    """
    values = [one[measure] for one in found if np.isfinite(one[measure])]
    return float(np.mean(values)) if values else np.nan


def gathered(
    found: Sequence[dict[str, float]], measures: Sequence[str], prefix: str = ""
) -> dict[str, list[float]]:
    """By the name of the evidence, `prefix` and the measure, a number an SAE.

    >>> gathered([{"absorbed": 0.5}, {"absorbed": 0.25}], ["absorbed"], "tied_")
    {'tied_absorbed': [0.5, 0.25]}
    """
    return {prefix + measure: [one[measure] for one in found] for measure in measures}


def by_block(
    found: Sequence[dict[str, float]], measure: str, layers: Sequence[int]
) -> dict[str, list[float]]:
    """Of each block the SAEs, which come block by block, as many of each.

    >>> by_block([{"f1": 0.5}, {"f1": 0.25}], "f1", (4, 11))
    {'block 4': [0.5], 'block 11': [0.25]}
    """
    values = np.array([one[measure] for one in found]).reshape(len(layers), -1).tolist()
    return {f"block {layer}": of for layer, of in zip(layers, values, strict=True)}


def by_recall(found: Sequence[dict[str, float]]) -> dict[str, dict[str, str]]:
    """For a table: of each stratum of letters the share of the absorbed words, and the shares of these that fire again.

    >>> one = {f"{name}_{stratum}": 0.5 for name in ("words", "restored", "sized") for stratum in RECALLS}
    >>> by_recall([one])["0.8 or more"]["fire again"]
    '50%'
    """
    titles = {
        "of the absorbed words": "words",
        "fire again": "restored",
        "without the other latent's part": "sized",
    }
    shares = {
        stratum: {title: mean_of(found, f"{name}_{stratum}") for title, name in titles.items()}
        for stratum in RECALLS
    }
    return {
        SAID[stratum]: {title: f"{share:.0%}" if np.isfinite(share) else "–" for title, share in row.items()}
        for stratum, row in shares.items()
    }
