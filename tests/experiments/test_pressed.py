"""SAEs under one pressure after another: minibatches, starts, and what is read where L0s are one."""

import numpy as np
import pytest
import torch

from absorption.experiments.families import families
from absorption.experiments.members import Members
from absorption.experiments.overlooked import MEASURES
from absorption.experiments.pressed import (
    NESTED,
    PRESSURES,
    Pressing,
    directions_of,
    minibatches,
    on_curve,
    placed,
    pressed_recipe,
    pressures,
    reached,
    read_at,
)
from absorption.experiments.starts import absorbing
from absorption.saes.recipe import MatchingPursuit, Recipe


@pytest.fixture(scope="module")
def worlds():
    return families([3, 4], "apart", n_parents=3)


def test_every_architecture_has_pressures_and_counts_are_of_the_world(worlds):
    assert pressures("BatchTopK", worlds)[1] == pytest.approx(worlds.true_l0.numpy())
    for name in PRESSURES:
        assert (np.diff(pressures(name, worlds), axis=0) > 0).all()


def test_both_biases_are_trained_and_nested_saes_have_an_inner_level():
    assert pressed_recipe("gated").decoder_bias
    assert pressed_recipe("TopK", tied=True).encoder_bias
    assert pressed_recipe("TopK", tied=True).tied
    assert pressed_recipe(NESTED, inner=3, d_sae=9).nesting == (3, 9)
    assert pressed_recipe("pursuit").tied


def test_minibatches_are_drawn_with_the_worlds_probabilities_and_shared_by_its_members(worlds):
    members = Members(pressure=2, start=1, world=2)
    how = Pressing("L1", steps=1, batch_size=20_000)
    (batch,) = minibatches(worlds, directions_of(worlds, None), members, how)
    assert torch.equal(batch[0], batch[2])
    assert not torch.equal(batch[0], batch[1])
    frequencies = torch.stack([world.feature_probabilities for world in worlds.worlds])
    assert torch.allclose((batch[:2] > 0).float().mean(1), frequencies, atol=0.02)


def test_crowded_worlds_have_directions_of_their_own(worlds):
    drawn = directions_of(worlds, 8)
    assert drawn.shape == (2, 9, 8)
    assert torch.allclose(drawn.norm(dim=-1), torch.ones(2, 9))
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(directions_of(families([4], "apart", n_parents=3), 8)[0], drawn[1])


def test_a_penalty_drives_saes_from_the_truth_and_no_steps_leave_them_there(worlds):
    how = dict(starts=("beside",), own=0.1, batch_size=32)
    strong = np.full((1, 2), 0.3)
    pressed = on_curve(worlds, Pressing("L1", steps=300, **how), strong)
    still = on_curve(worlds, Pressing("L1", steps=0, **how), strong)
    tied = on_curve(worlds, Pressing("L1", tied=True, steps=300, **how), strong)
    assert set(pressed) == set(MEASURES)
    assert pressed["absorbed"].min() > 0.9
    assert still["absorbed"].max() == 0
    assert tied["overlooked"].max() < 0.1


def test_every_start_may_have_a_pressure_of_its_own(worlds):
    asked = np.array([[[1.0, 1.0], [3.0, 3.0]]])
    found = on_curve(worlds, Pressing("TopK", steps=0), asked)
    assert (found["l0"][0, 0] < found["l0"][0, 1]).all()


def test_built_dictionaries_are_scored_as_what_they_are(worlds):
    features = worlds.features
    truth, built = placed(worlds, features, features.T), placed(worlds, *absorbing(features, worlds.pairs))
    assert truth["absorbed"].max() == truth["overlooked"].max() == truth["strange"].max() == 0
    assert built["absorbed"].min() == built["overlooked"].min() == 1
    assert built["strange"].max() == 0
    assert truth["l0"] == pytest.approx([1, 1])
    assert truth["unexplained"] == pytest.approx([0, 0], abs=1e-6)


def test_a_turned_latent_fires_wherever_its_parent_is_and_overlooks_nothing(worlds):
    turned = worlds.features.clone()
    parent, child = worlds.pairs[0]
    turned[parent], turned[child] = turned[parent] + turned[child], turned[parent] - turned[child]
    turned /= turned.norm(dim=-1, keepdim=True)
    found = placed(worlds, turned, turned.T)
    assert found["overlooked"].max() == 0
    assert found["recall"].min() == 1
    assert found["rotated"] == pytest.approx([1 / 6, 1 / 6])


def test_a_curve_is_read_between_neighbours_and_at_its_end(worlds):
    l0, absorbed = np.array([[0.5, 2.0], [1.5, 3.0]]), np.array([[0.8, 0.4], [0.2, 0.1]])
    assert read_at(l0, absorbed, 1.0) == pytest.approx([0.5, 0.4])
    assert reached(l0, 1.0).tolist() == [True, False]


def test_an_l0_counts_as_reached_within_a_margin():
    l0 = np.array([[1.0, 1.2], [2.0, 1.3]])
    assert reached(l0, 0.995).tolist() == [False, False]
    assert reached(l0, 0.995, within=0.01).tolist() == [True, False]


def test_pursuit_reads_a_dictionary_that_is_built_to_absorb_without_an_error(worlds):
    W_dec, W_enc = absorbing(worlds.features, worlds.pairs)
    pursuit = Recipe(MatchingPursuit(len(W_dec)), tied=True, encoder_bias=False)
    assert placed(worlds, W_dec, W_enc, pursuit)["unexplained"].max() < 1e-3
    assert placed(worlds, W_dec, W_dec.T)["unexplained"].min() > 1
