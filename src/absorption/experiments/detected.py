"""How well absorbed pairs, and parents that absorption hides, are detected: by meta-SAEs, and by what needs none."""

import numpy as np
import torch
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve, roc_auc_score
from torch import Tensor

from absorption.experiments.taking_apart import ABSORBED, Dictionaries, MetaCodes
from absorption.measures.detectors import (
    FiringStatistics,
    asymmetry,
    decoder_cosine,
    exclusion,
    handover,
    shared_code,
)


def named(found: Dictionaries, meta: MetaCodes) -> Float[np.ndarray, "world absorbers_others"]:
    """How often a parent's meta-latent (the one nearest to it) fires: on its absorbers, and on all rows that are neither those nor its own.

    Means over the parents that have an absorber; NaN where none has one.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> truth = (found.rows @ found.worlds.features.T) * (found.rows @ found.worlds.features.T > 0.3)
    >>> named(found, MetaCodes(truth, torch.eye(6)[None])).tolist()  # a meta-SAE that knows the features
    [[1.0, 0.0]]
    """
    unit = torch.nn.functional.normalize
    nearest = (unit(meta.words, dim=-1) @ found.worlds.features.T).argmax(1)
    each, rates = torch.arange(len(found.rows)), []
    for parent in sorted({parent for parent, _ in found.worlds.pairs}):
        own = found.own[:, parent]
        absorber = found.absorbed[each, own]
        other = ~absorber & (torch.arange(absorber.shape[1]) != own[:, None])
        fires = meta.codes[each, :, nearest[:, parent]] > 0
        shares = [torch.where(on, fires.float(), torch.nan).nanmean(1) for on in (absorber, other)]
        rates.append(torch.where(absorber.any(1)[:, None], torch.stack(shares, 1), torch.nan))
    return torch.stack(rates).nanmean(0).double().numpy()


def over_pairs(
    found: Dictionaries, scores: Float[Tensor, "world d_sae d_sae"], area=roc_auc_score
) -> np.ndarray:
    """Of each world, the area under the ROC curve (or another `area`) over all ordered pairs of latents, absorbed ones to be found.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> over_pairs(found, found.absorbed.float()).tolist()
    [1.0]
    """
    pairs, truth = ~torch.eye(scores.shape[1], dtype=torch.bool), found.absorbed
    return np.array(
        [area(yes[pairs], of[pairs]) if yes.any() else np.nan for yes, of in zip(truth, scores, strict=True)]
    )


def beside(
    found: Dictionaries, scores: Tensor, null: Dictionaries, null_scores: Tensor
) -> Float[np.ndarray, " world"]:
    """The area under the ROC curve between absorbed pairs and the pairs of another kind of world, where nothing is absorbed; 0.5 is chance.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> beside(found, found.absorbed.float(), found, found.absorbed.float()).tolist()
    [0.5]
    """
    areas = []
    for yes, of, no in zip(found.absorbed, scores, null.of_pairs(null_scores), strict=True):
        values, labels = (
            torch.cat([of[yes], no]),
            torch.cat([torch.ones(int(yes.sum())), torch.zeros(len(no))]),
        )
        areas.append(roc_auc_score(labels, values) if yes.any() else np.nan)
    return np.array(areas)


def read_out(
    scores: Float[np.ndarray, "state latent"],
    present: Float[np.ndarray, " state"],
    p: Float[np.ndarray, " state"],
) -> tuple[float, float, float]:
    """F1, recall and precision of the best latent at its best cut, for telling where a feature is present.

    >>> read_out(np.array([[0.0, 1.0], [0.5, 0.0], [1.0, 0.5]]), np.array([0.0, 1.0, 1.0]), np.full(3, 1 / 3))
    (1.0, 1.0, 1.0)
    """
    found = []
    for of in scores.round(5).T:
        precision, recall, _ = precision_recall_curve(present, of, sample_weight=p)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
        at = f1.argmax()
        found.append((float(f1[at]), float(recall[at]), float(precision[at])))
    return max(found)


def parents_read(
    found: Dictionaries, scores: Float[Tensor, "world state latent"], children: bool = False
) -> Float[np.ndarray, "world measure"]:
    """`read_out` of every parent (or child), means over these: F1, recall, precision; the scores may be of the first worlds only.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> from absorption.experiments.taking_apart import built
    >>> worlds = families([0], "apart")
    >>> found = built(worlds, *absorbing(worlds.features, worlds.pairs))
    >>> parents_read(found, worlds.present[None]).tolist()  # scores that know the parents
    [[1.0, 1.0, 1.0]]
    """
    whom = sorted({pair[int(children)] for pair in found.worlds.pairs})
    present = found.worlds.present.numpy()
    each = zip(scores.numpy(), found.worlds.probabilities.numpy(), strict=False)
    return np.array([np.mean([read_out(of, present[:, f], p) for f in whom], axis=0) for of, p in each])


def beside_row(found: Dictionaries, cut: float = ABSORBED) -> MetaCodes:
    """What needs no meta-SAE: every row is a "meta-latent", and fires on the rows whose cosine with it exceeds the cut.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> named(found, beside_row(found)).tolist()  # the parent's own row finds its absorbers
    [[1.0, 0.0]]
    """
    unit = torch.nn.functional.normalize(found.rows, dim=-1)
    cosine = unit @ unit.mT
    return MetaCodes(cosine * (cosine > cut), found.rows)


def on_own_row(found: Dictionaries, meta: MetaCodes) -> Float[np.ndarray, " world"]:
    """How often the parent's meta-latent, as in `named`, fires on the parent's own row: the mean over all parents.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> on_own_row(found, beside_row(found)).tolist()
    [1.0]
    """
    parents = sorted({parent for parent, _ in found.worlds.pairs})
    nearest = (torch.nn.functional.normalize(meta.words, dim=-1) @ found.worlds.features.T).argmax(1)
    each = torch.arange(len(found.rows))[:, None]
    fires = meta.codes[each, found.own[:, parents], nearest[:, parents]] > 0
    return fires.double().mean(1).numpy()


def scored(found: Dictionaries, meta: MetaCodes) -> dict[str, Float[Tensor, "world d_sae d_sae"]]:
    """The score that each detector gives every ordered pair of latents, by the detector's name.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.taking_apart import trained
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> list(scored(found, beside_row(found)))
    ['meta-SAE', 'cosine', 'co-firing', 'asymmetry', 'handover']
    """
    firing = FiringStatistics.of(found.acts, found.worlds.probabilities)
    return {
        "meta-SAE": shared_code(meta.codes),
        "cosine": decoder_cosine(found.rows),
        "co-firing": exclusion(firing),
        "asymmetry": asymmetry(found.W_enc, found.rows),
        "handover": handover(found.W_enc, found.rows, firing),
    }


def probed(found: Dictionaries, n: int) -> Float[np.ndarray, "world measure"]:
    """What `parents_read` says of a linear probe for each parent (logistic regression on the input), in the first `n` worlds.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> from absorption.experiments.taking_apart import built
    >>> worlds = families([0], "apart")
    >>> probed(built(worlds, *absorbing(worlds.features, worlds.pairs)), n=1).round(3).tolist()
    [[1.0, 1.0, 1.0]]
    """
    x, every = found.worlds.states.numpy(), []
    parents = sorted({parent for parent, _ in found.worlds.pairs})
    for p in found.worlds.probabilities[:n].numpy():
        weights, probes = p * len(x) + 1e-12, []
        for parent in parents:
            probe = LogisticRegression(C=1e3, max_iter=500)
            probe.fit(x, found.worlds.present[:, parent].numpy(), sample_weight=weights)
            probes.append(torch.as_tensor(probe.decision_function(x)))
        every.append(torch.stack(probes, 1))
    return parents_read(found, torch.stack(every))
