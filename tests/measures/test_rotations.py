"""Rotations: norms and angles are kept, and the refit agrees with closed forms."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.measures.rotations import first_beyond, random_in, refit, turned


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


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 0.7))
def test_spreading_two_directions_costs_sparsity_and_no_error(angle):
    after = turned(np.eye(2), np.eye(2)[::-1], -angle)
    z = refit(np.eye(2), after)
    np.testing.assert_allclose(z @ after, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(z.sum(1), 1 / (np.cos(angle) - np.sin(angle)), rtol=1e-6)


def test_with_zones_kept_the_error_is_the_squared_sine():
    after = turned(np.eye(3), np.roll(np.eye(3), 1, axis=0), 0.3)
    z = refit(np.eye(3), after, np.eye(3, dtype=bool))
    errors = ((z @ after - np.eye(3)) ** 2).sum(1)
    np.testing.assert_allclose(errors, np.sin(0.3) ** 2)


def test_the_first_angle_beyond_a_bound():
    angles = np.array([0.0, 1.0, 2.0])
    assert first_beyond(angles, np.array([0.0, 1.0, 3.0]), 2.0) == 1.5
    assert first_beyond(angles, np.zeros(3), 2.0) == 2.0
    assert first_beyond(angles, np.full(3, 5.0), 2.0) == 0.0
    assert first_beyond(angles, np.array([1.0, 1.0, 3.0]), 1.0) == 1.0, (
        "a curve at its bound is not beyond it"
    )
