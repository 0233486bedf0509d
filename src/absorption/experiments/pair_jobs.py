"""The comparison of one parent with one child: SAEs from beside the truth and from random weights, with a penalty and without, with biases and without."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from absorption.experiments.end_to_end import Head, fit_through
from absorption.experiments.one_pair import Runs, Worlds, on_worlds
from absorption.runtime.parallel import in_parallel
from absorption.saes.recipe import Recipe

PLAIN = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
BIASED = replace(PLAIN, encoder_bias=True, decoder_bias=True)
JUDGED = ("beside", "random", "random, biases")
WATCHED = 20
"""Steps from one look at δ to the next."""
WITHOUT = MappingProxyType(dict(pressure=0.0))
Job = tuple[Recipe, Mapping[str, Any]]
"""What is trained, and options of `on_worlds`."""


def jobs(
    heads: Head, *, noise: float, n_random: int, spare: int, n_tied: int, pressure: float, steps: int
) -> dict[str, Job]:
    """By name, all that is trained; those of `JUDGED` once more with twice the steps (`…, longer`).

    >>> from absorption.experiments.end_to_end import random_heads
    >>> some = jobs(random_heads(1, 4, 2, 0), noise=0.05, n_random=2, spare=4, n_tied=12, pressure=0.3, steps=100)
    >>> some["random, biases, longer"][1]["steps"], len(some)
    (200, 13)

    Args:
        heads: One a world, for the end-to-end loss.
        noise: Added to every weight of a start beside the truth.
        n_random, spare: SAEs from random weights on each world, and their latents beyond two.
        n_tied: Tied SAEs from random weights on each world.
        pressure: Of the end-to-end loss, over the λ of a world.
        steps: Of the optimiser.
    """
    beside, anywhere = dict(noise=noise), dict(delta=None, n_starts=n_random, spare=spare)
    through = dict(by=partial(fit_through, head=heads), pressure=pressure, noise=noise)
    found = {
        "beside": (PLAIN, dict(every=WATCHED, **beside)),
        "beside, no penalty": (PLAIN, dict(every=WATCHED, **beside, **WITHOUT)),
        "beside, biases": (BIASED, beside),
        "random": (PLAIN, anywhere),
        "random, biases": (BIASED, anywhere),
        "random, no penalty": (PLAIN, anywhere | WITHOUT),
        "random, biases, no penalty": (BIASED, anywhere | WITHOUT),
        "end to end": (PLAIN, through),
        "end to end, no penalty": (PLAIN, through | WITHOUT),
        "tied": (replace(PLAIN, tied=True), dict(delta=None, n_starts=n_tied)),
    }
    longer = {f"{name}, longer": (found[name][0], found[name][1] | dict(steps=2 * steps)) for name in JUDGED}
    return {
        name: (recipe, dict(steps=steps) | options) for name, (recipe, options) in (found | longer).items()
    }


def trained(worlds: Worlds, asked: Mapping[str, Job], **common: Any) -> dict[str, Runs]:
    """Each job's SAEs, several jobs at once.

    >>> import numpy as np
    >>> worlds = Worlds(np.array([0.2]), np.array([0.3]), np.array([0.1]))
    >>> trained(worlds, {"beside": (PLAIN, dict(steps=2))}, seed=0, lr=0.01)["beside"].delta.shape
    (1, 1)

    Args:
        worlds: All of them.
        asked: By name.
        common: Options of `on_worlds` for every job, its device among them.
    """
    run = in_parallel(
        lambda of: on_worlds(worlds, of[0], **{**common, **of[1]}),
        asked.values(),
        common.get("device", "cpu"),
    )
    return dict(zip(asked, run, strict=True))
