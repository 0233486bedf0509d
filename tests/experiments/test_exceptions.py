"""What an exception costs a tied SAE: nothing if it may fire more latents, much if it is as sparse as the truth."""

import numpy as np
import pytest

from absorption.experiments.exceptions import Search, best_tied
from absorption.experiments.families import families

STEPS = 600


@pytest.fixture(scope="module")
def worlds():
    return families([3, 4], "apart")


def test_a_sparse_tied_sae_pays_for_an_exception_and_not_without_one(worlds):
    hole, none = (best_tied(worlds, Search(hole=hole, steps=STEPS)) for hole in (True, False))
    assert hole["silent"].min() == hole["stands"].min() == 1
    assert hole["unexplained"].min() > 0.15
    assert none["unexplained"].max() < 0.03
    assert none["silent"].max() < 0.01
    assert hole["l0"].max() < 1


def test_with_more_latents_firing_the_exception_is_nearly_free(worlds):
    dense = best_tied(worlds, Search(alone=False, steps=STEPS))
    assert dense["silent"].min() == dense["stands"].min() == 1
    assert dense["unexplained"].max() < 0.05
    assert dense["l0"].min() > 1


def test_a_dictionary_that_stays_is_one_start_and_biases_help_it_little(worlds):
    fitted = best_tied(worlds, Search(rows=False, hole=False, alone=False, steps=STEPS))
    assert (fitted["unexplained"] > 0.05).all()
    assert np.isfinite(fitted["l0"]).all()
