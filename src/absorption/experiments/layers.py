"""Two layers, an SAE and a meta-SAE of its rows: what the second finds in the first, and what both read off the input together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from sklearn.metrics import average_precision_score
from torch import Tensor

from absorption.experiments.detected import (
    beside,
    beside_row,
    named,
    on_own_row,
    over_pairs,
    parents_read,
    probed,
    scored,
)
from absorption.experiments.extremes import extreme, of_both
from absorption.experiments.families import Families
from absorption.experiments.starts import absorbing
from absorption.experiments.taking_apart import Dictionaries, MetaCodes, built
from absorption.measures.detectors import decoder_cosine, shared_code

Read = Mapping[str, Float[ndarray, "world measure"]]
"""By code: F1, recall and precision at telling where the parents are."""


@dataclass(frozen=True)
class Layers:
    """One kind of world: SAEs and meta-SAEs of their rows (trained, as drawn, of shuffled rows), and both for features that only point alike."""

    found: Dictionaries
    meta: MetaCodes
    untrained: MetaCodes
    of_shuffled: MetaCodes
    oblique: Dictionaries
    of_oblique: MetaCodes

    @cached_property
    def rates(self) -> dict[str, Float[ndarray, "world absorbers_others"]]:
        """What `named` says of meta-SAEs, of untrained ones, and of the rows themselves."""
        metas = {"trained": self.meta, "untrained": self.untrained, "row": beside_row(self.found)}
        return {name: named(self.found, meta) for name, meta in metas.items()}

    def less(self, of: str = "trained") -> Float[ndarray, " world"]:
        """How often it fires on absorbers, less how often on others."""
        return self.rates[of][:, 0] - self.rates[of][:, 1]

    @cached_property
    def on_own(self) -> Float[ndarray, " world"]:
        """How often the parent's meta-latent fires on the parent's own row."""
        return on_own_row(self.found, self.meta)

    @cached_property
    def scores(self) -> dict[str, Float[Tensor, "world d_sae d_sae"]]:
        """Every detector's score of all ordered pairs."""
        return scored(self.found, self.meta)

    @cached_property
    def areas(self) -> dict[str, Float[ndarray, " world"]]:
        """Of every detector, the area under the ROC curve over all pairs."""
        return {name: over_pairs(self.found, of) for name, of in self.scores.items()}

    @cached_property
    def precise(self) -> dict[str, Float[ndarray, " world"]]:
        """Of every detector, the average precision over all pairs."""
        return {name: over_pairs(self.found, of, average_precision_score) for name, of in self.scores.items()}

    @cached_property
    def besides(self) -> dict[str, Float[ndarray, " world"]]:
        """Of every detector, the area beside features that only point alike."""
        other = scored(self.oblique, self.of_oblique)
        return {name: beside(self.found, of, self.oblique, other[name]) for name, of in self.scores.items()}

    @cached_property
    def absorbed(self) -> Float[ndarray, " world"]:
        """Which share of the children have absorbed their parent."""
        return _absorbed(self.found)

    @cached_property
    def cosines(self) -> tuple[Float[ndarray, " world"], Float[ndarray, " world"]]:
        """Of parents' and children's rows; of features that only point alike."""
        found, oblique = (
            np.nanmean(of.of_pairs(decoder_cosine(of.rows)).numpy(), axis=1)
            for of in (self.found, self.oblique)
        )
        return found, oblique

    @cached_property
    def of_children(self) -> dict[str, Float[ndarray, " world"]]:
        """F1 at telling where the children are, of the best latent and of the best meta-latent."""
        codes = {"latent": self.found.acts, "layers": self.found.acts @ self.meta.codes}
        return {name: parents_read(self.found, of, children=True)[:, 0] for name, of in codes.items()}


def read_off(
    found: Dictionaries, meta: MetaCodes, untrained: MetaCodes, of_shuffled: MetaCodes, n_probed: int
) -> Read:
    """What tells where the parents are: latents, both layers (trained, untrained, of shuffled rows), rows alone, a probe.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> from absorption.experiments.taking_apart import built
    >>> worlds = families([0], "apart")
    >>> found = built(worlds, *absorbing(worlds.features, worlds.pairs))
    >>> rows = beside_row(found)
    >>> {code: round(float(of[0, 0]), 2) for code, of in read_off(found, rows, rows, rows, n_probed=1).items()}
    {'best latent': 0.61, 'both layers': 1.0, 'untrained': 1.0, 'x·d': 1.0, 'shuffled': 1.0, 'probe': 1.0}

    Args:
        found: SAEs. meta, untrained, of_shuffled: their meta-SAEs.
        n_probed: Worlds that get a probe.
    """
    acts = found.acts
    return {
        "best latent": parents_read(found, acts),
        "both layers": parents_read(found, acts @ meta.codes),
        "untrained": parents_read(found, acts @ untrained.codes),
        "x·d": parents_read(found, found.worlds.states @ found.rows.mT),
        "shuffled": parents_read(found, acts @ of_shuffled.codes),
        "probe": probed(found, n_probed),
    }


def short(detector: str) -> str:
    """A detector's name as part of the name of a number.

    >>> short("meta-SAE"), short("co-firing")
    ('meta', 'co_firing')
    """
    return detector.removesuffix("-SAE").replace("-", "_")


def summarised(kinds: Mapping[str, Layers], read: Mapping[str, Read]) -> dict[str, Float[ndarray, " world"]]:
    """Every number that the page of meta-SAEs reports, by its name there; NaN where a world has none.

    >>> import torch
    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> from absorption.experiments.taking_apart import built
    >>> worlds, merely = families([0], "apart"), families([0], "oblique")
    >>> found, oblique = built(worlds, *absorbing(worlds.features, worlds.pairs)), built(merely, merely.features, torch.linalg.inv(merely.features))
    >>> rows, others = beside_row(found), beside_row(oblique)
    >>> kinds = dict.fromkeys(("apart", "meeting"), Layers(found, rows, rows, rows, oblique, others))
    >>> read = dict.fromkeys(("apart", "meeting", "oblique, apart"), read_off(found, rows, rows, rows, n_probed=1))
    >>> numbers = summarised(kinds, read)
    >>> numbers["found_apart"].tolist(), numbers["layered_more"].tolist()  # rows find as much, trained or not
    ([1.0], [0.0])

    Args:
        kinds: `apart` and `meeting`.
        read: What is read off each, and, as `oblique, apart`, off features that only point alike.
    """
    every = list(kinds.values())
    f1 = {where: {code: of[:, 0] for code, of in codes.items()} for where, codes in read.items()}
    apart, meeting, oblique = (f1[where] for where in ("apart", "meeting", "oblique, apart"))
    n = every[0].found.rows.shape[1]
    numbers = {
        "on_own_row": of_both(of.on_own for of in every),
        "found_untrained": extreme((of.less("untrained") for of in every), max),
        "parent_fires": of_both(of.rates["trained"][:, 0] for of in every),
        "parent_fires_others": of_both(of.rates["trained"][:, 1] for of in every),
        "parent_fires_untrained": of_both(of.rates["untrained"][:, 0] for of in every),
        "layered_beyond_rows": apart["both layers"] - apart["x·d"],
        "layered_children": kinds["apart"].of_children["layers"] - kinds["apart"].of_children["latent"],
        "layered_more": apart["both layers"] - np.maximum(apart["best latent"], apart["untrained"]),
        "layered_meeting": meeting["both layers"] - meeting["best latent"],
        "layered_oblique": oblique["both layers"] - oblique["best latent"],
        "unexplained_worst": extreme((s.unexplained for of in every for s in (of.found, of.oblique)), max),
        "absorbed_least": extreme((of.absorbed for of in every), min),
        "prevalence": of_both(of.absorbed for of in every) * len(every[0].found.worlds.pairs) / (n * (n - 1)),
        "cosine_gap": max((np.subtract(*of.cosines) for of in every), key=lambda gap: abs(gap.mean())),
        "auc_shuffled": of_both(over_pairs(of.found, shared_code(of.of_shuffled.codes)) for of in every),
        "oblique_absorbed": of_both(_absorbed(of.oblique) for of in every),
    }
    for kind, of in kinds.items():
        numbers |= {f"found_{kind}": of.less(), f"row_{kind}": of.less("row")}
        numbers |= {f"fires_{kind}": of.rates["trained"][:, 0]}
        numbers |= {f"specific_{short(name)}_{kind}": of.besides[name] for name in ("meta-SAE", "cosine")}
        numbers |= {f"auc_{short(name)}_{kind}": area for name, area in of.areas.items()}
    for name in every[0].areas:
        beside_oblique = "specific" if name == "meta-SAE" else f"specific_{short(name)}"
        numbers[f"auc_{short(name)}"] = of_both(of.areas[name] for of in every)
        numbers[beside_oblique] = of_both(of.besides[name] for of in every)
    return numbers


def in_words(
    kinds: Mapping[str, Layers], read: Mapping[str, Read], codes: Mapping[str, str]
) -> dict[str, float]:
    """Means that prose gives beside those of `summarised`.

    `others_kind`, `fires_untrained_kind`, `row_fires_kind`, …: how often meta-latents, untrained ones and rows fire;
    `f1_kind_code`, `recall_kind_code`, `precision_kind_code`; `children_kind_layer`; `ap_detector`; `cosine_absorbed`, `cosine_oblique`.

    Args:
        kinds, read: As for `summarised`.
        codes: Of which of the codes, and by which names.

    >>> import torch
    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> from absorption.experiments.taking_apart import built
    >>> worlds = families([0], "apart")
    >>> found = built(worlds, *absorbing(worlds.features, worlds.pairs))
    >>> rows = beside_row(found)
    >>> read = dict.fromkeys(("apart", "oblique, apart"), read_off(found, rows, rows, rows, n_probed=1))
    >>> numbers = in_words({"apart": Layers(found, rows, rows, rows, found, rows)}, read, {"both layers": "layers"})
    >>> numbers["row_fires_apart"], numbers["f1_oblique_layers"]
    (1.0, 1.0)
    """
    every = list(kinds.values())
    numbers = {"mcc_oblique": np.mean([of.oblique.mcc.mean() for of in every])}
    for at, name in enumerate(("cosine_absorbed", "cosine_oblique")):
        numbers[name] = np.mean([of.cosines[at].mean() for of in every])
    for name in every[0].scores:
        numbers[f"ap_{short(name)}"] = np.nanmean(of_both(of.precise[name] for of in every))
    for kind, of in kinds.items():
        numbers |= {
            f"on_own_{kind}": of.on_own.mean(),
            f"others_{kind}": np.nanmean(of.rates["trained"][:, 1]),
        }
        for form, rates in (("{}_untrained", "untrained"), ("row_{}", "row")):
            for on, rate in zip(("fires", "others"), np.nanmean(of.rates[rates], axis=0), strict=True):
                numbers[f"{form.format(on)}_{kind}"] = rate
        numbers |= {f"children_{kind}_{name}": f1.mean() for name, f1 in of.of_children.items()}
    for where in (*kinds, "oblique, apart"):
        for code, name in codes.items():
            each = zip(("f1", "recall", "precision"), read[where][code].mean(0), strict=True)
            numbers |= {f"{measure}_{where.split(',')[0]}_{name}": of for measure, of in each}
    return {name: float(number) for name, number in numbers.items()}


def faults_of_oracle(worlds: Families) -> float:
    """By how much a meta-SAE that knows the features misses the parents in a dictionary that absorbs by construction, or finds them elsewhere.

    >>> from absorption.experiments.families import families
    >>> faults_of_oracle(families([0], "apart"))
    0.0
    """
    placed = built(worlds, *absorbing(worlds.features, worlds.pairs))
    code = placed.rows @ worlds.features.T
    exact = named(placed, MetaCodes(code * (code > 1e-6), torch.eye(code.shape[1]).expand_as(code)))
    return float(np.abs(exact - [1.0, 0.0]).max())


def _absorbed(of: Dictionaries) -> Float[ndarray, " world"]:
    return of.absorbed.sum((1, 2)).numpy() / len(of.worlds.pairs)
