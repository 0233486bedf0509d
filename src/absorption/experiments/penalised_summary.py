"""What pairs of a plain and a penalised SAE say together: what the penalty brings, what it costs, and what was learned at all."""

from collections.abc import Hashable, Mapping

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from absorption.experiments.penalised import Pairs

TREES = ("apart", "meeting")
"""Children that exclude each other, and children that are independent; from beside the truth."""
EVERY_TREE = (*TREES, *(f"{kind}, random" for kind in TREES))
COMPARED = ("partners", "strangers", *EVERY_TREE)
Worlds = dict[str, Float[ndarray, " world"]]


def summarised(pairs: Pairs, ends: Mapping[str, Hashable], n: int) -> Worlds:
    """Every number that the page on orthogonality reports of pairs at one L0, by its name there, nan in worlds that have none.

    >>> l0, some = np.ones((3, 2)), np.array([[0.5, 0.5], [0.2, 0.4], [0.2, 0.4]])
    >>> of = dict(l0=l0, **dict.fromkeys(("rare", "absorbed", "unexplained", "combined", "alone", "alarms", "holes", "truth"), some))
    >>> names = (*COMPARED, "best", "nobody's", *(f"{kind}, longer" for kind in ("partners", *TREES)), -0.1, 0.1)
    >>> numbers = summarised(Pairs(dict.fromkeys(names, of), {}, 0.05), {"negative": -0.1, "positive": 0.1}, n=2)
    >>> numbers["absorbed_apart"].round(1).tolist(), numbers["tree_ratio"].tolist(), float(numbers["alike"].mean())
    ([0.3, 0.1], [0.4, 0.8, 0.4, 0.8], 1.0)

    Args:
        pairs: Experiments named as in `COMPARED`, beside `best`, `nobody's` and those `, longer`.
        ends: By the name of its sign, the experiment of the test of the prior.
        n: Worlds that were trained for longer.
    """
    return _gains(pairs) | _prices(pairs, ends) | _longer(pairs, n) | _gates(pairs, ends)


def _gains(pairs: Pairs) -> Worlds:
    change = pairs.change
    rare = {name: change(name, "rare") for name in ("partners", "strangers", "best")}
    two = np.concatenate([pairs.both(kind, "absorbed") for kind in TREES], 1)
    return {
        "rare_gain": rare["partners"],
        "rare_gain_strangers": rare["strangers"],
        "rare_beyond": rare["partners"] - rare["strangers"],
        "rare_gain_best": rare["best"],
        "combined_change": change("partners", "combined"),
        **{f"absorbed_{name.replace(', ', '_')}": -change(name, "absorbed") for name in EVERY_TREE},
        "tree_ratio": two[1] / two[0].mean(),
    }


def _prices(pairs: Pairs, ends: Mapping[str, Hashable]) -> Worlds:
    rises = {
        f"fvu_rise_{sign}{words}": pairs.change(cosine, "unexplained", weight)
        for weight, words in ((2, ""), (1, "_weak"))
        for sign, cosine in ends.items()
    }
    prices = {f"price_{name}": pairs.change(name, "unexplained") for name in ("partners", *TREES)}
    return prices | rises | {f"turned_{sign}": -pairs.change(c, "truth", 2) for sign, c in ends.items()}


def _longer(pairs: Pairs, n: int) -> Worlds:
    """Change of each gain by twice the steps."""
    more = {
        (kind, measure): pairs.change(f"{kind}, longer", measure) - pairs.change(kind, measure)[:n]
        for kind, measure in (("partners", "rare"), *((kind, "absorbed") for kind in TREES))
    }
    return {
        "longer_rare": more["partners", "rare"],
        **{f"longer_{kind}": -more[kind, "absorbed"] for kind in TREES},
    }


def _gates(pairs: Pairs, ends: Mapping[str, Hashable]) -> Worlds:
    """What the SAEs that are compared have learned, how many could be compared, and what there is to lower."""
    plain = [pairs.found[cosine]["unexplained"][0] for cosine in ends.values()]
    l0s = [pairs.change(name, "l0") for name in COMPARED] + [pairs.change(c, "l0", 2) for c in ends.values()]
    return {
        "unexplained_worst": max(pairs.kinds(COMPARED, "unexplained") + plain, key=np.mean),
        "alone_worst": min(pairs.kinds(TREES, "alone"), key=np.mean),
        "alarms_worst": max(pairs.kinds(TREES, "alarms"), key=np.mean),
        "alike": 1.0 - np.isnan(np.concatenate(l0s)),
        "holes_strangers": -pairs.change("nobody's", "holes"),
        "lost_without": 1 - pairs.found["partners"]["rare"][0],
        "absorbed_without": min((pairs.found[kind]["absorbed"][0] for kind in TREES), key=np.mean),
    }
