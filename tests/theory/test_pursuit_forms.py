"""The closed forms for one row for parent and child, against a pursuit that is carried out."""

import numpy as np
import pytest
import torch

from absorption.saes.pursuit import matching_pursuit
from absorption.theory.pursuit import absorbed_cost, error_left

ROWS = {"apart": [[1.0, 0.0], [0.0, 1.0]], "absorbed": [[1.0, 0.0], [0.5**0.5, 0.5**0.5]]}


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("name", ROWS)
def test_what_a_pursuit_leaves(name, steps):
    """At any two magnitudes, weak children and weak parents among them."""
    a, b = np.abs(np.random.default_rng(0).normal(1, 0.8, (2, 500)))
    x = torch.tensor(np.stack([a, b], 1))
    rows = torch.tensor(ROWS[name], dtype=x.dtype)
    z = matching_pursuit(x, rows[None], torch.tensor([float(steps)]), 0.0)[0]
    left = (x - z @ rows).square().sum(1).numpy()
    np.testing.assert_allclose(error_left(a, b, name, steps), left, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2])
def test_the_expected_cost(steps):
    """Of a million draws; the form is for spreads that are small beside the mean."""
    a, b = np.random.default_rng(1).normal(1, 0.1, (2, 1_000_000))
    cost = error_left(a, b, "absorbed", steps).mean() - error_left(a, b, "apart", steps).mean()
    assert absorbed_cost(0.1, steps) == pytest.approx(cost, abs=2e-3 if steps == 1 else 1e-4)


def test_no_step_is_refused():
    """A pursuit without steps has no error to compare."""
    with pytest.raises(ValueError, match="at least one step"):
        absorbed_cost(0.1, 0)
