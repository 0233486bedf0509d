"""Rotations: norms and angles are kept, and the refit agrees with closed forms."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.measures.rotations import random_in, turned


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(-1.5, 1.5))
def test_turning_keeps_norms_and_turns_by_the_angle(seed, angle):
    rng = np.random.default_rng(seed)
    rows, towards = rng.normal(size=(2, 3, 5))
    after = turned(rows, towards, angle)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), np.linalg.norm(rows, axis=1))
    cosine = (after * rows).sum(1) / (rows**2).sum(1)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-9)
    for row, target, result in zip(rows, towards, after, strict=True):
        assert np.linalg.matrix_rank(np.stack([row, target, result]), tol=1e-9) == 2


def test_random_directions_lie_in_their_subspace():
    drawn = random_in(np.eye(6)[:2], 10, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1)
    assert not drawn[:, 2:].any()
