"""SAEs of every recipe after every block, judged: what letters have of each rate, and what half-spaces of both kinds have."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from absorption.experiments.bank.judging import FREE, LETTERS, MATCHED
from absorption.experiments.blockwise import Blocks
from absorption.experiments.fixes import RATES, excess
from absorption.experiments.letter_architectures import LEAST_EXPLAINED, LEAST_F1, MOST_DEAD

LABELS = {LETTERS: "letters", FREE: "free", MATCHED: "matched"}
"""What is judged, and what a table calls it."""
Place = tuple[str, str]
"""A model and a recipe."""
Block = tuple[str, int, str]
"""A model, after how many blocks, and a recipe."""


def has_learned(blocks: Blocks) -> bool:
    """Whether the SAEs explain enough, few of their latents are dead, and letters have latents; by their means.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> by = {"letters": {"f1": np.array([[0.6]])}}
    >>> [has_learned(Blocks((4,), (Judgement(by, 0.7, l0=16.0, dead=dead),))) for dead in (0.02, 0.2)]
    [True, False]
    """
    return bool(
        blocks.about("explained").mean() > LEAST_EXPLAINED
        and blocks.about("dead").mean() < MOST_DEAD
        and blocks.each("f1").mean() > LEAST_F1
    )


def by_block(survey: Mapping[Place, Blocks]) -> dict[Block, Blocks]:
    """The SAEs of each model, block and recipe, in this order.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> one = Judgement({}, explained=0.7, l0=16.0, dead=0.0)
    >>> list(by_block({("SmolLM2", name): Blocks((4, 4, 11), (one,) * 3) for name in ("plain", "tied")}))[:3]
    [('SmolLM2', 4, 'plain'), ('SmolLM2', 4, 'tied'), ('SmolLM2', 11, 'plain')]
    """
    models = list(dict.fromkeys(model for model, _ in survey))
    found = {}
    for model in models:
        of_model = {name: blocks for (own, name), blocks in survey.items() if own == model}
        layers = dict.fromkeys(layer for blocks in of_model.values() for layer in blocks.layers)
        found |= {
            (model, layer, name): blocks.after(layer)
            for layer in layers
            for name, blocks in of_model.items()
            if layer in blocks.layers
        }
    return found


def excesses(
    survey: Mapping[Place, Blocks] | Mapping[Block, Blocks],
) -> dict[tuple[str | int, ...], Float[np.ndarray, "block split letter"]]:
    """By place and rate: how much more each letter has of it than its matched half-space (`fixes.excess`).

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> by = {kind: dict.fromkeys(RATES, np.array([[rate]])) for kind, rate in (("letters", 0.5), ("matched", 0.25))}
    >>> excesses({("SmolLM2", "plain"): Blocks((4,), (Judgement(by, 0.7, 16.0, 0.0),))})["SmolLM2", "plain", "silent"].tolist()
    [[[0.25]]]
    """
    return {(*place, rate): excess(blocks, rate) for place, blocks in survey.items() for rate in RATES}


def of_each_sae(blocks: Blocks) -> dict[tuple[str, str], Float[np.ndarray, " block"]]:
    """Each of the `RATES` of every SAE, for each of the `LABELS`; and how the SAEs are: `F1` of the letters' best latents, `explained`, `dead`.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> by = {kind: dict.fromkeys((*RATES, "f1"), np.array([[0.25]])) for kind in LABELS}
    >>> found = of_each_sae(Blocks((4,), (Judgement(by, 0.7, 16.0, 0.0),)))
    >>> found["full", "free"].tolist(), found["SAE", "explained"].tolist(), len(found)
    ([0.25], [0.7], 12)
    """
    rates = {(rate, title): blocks.each(rate, kind) for rate in RATES for kind, title in LABELS.items()}
    return rates | {
        ("SAE", "F1"): blocks.each("f1"),
        ("SAE", "explained"): blocks.about("explained"),
        ("SAE", "dead"): blocks.about("dead"),
    }
