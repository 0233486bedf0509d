"""The arithmetic of features at one L0: which worlds are compared, and with what."""

import numpy as np
import pytest
import torch

from absorption.experiments.arithmetic import Dictionaries, drawn_texts
from absorption.experiments.sums_of_words import WordSums, at_truth_l0

TEXTS, OWNED = (drawn_texts(2, 16, seed=0, own=own) for own in (0.0, 2.0))


def features(texts, l0=1.0):
    """A latent for each feature, which fires where it is there, in place of a trained SAE."""
    rows = torch.linalg.lstsq(texts.present.expand(2, -1, -1), texts.x).solution
    return Dictionaries(
        texts.present.expand(2, -1, -1),
        rows,
        torch.eye(7, dtype=torch.bool).expand(2, -1, -1),
        np.full(2, l0),
        np.ones(2),
    )


def composed(texts, l0=1.0):
    """A latent for each state."""
    n = len(texts.present)
    return Dictionaries(
        torch.eye(n).expand(2, -1, -1),
        texts.x,
        texts.present.bool().expand(2, -1, -1),
        np.full(2, l0),
        np.ones(2),
    )


def words(plain_l0):
    narrow, wide = features(TEXTS), composed(TEXTS)
    return WordSums(
        TEXTS,
        OWNED,
        (composed(TEXTS, plain_l0), composed(OWNED)),
        (narrow, features(OWNED)),
        {7: narrow, 20: wide},
        0.05,
    )


def test_only_worlds_with_one_l0_are_usable():
    assert words(1.04).usable.all() and not words(1.06).alike.any()
    assert len(words(1.06).cosines["its constituents"]) == 0
    assert len(words(1.06).cosines["constituents, own directions"]) == 2  # at the same λ, whatever the L0


def test_sums_of_the_right_constituents_lie_nearer_than_random_ones_and_own_directions_spoil_them():
    cosines = words(1.0).cosines
    right, wrong, itself, own = (values.mean() for values in cosines.values())
    assert right > wrong + 0.3 and right > own
    assert np.isfinite(itself) or np.isnan(itself)


def test_the_widest_is_compared_with_the_narrowest():
    found = words(1.0)
    assert set(found.near) == set(found.composed) == {7, 20}
    assert found.composed[20].tolist() == [12, 12] and found.composed[7].tolist() == [0, 0]
    assert found.covered == pytest.approx([1.0, 1.0])  # the latent for a token covers it in every context


def test_a_search_ends_nearer_to_the_l0_of_the_truth_than_it_began():
    how = dict(steps=150, lr=0.03, seed=0)
    found, owned = at_truth_l0(TEXTS, OWNED, 10, 0.0, (0.02, 1.0), **how)
    ends = [at_truth_l0(TEXTS, OWNED, 10, 0.0, (lam, lam), **how)[0].l0 for lam in (0.02, 1.0)]
    assert (np.abs(found.l0 - 1) <= np.minimum(*(np.abs(l0 - 1) for l0 in ends)) + 1e-6).all()
    assert owned.z.shape == found.z.shape
