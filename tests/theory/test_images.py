"""The cost of absorption among images: differences, autograd and trained SAEs agree with the closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.theory.images import image_cost, image_gain, image_slope, translated
from absorption.theory.machine import check, check_parts

number = st.floats(-2, 2).map(lambda v: round(v, 3))


def spaces(d=2):
    vector = st.lists(number, min_size=d, max_size=d).map(np.array)
    return st.lists(st.tuples(vector, vector), min_size=1, max_size=3)


@given(pairs=spaces(), delta=st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_the_slope_is_autograds_and_never_positive(pairs, delta):
    parent, child = ([pair[i] for pair in pairs] for i in (0, 1))
    at = torch.tensor(delta, dtype=torch.float64, requires_grad=True)
    rows = [torch.tensor(c) + at * torch.tensor(a) for a, c in pairs]
    if min(float(row.detach().norm()) for row in rows) < 1e-6:
        return
    cost = (1 - at) * sum(float(np.linalg.norm(a)) for a in parent) + sum(row.norm() for row in rows)
    cost.backward()
    assert image_cost(parent, child, delta) == pytest.approx(float(cost.detach()))
    assert image_slope(parent, child, delta) == pytest.approx(float(at.grad), abs=1e-9)
    assert image_slope(parent, child, delta) <= 1e-12
    assert image_gain(parent, child) >= -1e-12


def test_where_nothing_is_gained():
    one, none, other = np.array([1.0, 0.0]), np.zeros(2), np.array([0.0, 1.0])
    assert image_gain([one, none], [none, other]) == 0  # in different layers
    assert image_gain([one], [2 * one]) == 0  # parallel images
    assert image_gain([one], [-one]) == 2  # opposite ones
    assert image_gain([one, one], [other, other]) == pytest.approx(2 * (2 - 2**0.5))  # spaces add up
    with pytest.raises(ValueError, match="in every space"):
        image_gain([one], [one, other])


def test_the_proposition_is_proved_and_its_neighbours_are_not():
    proposition = translated()
    assert {one.outcome for one in check_parts(proposition).values()} == {"proved"}
    for part in proposition.parts:
        assert check(part.broken()).outcome == "refuted", part.words
