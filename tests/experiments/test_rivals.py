"""An adversary takes absorbing rows apart; one that sees nonsense gets the same entries in another order; weight zero is nobody."""

import numpy as np
import torch

from absorption.experiments.families import families
from absorption.experiments.rivals import Rivalry, orders, rival

WORLDS = families([2, 3], "apart")


def test_nonsense_is_an_order_for_each_row_of_each_world_and_the_adversary_sees_rows_as_they_are():
    order = orders([2, 3], 5, torch.tensor([False, True, True]), [0, 0, 1])
    assert order[0].tolist() == [[0, 1, 2, 3, 4]] * 5
    torch.testing.assert_close(order.sort(-1).values, order[:1].expand(3, 5, 5))
    assert len({tuple(row) for row in order[1].tolist()}) > 1
    assert not torch.equal(order[1], order[2])


def test_an_adversary_without_weight_changes_nothing_whatever_it_sees():
    arms = ((0.0, False), (0.0, True), (0.5, False))
    found = rival(WORLDS, Rivalry(arms, steps=60))(np.full((1, 3, 2), 0.05))
    for name in ("delta", "recall", "unexplained", "l0"):
        np.testing.assert_allclose(found[name][0, 0], found[name][0, 1], rtol=1e-4, atol=1e-5)
    assert not np.allclose(found["unexplained"][0, 0], found["unexplained"][0, 2], rtol=1e-3)


def test_with_a_large_weight_the_meta_sae_takes_less_apart():
    arms = ((0.0, False), (1.0, False))
    found = rival(WORLDS, Rivalry(arms, meta_width=3, steps=300))(np.full((1, 2, 2), 0.05))
    assert (found["apart"][0, 1] < found["apart"][0, 0] - 0.2).all()


def test_l0_is_given_in_units_of_what_is_asked():
    plain = rival(WORLDS, Rivalry(((0.0, False),), steps=20))(np.full((1, 1, 2), 0.05))["l0"]
    scaled = rival(WORLDS, Rivalry(((0.0, False),), steps=20), plain[0, 0])(np.full((1, 1, 2), 0.05))["l0"]
    np.testing.assert_allclose(scaled, 1.0, rtol=1e-5)


def test_a_pair_whose_child_has_no_latent_that_fires_counts_as_absorbed_in_full():
    found = rival(WORLDS, Rivalry(((0.0, False),), steps=400, lr=0.03))(np.full((1, 1, 2), 0.05))
    whole = found["undefined"] == 0
    assert whole.any()
    np.testing.assert_allclose(found["defined"][whole], found["delta"][whole], rtol=1e-4)
    assert (found["mcc"] > 0.6).all()


def test_where_the_penalty_leaves_nothing_every_latent_is_dead():
    found = rival(WORLDS, Rivalry(((0.0, False),), steps=300, lr=0.03))(np.full((1, 1, 2), 50.0))
    np.testing.assert_allclose(found["dead"], 1.0)
    np.testing.assert_allclose(found["undefined"], 1.0)
    np.testing.assert_allclose(found["delta"], 1.0)
    assert np.isnan(found["defined"]).all()
