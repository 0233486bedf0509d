"""Twins are read where their curves have one L0, and strangers are subtracted."""

import numpy as np
import pytest

from absorption.experiments.families import families
from absorption.experiments.pressed import pressures
from absorption.experiments.twins import TIED, TWINS, Twin, Twins, Where, asked, averaged
from absorption.experiments.twins_told import for_prose

APART = Where("apart")


def curve(absorbed: float, l0s=(1.5, 0.5), tells: float = 1.0, starts: int = 2) -> dict[str, np.ndarray]:
    """Absorption grows from 0 at the first L0 to twice `absorbed` at the second; two worlds, the second without latents."""
    shape = (2, starts, 2)
    of = {"l0": np.empty(shape), "overlooked": np.empty(shape), "tells": np.full(shape, tells)}
    of["l0"][:] = np.array(l0s)[:, None, None]
    of["overlooked"][:] = np.array([0.0, 2 * absorbed * tells])[:, None, None]
    of["tells"][:, :, 1] = of["overlooked"][:, :, 1] = 0.0
    return of | {"unexplained": of["l0"] / 10}


@pytest.fixture
def twins() -> Twins:
    found = {}
    for name in TWINS:
        for tied in TIED:
            found[Twin("apart", name, tied)] = curve(0.1 if tied else 0.3, tells=0.5)
            found[Twin("strangers", name, tied)] = curve(0.02)
        found[Twin("apart", name, True, longer=True)] = curve(0.15, starts=1)
    return Twins(found, sparser=0.5)


def test_absorption_is_that_of_the_parents_that_are_told_at_one_l0_less_strangers(twins):
    assert twins.beyond(APART, "L1", True) == pytest.approx([0.08, np.nan], nan_ok=True)
    assert twins.less(APART)["TopK"][0] == pytest.approx(0.2)
    assert averaged(twins.less(APART).values()) == pytest.approx([0.2])
    assert twins.read("overlooked", Where("apart", "beside"), "L1", True)[0] == pytest.approx(
        0.2
    )  # at half the L0


def test_few_are_those_below_the_bound_everywhere(twins):
    assert twins.few(APART) == 0 and twins.few(APART, below=0.1) == len(TWINS)


def test_longer_training_is_compared_with_the_same_worlds(twins):
    assert twins.longer("L1", APART) == pytest.approx([0.05])


def test_curves_begin_at_the_sparsest(twins):
    l0, absorbed = twins.told(APART, "L1", False)
    assert l0.tolist() == [0.5, 1.5] and absorbed == pytest.approx([0.6, 0.0])


def test_rows_and_sentences_name_architecture_world_and_twin(twins):
    rows = twins.table([APART], {"overlooked": "absorbed"}, {"apart": "children apart"})
    assert rows["children apart", "L1, tied"]["absorbed"] == pytest.approx(0.1)
    told = for_prose(twins, [APART, Where("strangers")], [Where("apart", "beside")])
    assert told["l1_apart_tied"] == pytest.approx(0.08) and told["topk_apart_untied"] == pytest.approx(0.28)
    assert told["topk_less_apart"] == pytest.approx(0.2) and told["few_apart"] == 0
    assert told["strangers_topk"] == told["strangers_rest_untied"] == pytest.approx(0.02)
    assert (told["untold"], told["readings"]) == (3 * 8, 3 * 8 * 2)


def test_tied_l1_is_asked_at_further_pressures():
    worlds = families([0, 1], "apart")
    assert len(asked(Twin("apart", "L1", True), worlds)) == len(pressures("L1", worlds)) + 3
    assert len(asked(Twin("apart", "TopK", True), worlds)) == len(pressures("TopK", worlds))
