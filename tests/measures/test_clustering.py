"""Clustering measures against dictionaries placed by hand, scikit-learn, and their own algebra."""

import warnings

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from absorption.measures.clustering import (
    Quantiser,
    adjusted_rand,
    combination_index,
    dictionary_agreement,
    graded_share,
    mean_when_active,
    zones,
)
from absorption.worlds.hierarchies import independent
from absorption.worlds.population import directions

WORLD = independent([0.3] * 3, features=directions(3, 5))
SIZES = WORLD.present.sum(1)


def extractor():
    return WORLD.magnitudes[None], WORLD.features[None]


def quantiser():
    lengths = WORLD.activations.norm(dim=-1)
    return torch.diag(lengths)[None], torch.nn.functional.normalize(WORLD.activations, dim=-1)[None]


def index(code):
    return float(combination_index(*code, SIZES, WORLD.probabilities))


def test_the_index_is_0_for_an_extractor_and_1_for_a_quantiser():
    for acts, dictionary in (extractor(), quantiser()):
        torch.testing.assert_close((acts @ dictionary)[0], WORLD.activations)
    assert abs(index(extractor())) < 1e-6
    assert abs(index(quantiser()) - 1) < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 10), st.floats(0, 1))
def test_the_index_ignores_scale_and_duplicates(scale, share):
    acts, dictionary = extractor()
    assert abs(index((acts / scale, dictionary * scale))) < 1e-5
    doubled = torch.cat([acts * share, acts * (1 - share)], -1), torch.cat([dictionary, dictionary], 1)
    assert abs(index(doubled)) < 1e-5


def test_an_sae_that_never_fires_has_no_index():
    acts, dictionary = extractor()
    assert np.isnan(index((0 * acts, dictionary)))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 5)), min_size=3, max_size=8))
def test_the_weighted_rand_index_is_the_limit_of_scikit_learns(cells):
    first, second, counts = (np.array(column) for column in zip(*cells, strict=True))
    many = counts * 200
    theirs = adjusted_rand_score(first.repeat(many), second.repeat(many))
    assert abs(adjusted_rand(first, second, counts / counts.sum()) - theirs) < 0.01


def test_zones_name_the_strongest_latent():
    acts = torch.tensor([[[0.0, 0.0], [1.0, 2.0], [3.0, 0.0], [1e-9, 0.0]]])
    assert zones(acts).tolist() == [[-1, 1, 0, -1]]


def test_agreement_of_dictionaries_does_not_depend_on_order_sign_or_length():
    first = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    assert abs(dictionary_agreement(first, first[[2, 0, 3, 1]] * -3) - 1) < 1e-6
    assert abs(dictionary_agreement(torch.eye(4)[:2], torch.eye(4)[2:])) < 1e-6
    with warnings.catch_warnings(action="error"):
        assert np.isnan(dictionary_agreement(first[:0], first))


def test_means_when_active_keep_which_fires_and_its_mean():
    acts, _ = quantiser()
    acts = acts * torch.linspace(0.5, 1.5, acts.shape[1])[:, None]
    replaced = mean_when_active(acts, WORLD.probabilities)
    assert ((replaced > 0) == (acts > 0)).all()
    mean = lambda code: torch.einsum("s,isj->ij", WORLD.probabilities, code)  # noqa: E731
    torch.testing.assert_close(mean(replaced), mean(acts))


def test_k_means_with_a_centroid_a_state_is_perfect_and_one_hot():
    quantiser = Quantiser.fit(WORLD.activations, WORLD.probabilities, 20, seed=0)
    assert len(quantiser.centroids) == 8
    torch.testing.assert_close(quantiser(WORLD.activations), WORLD.activations, atol=1e-5, rtol=0)
    assert (quantiser.encode(WORLD.activations).sum(-1) == 1).all()
    alone = Quantiser.fit(WORLD.activations, WORLD.probabilities, 1, seed=0)
    torch.testing.assert_close(alone.centroids[0], WORLD.probabilities @ WORLD.activations)


def test_grades_carry_all_that_an_extractor_knows_of_strength_and_nothing_of_one_hot_codes():
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0], [1.0, 1.0], [2.0, 3.0]])
    present, p = (x > 0).float(), torch.full((4,), 0.25)
    assert float(graded_share(x[None], torch.eye(2)[None], x, p, present)) == 1
    one_hot = torch.eye(4)[None]
    assert float(graded_share(one_hot, x[None], x, p, present)) == 0
