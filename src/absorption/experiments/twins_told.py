"""What a page says of tied SAEs and their untied twins in its sentences, by name."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from absorption.experiments.curves import known
from absorption.experiments.twins import TIED, TWINS, Twins, Where

LIMITED = "TopK"
"""The architecture in which latents compete for places."""


def for_prose(twins: Twins, from_random: Sequence[Where], beside: Sequence[Where]) -> dict[str, float | int]:
    """Numbers of twins: means over worlds beyond strangers, what tying costs each, how many absorb little, what strangers show.

    `topk_apart_tied`, `topk_apart_beside_untied` and so on; `price_apart_topk`: unexplained, tied less untied; `topk_less_apart`:
    untied less tied; `few_apart`, `few_beside`: tied architectures below 5%, in all of the worlds; `strangers_topk`, `strangers_rest` (the
    most of the others), and `_untied`; `untold` of all `readings` at one L0 in which no parent has a latent.

    >>> from absorption.experiments.twins import Twin
    >>> found = {m: np.ones((1, 1, 2)) for m in ("l0", "overlooked", "tells", "unexplained")}
    >>> twins = Twins({Twin(kind, name, tied): found for kind in ("apart", "strangers") for name in TWINS for tied in TIED})
    >>> told = for_prose(twins, [Where("apart"), Where("strangers")], [])
    >>> told["topk_apart_tied"], told["strangers_topk"], told["readings"]
    (0.0, 1.0, 32)

    Args:
        twins: The curves, those of strangers among them.
        from_random: Worlds of SAEs from random weights; one crowded kind, if it was trained, counts for `readings` alone.
        beside: Worlds of SAEs from beside the truth.
    """
    found: dict[str, float | int] = {}
    trees = [where for where in from_random if where.kind != "strangers" and not where.crowded]
    for where, tied in product((*trees, *beside), TIED):
        at = f"{where.kind}{'_beside' * (where.start == 'beside')}_{'un' * (not tied)}tied"
        for name, values in twins.each_beyond(where, tied).items():
            found[f"{name.lower()}_{at}"] = float(values.mean())
    for where in trees:
        for name, values in twins.more("unexplained", where).items():
            found[f"price_{where.kind}_{name.lower()}"] = float(values.mean())
        found[f"topk_less_{where.kind}"] = float(known(twins.less(where)[LIMITED]).mean())
        found[f"few_{where.kind}"] = twins.few(where)
    for tied, words in ((True, ""), (False, "_untied")):
        means = {
            name: float(v.mean()) for name, v in twins.each("overlooked", Where("strangers"), tied).items()
        }
        found[f"strangers_topk{words}"] = means.pop(LIMITED)
        found[f"strangers_rest{words}"] = max(means.values())
    return found | {"few_beside": twins.few(*beside)} | untold(twins, (*from_random, *beside))


def untold(twins: Twins, wheres: Iterable[Where]) -> dict[str, int]:
    """Of the curves that are read, one a world, how many have no parent with a latent that tells it.

    >>> untold(Twins({}), [])
    {'untold': 0, 'readings': 0}
    """
    readings = [
        twins.read("overlooked", where, name, tied) for where, name, tied in product(wheres, TWINS, TIED)
    ]
    return {"untold": int(np.isnan(readings).sum()), "readings": int(np.size(readings))}
