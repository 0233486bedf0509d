"""Words in contexts: the worlds, and sums of constituents on dictionaries that are put in place."""

from dataclasses import replace

import numpy as np
import torch

from absorption.experiments.arithmetic import (
    N_TOKENS,
    NAMES,
    Dictionaries,
    compare,
    drawn_texts,
    neighbours,
    summarised,
    trained,
)

TEXTS = drawn_texts(3, 16, seed=1)
DIRECTIONS = torch.linalg.lstsq(TEXTS.present.expand(3, -1, -1), TEXTS.x).solution


def dictionary(rows, z):
    marks = torch.stack([(each > 0).float() for each in z])
    there = [((of[..., None] * TEXTS.present[:, None]).sum(0) >= of.sum(0)[:, None] - 1e-6) for of in marks]
    return Dictionaries(z, rows, torch.stack(there), np.ones(3), np.ones(3))


def features():
    """A latent a feature."""
    return dictionary(DIRECTIONS, TEXTS.present.expand(3, -1, -1))


def composed():
    """A latent for every token in every context."""
    both = (TEXTS.present[:, :N_TOKENS].any(1) & TEXTS.present[:, N_TOKENS:].any(1)).nonzero()[:, 0]
    z = torch.zeros(3, len(TEXTS.present), len(both))
    z[:, both, range(len(both))] = 1.0
    return dictionary(TEXTS.x[:, both], z)


def test_activations_are_sums_unless_told_otherwise():
    assert torch.allclose(TEXTS.present @ DIRECTIONS, TEXTS.x, atol=1e-5)
    own = drawn_texts(3, 16, seed=1, own=2.0)
    both = TEXTS.present[:, :N_TOKENS].any(1) & TEXTS.present[:, N_TOKENS:].any(1)
    assert torch.equal(own.p, TEXTS.p) and torch.equal(own.x[:, ~both], TEXTS.x[:, ~both])
    assert torch.allclose(
        (own.x - TEXTS.x)[:, both].norm(dim=-1), torch.full((3, int(both.sum())), 2.0), atol=1e-5
    )


def test_composed_latents_point_along_the_sums_of_their_constituents():
    sums = compare(composed(), features(), TEXTS)
    assert (
        (sums.n_composed == 12).all() and (sums.right > 0.75).all() and (sums.right - sums.wrong > 0.4).all()
    )
    assert (sums.first > 0.5).all()


def test_they_do_not_where_a_combination_has_a_direction_of_its_own():
    both = (TEXTS.present[:, :N_TOKENS].any(1) & TEXTS.present[:, N_TOKENS:].any(1)).nonzero()[:, 0]
    own = replace(composed(), rows=drawn_texts(3, 16, seed=1, own=2.0).x[:, both])
    assert (compare(own, features(), TEXTS).right < 0.75).all()


def test_no_composed_latent_is_not_available():
    sums = compare(features(), features(), TEXTS)
    assert (sums.n_composed == 0).all() and np.isnan(sums.right).all()


def test_composed_latents_are_neighbours_and_features_summarise_them():
    assert (neighbours(composed()) > neighbours(features())).all()
    assert (summarised(composed(), features(), TEXTS) == 1).all()
    assert np.isnan(summarised(features(), composed(), TEXTS)).all()


def test_several_values_at_once_are_trained_as_one_by_one():
    how = dict(seed=3, steps=30, lr=0.02)
    at_once = trained(TEXTS, len(NAMES), np.array([[0.1] * 3, [0.3] * 3]), **how)
    one = trained(TEXTS, len(NAMES), 0.3, **how)
    np.testing.assert_allclose(at_once.l0.reshape(2, 3)[1], one.l0, atol=1e-5)
    assert torch.allclose(at_once.rows[3:], one.rows, atol=1e-4)
