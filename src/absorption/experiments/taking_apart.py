"""Meta-SAEs on dictionaries whose features are known: which rows they take apart, and what both layers see together.

A meta-SAE is an SAE trained on the decoder rows of another (Leask et al. 2025, arXiv:2502.04878). Each SAE gets one of its
own. SAEs and meta-SAEs are trained from `STARTS` random starts; the one with the least loss counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from sklearn.metrics import precision_recall_curve, roc_auc_score
from torch import Tensor

from absorption.experiments.families import Families
from absorption.experiments.fits import code, fit
from absorption.experiments.starts import start_at
from absorption.measures.clustering import active
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.measures.toy import mcc
from absorption.saes.recipe import Recipe, TopK
from absorption.saes.stack import SAEStack

ABSORBED = 0.3
"""The δ from which on a pair counts as absorbed."""
STARTS = 2


@dataclass(frozen=True)
class Dictionaries:
    """SAEs, one a world, with one latent a feature, and what is true of them."""

    worlds: Families
    acts: Float[Tensor, "world state d_sae"]
    W_enc: Float[Tensor, "world d_in d_sae"]
    rows: Float[Tensor, "world d_sae d_in"]
    own: Int[Tensor, "world feature"]
    """The latent of each feature, one to one."""
    delta: Float[Tensor, "world pair"]
    """Of each pair of parent and child; NaN where it is not available."""
    unexplained: Float[np.ndarray, " world"]
    """Share of the variance."""
    mcc: Float[np.ndarray, " world"]
    """How well latents match features."""

    @property
    def absorbed(self) -> Bool[Tensor, "world parent child"]:
        """All ordered pairs of latents: whether the second has absorbed what the first stands for."""
        found = torch.zeros(len(self.rows), *[self.rows.shape[1]] * 2, dtype=torch.bool)
        each = torch.arange(len(self.rows))
        for at, (parent, child) in enumerate(self.worlds.pairs):
            found[each, self.own[:, parent], self.own[:, child]] = self.delta[:, at] > ABSORBED
        return found

    def of_pairs(self, scores: Float[Tensor, "world d_sae d_sae"]) -> Float[Tensor, "world pair"]:
        """The scores of the latents of each parent and child."""
        parents, children = (list(side) for side in zip(*self.worlds.pairs, strict=True))
        each = torch.arange(len(scores))[:, None]
        return scores[each, self.own[:, parents], self.own[:, children]]


def trained(worlds: Families, sparsity: float, *, steps: int, lr: float, device: str = "cpu") -> Dictionaries:
    """An SAE with an L1 penalty for each world, from random weights.

    >>> from absorption.experiments.families import families
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> found.rows.shape, found.absorbed.sum((1, 2)).tolist()  # every child has absorbed its parent
    (torch.Size([1, 6, 6]), [4])

    Args:
        worlds: Of one kind.
        sparsity: λ.
        steps, lr: Of Adam. device: where.
    """
    n, n_features, x, p = len(worlds.seeds), len(worlds.features), worlds.states, worlds.probabilities
    stack = SAEStack(Recipe(sparsity=sparsity), n_features, n_features, _seeds(worlds.seeds), device=device)
    report = fit(stack, x, p.repeat_interleave(STARTS, 0), "SAEs", steps=steps, lr=lr)
    return _read(worlds, stack, _best(report.loss, n), report.mse.detach().cpu())


def _read(worlds: Families, stack: SAEStack, best: Tensor, mse: Tensor) -> Dictionaries:
    """The best members and what is true of them."""
    x, p = worlds.states, worlds.probabilities
    acts, rows = code(stack, x)
    acts, rows, W_enc = (acts * active(acts))[best], rows[best], stack.W_enc.detach().cpu()[best]
    pairs = measure_pairs(acts, W_enc, rows, worlds.features, worlds.present, p, worlds.pairs)
    spread = p @ x.square().sum(-1) - (p @ x).square().sum(-1)
    own, match = own_latents(rows, worlds.features), mcc(rows, worlds.features).numpy()
    return Dictionaries(worlds, acts, W_enc, rows, own, pairs.delta, (mse[best] / spread).numpy(), match)


def built(
    worlds: Families, W_dec: Float[Tensor, "d_sae d_in"], W_enc: Float[Tensor, "d_in d_sae"]
) -> Dictionaries:
    """The same for a dictionary that was built and not trained: an oracle, for the first world alone.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import absorbing
    >>> worlds = families([0], "apart")
    >>> built(worlds, *absorbing(worlds.features, worlds.pairs)).delta.tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    stack, one = (
        SAEStack(Recipe(), *W_enc.shape, seeds=[0]),
        replace(worlds, seeds=worlds.seeds[:1], worlds=worlds.worlds[:1]),
    )
    start_at(stack, W_dec, W_enc)
    return _read(one, stack, torch.tensor([0]), torch.zeros(1))


def _seeds(seeds: Sequence[int]) -> list[int]:
    return [seed + 1_000_000 * start for seed in seeds for start in range(STARTS)]


def _best(loss: Tensor, n: int) -> Tensor:
    return loss.detach().cpu().reshape(n, STARTS).argmin(1) + STARTS * torch.arange(n)


@dataclass(frozen=True)
class MetaCodes:
    """What the meta-SAE of each world makes of the rows of its SAE."""

    codes: Float[Tensor, "world d_sae meta"]
    words: Float[Tensor, "world meta d_in"]
    """Its own decoder rows, the meta-latents' directions."""


def meta_codes(
    rows: Float[Tensor, "world d_sae d_in"],
    width: int,
    k: int,
    seeds: Sequence[int],
    *,
    steps: int,
    lr: float,
) -> MetaCodes:
    """Train a meta-SAE (TopK, no decoder bias) on the rows of each SAE; with no steps it stays as it was drawn.

    >>> meta_codes(torch.eye(4)[None], width=3, k=2, seeds=[0], steps=0, lr=0.1).codes.shape
    torch.Size([1, 4, 3])

    Args:
        rows: Decoder rows. width, k: of the meta-SAEs.
        seeds: One a world.
        steps, lr: Of Adam.
    """
    n, n_rows, d_in = rows.shape
    stack = SAEStack(Recipe(TopK(k), decoder_bias=False), d_in, width, _seeds(seeds))
    each, best = rows.repeat_interleave(STARTS, 0), STARTS * torch.arange(n)
    if steps:
        report = fit(stack, each, torch.full((n_rows,), 1 / n_rows), "meta-SAEs", steps=steps, lr=lr)
        best = _best(report.loss, n)
    codes, words = code(stack, each)
    return MetaCodes((codes * active(codes))[best], words[best])


def shuffled(rows: Float[Tensor, "world d_sae d_in"], generator: torch.Generator) -> Tensor:
    """The entries of each row in an order of its own: as long as before, and nothing is shared.

    >>> shuffled(torch.tensor([[[1.0, 2.0]]]), torch.Generator().manual_seed(0)).sort().values.tolist()
    [[[1.0, 2.0]]]
    """
    return rows.gather(2, torch.rand(rows.shape, generator=generator).argsort(-1))


def named(found: Dictionaries, meta: MetaCodes) -> Float[np.ndarray, "world absorbers_others"]:
    """How often a parent's meta-latent (the one nearest to it) fires: on its absorbers, and on all rows that are neither those nor its own.

    Means over the parents that have an absorber; NaN where none has one.

    >>> from absorption.experiments.families import families
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
    >>> found = trained(families([2], "apart"), sparsity=0.05, steps=500, lr=0.03)
    >>> on_own_row(found, beside_row(found)).tolist()
    [1.0]
    """
    parents = sorted({parent for parent, _ in found.worlds.pairs})
    nearest = (torch.nn.functional.normalize(meta.words, dim=-1) @ found.worlds.features.T).argmax(1)
    each = torch.arange(len(found.rows))[:, None]
    fires = meta.codes[each, found.own[:, parents], nearest[:, parents]] > 0
    return fires.double().mean(1).numpy()
