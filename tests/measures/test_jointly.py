"""Absorption by several latents together, on dictionaries that are built."""

import numpy as np
import torch

from absorption.measures.hierarchy import measure_pairs
from absorption.measures.jointly import absorbed_jointly
from absorption.worlds.hierarchies import tree

PAIRS = [(0, 1), (0, 2), (0, 3)]
WORLD = tree({"parent": (None, 0.5), "a": ("parent", 0.4), "b": ("parent", 0.4), "c": ("parent", 0.4)})
X, P = WORLD.activations, WORLD.probabilities
BOTH = (WORLD.present[:, 1:].sum(1) >= 2).float()


def joint(acts, dictionary, features=WORLD.features):
    return absorbed_jointly(acts, dictionary, features, WORLD.present, P, PAIRS)[0].numpy()


def sharing(delta):
    """Each child's latent writes δ of the parent; the parent's own latent writes what is missing."""
    dictionary = torch.eye(4)
    dictionary[1:, 0] = delta
    acts = WORLD.present.clone()
    acts[:, 0] = (acts[:, 0] - delta * acts[:, 1:].sum(1)).clamp_min(0)
    return acts[None], dictionary[None]


def test_three_that_share_absorb_where_they_meet_though_none_does_alone():
    acts, dictionary = sharing(1 / 3)
    alone = measure_pairs(acts, torch.eye(4)[None], dictionary, WORLD.features, WORLD.present, P, PAIRS)
    assert float(alone.absorbed.max()) == 0
    np.testing.assert_allclose(joint(acts, dictionary), 0.4 * 0.4, atol=1e-6)  # both siblings are there


def test_one_that_writes_all_absorbs_wherever_it_is():
    acts, dictionary = sharing(1.0)
    np.testing.assert_allclose(joint(acts, dictionary), 1.0)


def test_the_truth_absorbs_nothing_and_a_silent_parent_that_nobody_writes_is_not_absorbed():
    acts, dictionary = sharing(0.0)
    np.testing.assert_allclose(joint(acts, dictionary), 0.0)
    acts[..., 0] = 0
    np.testing.assert_allclose(joint(acts, dictionary), 0.0)


def test_a_second_latent_of_the_parents_own_keeps_it():
    """The parent's latents take turns: one fires where it is alone, the other where a child is."""
    acts, dictionary = sharing(0.0)
    with_child = (WORLD.present[:, 1:].sum(1) > 0).float()
    second = (acts[0, :, 0] * with_child)[None, :, None]
    turns = torch.cat([acts, second], 2)
    turns[..., 0] *= 1 - with_child
    nearly = torch.tensor([[[1.0, 0.3, 0.0, 0.0]]])  # cosine 0.96
    np.testing.assert_allclose(joint(turns, torch.cat([dictionary, nearly], 1)), 0.0)
    absorbing = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])  # cosine 0.71: not the parent's own
    np.testing.assert_allclose(joint(turns, torch.cat([dictionary, absorbing], 1)), 1.0)


def test_oblique_features_are_read_in_their_own_coordinates():
    """Three children that write a tenth each do not write 0.4, though one of them points along the parent by half."""
    acts, dictionary = sharing(0.1)
    acts[..., 0] = 0
    features = WORLD.features.clone()
    features[1, 0] = 0.5
    np.testing.assert_allclose(joint(acts, dictionary @ features, features), 0.0)


def test_a_parent_without_a_latent_has_no_number():
    acts, dictionary = sharing(0.0)
    assert np.isnan(joint(acts[..., 1:3], dictionary[:, 1:3])).any()
