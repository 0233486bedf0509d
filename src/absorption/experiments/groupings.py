"""Groups or features: what tells an SAE that clusters from one that extracts, read off the codes of many small worlds.

Each function gives a number a world, as `learners` trains an SAE a world; where a world has several SAEs, one a start, starts come first.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from absorption.experiments.factors import Worlds
from absorption.experiments.learners import Code
from absorption.measures.clustering import Quantiser, combination_index, graded_share
from absorption.measures.finders import absorbed_share, finders

ByWorld = Float[ndarray, " world"]
Pairs = tuple[tuple[int, int], ...]


def parts(code: Code, n: int) -> list[Code]:
    """The SAEs of several groups of n worlds that were trained as one stack, group by group.

    >>> one = Code(torch.zeros(4, 1, 2), torch.zeros(4, 2, 1), torch.zeros(4, 1, 1), torch.ones(4, 1))
    >>> [len(part.acts) for part in parts(one, 2)]
    [2, 2]
    """
    return [code.of(slice(start, start + n)) for start in range(0, len(code.acts), n)]


def as_numbers(values: Float[Tensor, "..."]) -> Float[ndarray, "..."]:
    """In double precision, as pages take them.

    >>> as_numbers(torch.tensor([0.5])).tolist()
    [0.5]
    """
    return values.double().numpy()


def missed_by_k_means(seen: Worlds, unseen: Float[Tensor, "world state"], width: int) -> ByWorld:
    """What k-means misses of the squared length of new states, with a centroid for each state that it saw.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0, 1], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> bool((missed_by_k_means(*worlds.split(0, 1), width=4) > 0).all())
    True

    Args:
        seen: Without the new states.
        unseen: How the new ones are distributed.
        width: Most centroids.
    """

    def of_world(x: Tensor, p: Tensor, new: Tensor) -> float:
        missed = (Quantiser.fit(x, p, width, seed=0)(x) - x).square().sum(-1)
        return float(missed @ new / (x.square().sum(-1) @ new))

    return np.array([of_world(*each) for each in zip(seen.x, seen.p, unseen, strict=True)])


def graded(code: Code, worlds: Worlds) -> ByWorld:
    """Of the variance among states with the same factors, what only the grades of activations carry.

    >>> from absorption.experiments.factors import factor_worlds
    >>> from absorption.experiments.learners import learned
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5), spread=0.3)
    >>> graded(learned(worlds, 4, torch.tensor([0.1]), steps=2, lr=0.01), worlds).shape
    (1,)
    """
    each = (code.of(slice(i, i + 1)) for i in range(len(code.acts)))
    return np.array(
        [float(graded_share(one.acts, one.rows, one.x[0], one.p[0], worlds.present)) for one in each]
    )


def told(code: Code, worlds: Worlds) -> ByWorld:
    """F1 of the best latent of each factor, their mean.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> told(extractor(worlds), worlds)
    array([1.])
    """
    return as_numbers(finders(code.acts, worlds.present, code.p)[0].mean(1))


def absorbed(code: Code, worlds: Worlds, pairs: Pairs, n_starts: int) -> Float[ndarray, "start world"]:
    """How often, where a child is, its parent's best latent is silent and another writes it: the mean over pairs.

    >>> from absorption.experiments.factors import family_worlds
    >>> worlds, pairs = family_worlds([0], "apart")
    >>> absorbed(extractor(worlds), worlds, pairs, n_starts=1)
    array([[0.]])
    """
    present = worlds.present.expand(len(code.acts), -1, -1)
    shares = absorbed_share(code.acts, code.rows, code.x, present, worlds.features, code.p, pairs)
    return as_numbers(shares.mean(1)).reshape(n_starts, -1)


def by_world(
    values: Float[ndarray, "start world"], kept: Bool[ndarray, "start world"]
) -> Float[ndarray, " some"]:
    """The mean over the starts that are kept, in the worlds that have such a start.

    >>> by_world(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[True, False], [True, False]]))
    array([2.])
    """
    some = kept.any(0)
    return np.nanmean(np.where(kept, values, np.nan)[:, some], axis=0)


def quantiser(worlds: Worlds) -> Code:
    """One placed by hand in the first world: a latent for each state.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> round(float(index_of_first(quantiser(worlds), worlds)), 4)
    1.0
    """
    states = worlds.x[0]
    rows = torch.nn.functional.normalize(states, dim=-1)
    return Code(torch.diag(states.norm(dim=-1))[None], rows[None], worlds.x[:1], worlds.p[:1])


def extractor(worlds: Worlds) -> Code:
    """One placed by hand in the first world: a latent for each feature.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> abs(round(float(index_of_first(extractor(worlds), worlds)), 4))
    0.0
    """
    return Code(worlds.populations[0].magnitudes[None], worlds.features[None], worlds.x[:1], worlds.p[:1])


def index_of_first(code: Code, worlds: Worlds) -> float:
    """The combination index of an SAE of the first world.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> round(index_of_first(quantiser(worlds), worlds), 4)
    1.0
    """
    return float(combination_index(code.acts, code.rows, worlds.effective[0], worlds.p[0])[0])


def summary(every: Mapping[str, tuple[Code, Worlds]]) -> dict[str, dict[str, float]]:
    """For each kind of SAE its L0 over the true one, what it misses, and F1 of the best latents: means over worlds.

    >>> from absorption.experiments.factors import factor_worlds
    >>> worlds = factor_worlds([0], n_factors=2, d_in=2, rate=(0.2, 0.5))
    >>> summary({"placed": (extractor(worlds), worlds)})
    {'placed': {'L0 / true L0': 1.0, 'missed': 0.0, "best latent's F1": 1.0}}
    """
    return {
        name: {
            "L0 / true L0": float((one.l0 / group.true_l0).mean()),
            "missed": float(one.missed().mean()),
            "best latent's F1": float(finders(one.acts, group.present, one.p)[0].mean()),
        }
        for name, (one, group) in every.items()
    }


def l0_of_quantiser(worlds: Worlds) -> float:
    """L0 of one latent a state that is not empty, over the true L0.

    >>> from absorption.experiments.factors import factor_worlds
    >>> l0_of_quantiser(factor_worlds([0], n_factors=1, d_in=1, rate=(0.2, 0.5)))
    1.0
    """
    return float(((worlds.p @ worlds.present.any(1).float()) / worlds.true_l0).mean())


def moments(trail: Sequence[Tensor], n_groups: int) -> Float[ndarray, "moment group world"]:
    """What was watched during training, `[sae]` each time, of several groups that were trained as one stack.

    >>> moments([torch.zeros(4)], n_groups=2).shape
    (1, 2, 2)
    """
    return as_numbers(torch.stack(list(trail))).reshape(len(trail), n_groups, -1)
