"""How many exceptions a row holds: formulas beside simulations, linear programming, and what they imply for each other."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from absorption.theory.capacity import least_squares, most_exceptions, most_words, separable, summed

DRAWS, WORDS = 300, 100
sizes = st.tuples(st.integers(2, 60), st.integers(8, 500))


def directions(rng, n, d):
    rows = rng.standard_normal((n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def simulated(m, d, delta, theta, weights):
    """Shares misread by p less the weighted sum of m exceptions; p is at right angles to all of them."""
    rng, found = np.random.default_rng(m * d), np.zeros(3)
    for _ in range(DRAWS):
        c, others, strangers = (directions(rng, n, d) for n in (m, WORDS, WORDS))
        back = delta * weights(c) @ c
        found += [
            np.mean(1 - c @ back > theta + 1e-9), np.mean(1 - others @ back <= theta), np.mean(-strangers @ back > theta),
        ]  # fmt: skip
    return found / DRAWS


@pytest.mark.parametrize(("m", "d"), [(2, 16), (4, 16), (16, 16), (8, 32), (32, 64)])
@pytest.mark.parametrize("delta", [0.5, 1.0])
def test_a_sum_of_exceptions_misreads_as_the_normal_approximation_says(m, d, delta):
    found = simulated(m, d, delta, 1 - delta / 2, lambda c: np.ones(len(c)))
    assert found == pytest.approx(summed(m, d, delta), abs=0.02)
    assert np.abs(found - summed(m, d, delta))[1:].max() < 0.01


@pytest.mark.parametrize(("m", "d"), [(4, 32), (8, 32), (16, 32)])
def test_least_squares_row(m, d):
    found = simulated(m, d, 1.0, 0.5, lambda c: np.linalg.solve(c @ c.T, np.ones(len(c))))
    assert found == pytest.approx(least_squares(m, d), abs=0.015)


@given(sizes, st.floats(0.05, 2.0))
def test_how_far_exceptions_are_held_back_changes_nothing_for_the_parents_words(size, delta):
    here, there = summed(*size, delta), summed(*size, 1.0)
    assert here[:2] == pytest.approx(there[:2], abs=1e-9)
    assert (here.strangers <= there.strangers + 1e-12) == (delta <= 1)


@given(st.integers(2, 1000), st.floats(1e-4, 0.4))
def test_as_many_as_fit_are_misread_at_the_rate_asked_for(d, rate):
    m = most_exceptions(d, rate)
    if m >= 1:
        assert summed(int(m), d).others <= rate + 1e-9 <= summed(int(m) + 1, d).others + 2e-9


def told_by_some_row(x, y, bias=False):
    columns = np.c_[x, np.ones(len(x))] if bias else x
    answer = linprog(
        np.zeros(columns.shape[1]), A_ub=-y[:, None] * columns, b_ub=-np.ones(len(x)), bounds=(None, None)
    )
    return answer.status == 0


@pytest.mark.parametrize(("n", "d"), [(4, 2), (6, 2), (6, 3), (5, 4)])
def test_cover_counts_what_linear_programming_tells(n, d):
    x = directions(np.random.default_rng(n), n, d)
    told = [told_by_some_row(x, np.array(y)) for y in product([-1.0, 1.0], repeat=n)]
    assert np.mean(told) == pytest.approx(separable(n, d))


@given(st.integers(1, 300))
def test_twice_as_many_words_as_dimensions_are_told_half_of_the_time(d):
    assert separable(2 * d, d) == pytest.approx(0.5)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_linear_programming_fails_where_gardner_says_that_no_row_is_left(share):
    rng, d = np.random.default_rng(0), 50

    def told(n):
        y = np.where(np.arange(n) < round(share * n), -1.0, 1.0)
        return np.mean([told_by_some_row(directions(rng, n, d), y, bias=True) for _ in range(8)])

    most = most_words(share) * d
    assert told(round(0.75 * most)) > 0.9 and told(round(1.3 * most)) < 0.1


@given(st.floats(0.001, 0.999))
def test_fewer_exceptions_leave_room_for_more_words(share):
    assert most_words(share) == pytest.approx(most_words(1 - share), rel=1e-6)
    assert most_words(share) >= 2 - 1e-9


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: summed(0, 8), "m must be at least 1"),
        (lambda: summed(2, 8, delta=0.0), "delta must lie"),
        (lambda: summed(2, 8, threshold=1.0), "threshold in"),
        (lambda: least_squares(7, 8), "must be below"),
        (lambda: most_exceptions(8, 0.5), "rate must lie"),
        (lambda: separable(0, 8), "at least 1"),
        (lambda: most_words(1.0), "share must lie"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
