"""What counts as lost, as a combination and as a sweet spot, on dictionaries that are put in place."""

import numpy as np
import pytest

from absorption.experiments.combinations import Runs, derived_rarity, on_worlds, sweet_again
from absorption.experiments.crowds import apart, pair_worlds

STILL = dict(noise=0.0, steps=1, lr=1e-9)
WORLDS = pair_worlds(5, seed=1)


def test_the_truth_keeps_every_feature():
    runs = on_worlds(WORLDS, 3, [0.1, 0.3], start="truth", **STILL)
    assert runs.sweet.all() and not runs.displaced.any()
    assert runs.loss.shape == (5, 2, 1) and np.allclose(runs.l0, 1)


def test_the_pairs_dictionary_has_lost_the_rare_feature():
    runs = on_worlds(WORLDS, 3, [0.1, 0.3], start="pair", **STILL)
    assert (runs.displaced == 1).all() and (runs.combinations == 1).all() and not runs.sweet.any()
    assert (runs.l0 < 0.9).all() and np.allclose(runs.own, 2 / 3)


def test_where_nothing_comes_together_no_latent_is_a_combination():
    runs = on_worlds(apart(WORLDS), 3, [0.1], start="pair", **STILL)
    assert not runs.combinations.any() and not runs.displaced.any()


def test_the_derived_rarity_parts_what_the_loss_prefers():
    worlds = pair_worlds(12, seed=3)
    ends = {
        start: on_worlds(worlds, 3, [0.2], start=start, steps=600).loss[:, 0, 0]
        for start in ("truth", "pair")
    }
    rarer = worlds.rarity[:, 0] / derived_rarity(worlds, 0.2, 3)
    clear = (rarer < 0.5) | (rarer > 2)
    assert clear.sum() > 5
    assert ((ends["pair"] < ends["truth"]) == (rarer < 1))[clear].mean() > 0.9


def made(sweet, loss):
    """Runs that are sweet where told, `[world setting run]`."""
    sweet, loss = np.array(sweet, float), np.array(loss, float)
    none = np.zeros_like(loss)
    return Runs(loss, none, none, sweet, none, none, none)


@pytest.mark.parametrize(
    ("second_half", "expected"),
    [([0, 1, 0], 1.0), ([0, 1, 1], 0.5), ([0, 0, 0], 0.0)],
)
def test_a_sweet_spot_has_to_be_sweet_again(second_half, expected):
    sweet = np.stack([[0, 1, 0], second_half], axis=-1)[None]
    assert sweet_again(made(sweet, np.zeros((1, 3, 2)))) == [expected]


def test_the_best_run_of_each_half_is_taken():
    sweet = [[[1, 0, 1, 0]]]
    assert sweet_again(made(sweet, [[[1, 2, 1, 2]]])) == [1]
    assert sweet_again(made(sweet, [[[1, 2, 2, 1]]])) == [0]


def test_spare_latents_start_at_random():
    runs = on_worlds(WORLDS, 5, [0.1], start="truth", **STILL)
    assert np.allclose(runs.own, 1) and len(set(runs.loss.ravel().tolist())) == 5
