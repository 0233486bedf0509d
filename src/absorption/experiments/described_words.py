"""Words of several blocks with what a lexicon and their spelling say of them, and how SAEs that know a property judge it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.labelled import Labelled, known_to, only
from absorption.experiments.bank.wanted import WordsIn
from absorption.worlds.lexicons import properties


@dataclass(frozen=True, eq=False)
class Described:
    """Properties that enough words have: `names` and `kinds [property]`, and of each block the words, with `labels [word property]`."""

    names: list[str]
    kinds: np.ndarray
    labels: Mapping[int, Labelled]

    @classmethod
    def of(cls, sources: Mapping[int, WordsIn], least: int) -> "Described":
        """Of each block's words those that the lexicon knows; properties that `least` of them have at every block.

        >>> from types import SimpleNamespace
        >>> from unittest.mock import patch
        >>> words = SimpleNamespace(words=["quickly", "slowly", "France", "xyzzy"], letters=torch.tensor([16, 18, 5, 23]))
        >>> with patch.object(WordsIn, "read", lambda source: SimpleNamespace(words=words)):  # no model
        ...     found = Described.of({4: WordsIn("SmolLM2-135M-Instruct", 4)}, least=2)
        ...     spelled = found.spelled(least=1)[4]
        >>> found.names, found.kinds.tolist(), found.labels[4].rows.tolist()
        (['adverb', '-ly'], ['part of speech', 'surface'], [0, 1, 2])
        >>> found.always.astype(float).round(2).tolist(), spelled.holds.shape
        ([0.8, 0.8], torch.Size([3, 3]))

        Raises:
            ModuleNotFoundError, ValueError: as `worlds.lexicons.penn_tags`.
            FileNotFoundError: as `WordsIn.read`.
        """
        described = {at: _described(source) for at, source in sources.items()}
        every = next(iter(described.values()))[1]
        fewest = {name: min(int(of[name].holds.sum()) for _, of in described.values()) for name in every}
        names = [name for name in every if fewest[name] >= least]
        labels = {
            at: Labelled(sources[at], rows, torch.stack([of[name].holds for name in names], 1))
            for at, (rows, of) in described.items()
        }
        return cls(names, np.array([every[name].kind for name in names]), labels)

    @property
    def first(self) -> Labelled:
        """The words and labels of the first block."""
        return next(iter(self.labels.values()))

    @property
    def always(self) -> Float[np.ndarray, " property"]:
        """F1 of saying yes to every word of the first block."""
        share = self.first.holds.float().mean(0).numpy()
        return 2 * share / (1 + share)

    def spelled(self, least: int) -> dict[int, Labelled]:
        """The same words with first letters for labels, those that `least` words of the first block begin with."""
        letters = {at: by.source.read().words.letters[by.rows] for at, by in self.labels.items()}
        common = (next(iter(letters.values())).bincount(minlength=26) >= least).nonzero()[:, 0]
        return {
            at: Labelled(by.source, by.rows, letters[at][:, None] == common) for at, by in self.labels.items()
        }

    def of_kind(self, saes: Sequence[Judgement], kind: str) -> list[Judgement]:
        """The same SAEs, of one kind of property alone."""
        return [only(one, np.flatnonzero(self.kinds == kind).tolist()) for one in saes]

    def numbers(
        self, plain: Sequence[Judgement], nested: Sequence[Judgement], kinds: Mapping[str, str]
    ) -> dict[str, Float[np.ndarray, " sae"] | list[float]]:
        """What is said of each kind of property, a number an SAE that knows one: `<name>_above`, how much more properties are absorbed in
        full than matched half-spaces; `_full`, absorbed in full; `_fraction_above`, the absorbed fraction less theirs; `_free`, in full less
        free half-spaces; `_nested`, as `_above`, of nested SAEs. `kinds`: of each name the kind."""
        found: dict[str, Float[np.ndarray, " sae"] | list[float]] = {}
        of_plain = {name: self.of_kind(plain, kind) for name, kind in kinds.items()}
        found |= {f"{name}_above": above(saes) for name, saes in of_plain.items()}
        found |= {f"{name}_full": [one.mean("full") for one in saes] for name, saes in of_plain.items()}
        found |= {f"{name}_fraction_above": above(saes, "fraction") for name, saes in of_plain.items()}
        found |= {f"{name}_free": above(saes, "full", "free") for name, saes in of_plain.items()}
        return found | {f"{name}_nested": above(self.of_kind(nested, kind)) for name, kind in kinds.items()}

    def columns(
        self, every: Sequence[Judgement], some: Sequence[Judgement]
    ) -> dict[str, Float[np.ndarray, " property"]]:
        """Of each property, as a table says it: `always`, and means over `every` SAE and split; `known`: in how many of `some` it counts."""
        counted = np.isfinite(np.concatenate([one.by["letters"]["full"] for one in some])).mean(0)
        rates = {kind: over_all(every, "full", kind) for kind in ("letters", "matched", "free", "saebench")}
        return {
            "always": self.always, "F1": over_all(every, "f1"), "known": counted, "full": rates["letters"], "matched": rates["matched"],
            "free": rates["free"], "fraction": over_all(every, "fraction"), "SAEBench": rates["saebench"],
        }  # fmt: skip

    def share_of(self, first: str, second: str) -> float:
        """Of the first block's words with one property the share that have another, too; nan if one of the two is left out."""
        if not {first, second} <= set(self.names):
            return float("nan")
        holds = dict(zip(self.names, self.first.holds.T, strict=True))
        return float((holds[first] & holds[second]).sum() / holds[first].sum())


def known(saes: Sequence[Judgement], least: Float[np.ndarray, " label"]) -> list[Judgement]:
    """Each SAE with only those labels that its best latents tell with an F1 of `least`, as `bank.labelled.known_to`.

    >>> known([], np.array([0.4]))
    []
    """
    return [known_to(one, least) for one in saes]


def above(
    saes: Sequence[Judgement], measure: str = "full", null: str = "matched"
) -> Float[np.ndarray, " sae"]:
    """How far labels lie above half-spaces: one number an SAE that knows one of them.

    >>> rates = {"letters": {"full": np.array([[0.2]])}, "matched": {"full": np.array([[0.1]])}}
    >>> above([Judgement(rates, 0.7, 16.0, 0.0)])
    array([0.1])
    """
    each = np.array([one.above(measure, null) for one in saes])
    return each[np.isfinite(each)]


def of_labels(
    saes: Sequence[Judgement], measure: str = "full", kind: str = "letters"
) -> Float[np.ndarray, "label sae"]:
    """A number a label and SAE, the mean over the splits on which it is known; nan where there is none.

    >>> rates = {"letters": {"full": np.array([[0.2, np.nan], [0.4, np.nan]])}}
    >>> of_labels([Judgement(rates, 0.7, 16.0, 0.0)]).round(2).tolist()
    [[0.3], [nan]]
    """
    each = [np.ma.masked_invalid(one.by[kind][measure]).mean(0).filled(np.nan) for one in saes]
    return np.stack(each, 1)


def over_all(saes: Sequence[Judgement], measure: str, kind: str = "letters") -> Float[np.ndarray, " label"]:
    """A number a label: the mean over all SAEs and splits that have one.

    >>> rates = {"letters": {"full": np.array([[0.2, np.nan], [0.4, np.nan]])}}
    >>> over_all([Judgement(rates, 0.7, 16.0, 0.0)], "full").round(2).tolist()
    [0.3, nan]
    """
    each = np.concatenate([one.by[kind][measure] for one in saes])
    return np.ma.masked_invalid(each).mean(0).filled(np.nan)


def _described(source: WordsIn) -> tuple[Int64[Tensor, " word"], dict]:
    """The rows of the words that the lexicon knows, and their properties by name."""
    found = properties(source.read().words.words)
    rows = torch.stack([each.known for each in found]).all(0).nonzero()[:, 0]
    return rows, {each.name: each.at(rows) for each in found}
