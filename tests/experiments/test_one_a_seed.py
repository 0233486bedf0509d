"""A page asks the bank for what it would have asked for by hand."""

from dataclasses import replace

import pytest

from absorption.experiments.bank import Schedule
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.one_a_seed import one_a_seed
from absorption.saes.recipe import BatchTopK, Recipe

SOURCES = [WordsIn("SmolLM2-135M-Instruct", layer) for layer in (4, 11)]
SCHEDULE = Schedule(2048, 64, 1e-2)
TABLE = ("a table",)


def at(fit):
    """Where the cache keeps it: the same place for what is the same SAE."""
    return fit.at(TABLE)


@pytest.mark.parametrize("name", recipes(4, 64))
def test_it_is_the_book_s_recipe_of_that_name(name):
    asked = one_a_seed(SOURCES, name, seeds=(7, 8), d_sae=64, k=4, schedule=SCHEDULE)
    assert [(one.source, one.recipe, one.fit.seed) for one in asked] == [
        (source, name, seed) for source in SOURCES for seed in (7, 8)
    ]
    assert at(asked[1].fit) == at(Fit(recipes(4, 64)[name], 64, 8, SCHEDULE))
    assert asked[0].source.layer == 4 and asked[2].source.layer == 11


def test_everything_that_is_asked_for_reaches_the_fit():
    other = Recipe(BatchTopK(3), tied=True)
    usual = dict(seeds=[1], d_sae=32, k=4, schedule=SCHEDULE)
    by_default = at(one_a_seed(SOURCES[0], **usual)[0].fit)
    changes = dict(
        recipe=other, frozen_decoder=True, device="cuda", d_sae=64, k=5, seeds=[2], schedule=replace(SCHEDULE, lr=1.0)
    )  # fmt: skip
    places = {name: at(one_a_seed(SOURCES[0], **usual | {name: new})[0].fit) for name, new in changes.items()}
    assert len({by_default, *places.values()}) == 1 + len(changes)
    assert places["recipe"] == at(Fit(other, 32, 1, SCHEDULE))
    assert places["frozen_decoder"] == at(Fit(recipes(4, 32)["plain"], 32, 1, SCHEDULE, frozen_decoder=True))


def test_a_name_that_is_no_recipe_needs_one():
    with pytest.raises(KeyError, match="frozen"):
        one_a_seed(SOURCES[0], "frozen", seeds=[0], d_sae=64, k=4, schedule=SCHEDULE)
    assert one_a_seed(
        SOURCES[0], "frozen", seeds=[0], d_sae=64, k=4, schedule=SCHEDULE, recipe=Recipe(BatchTopK(4))
    )
