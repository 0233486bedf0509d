"""The Babel function of a dictionary, and of what is active together."""

import pytest
import torch

from absorption.measures.active import ActiveLatents
from absorption.measures.coherence import babel, babel_active, with_active


def test_orthogonal_rows_do_not_interfere_and_equal_ones_wholly():
    """Between 0 and r."""
    assert babel(torch.eye(5), 3) == 0
    assert babel(torch.ones(5, 2), 3) == pytest.approx(3, abs=1e-5)


def test_the_sign_does_not_count():
    """An opposite row interferes as much."""
    assert babel(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), 1) == pytest.approx(1)


def test_only_the_strongest_that_are_active_together_count():
    """A dictionary may be crowded and its choices not."""
    rows = torch.cat([torch.eye(3), torch.eye(3)])
    z = torch.zeros(2, 6)
    z[0, [0, 1, 2]], z[1, [0, 3, 1]] = torch.tensor([3.0, 2.0, 1.0]), torch.tensor([3.0, 2.0, 1.0])
    assert babel(rows, 1) == 1
    of = ActiveLatents.of(z)
    assert babel_active(of, rows, torch.tensor([0]), 3) == 0
    assert babel_active(of, rows, torch.tensor([1]), 2) == pytest.approx(1)


def test_impossible_orders_are_refused():
    """With what can be."""
    with pytest.raises(ValueError, match="between 1 and 4"):
        babel(torch.eye(5), 5)
    with pytest.raises(ValueError, match="no input has 2"):
        babel_active(ActiveLatents.of(torch.eye(3)), torch.eye(3), torch.arange(3), 2)


def test_inputs_count_on_which_every_sae_has_as_many():
    """In the order given."""
    one = ActiveLatents.of(torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    other = ActiveLatents.of(torch.tensor([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]))
    assert with_active([one, other], torch.tensor([2, 1, 0]), r=2).tolist() == [2, 0]
    assert with_active([other], torch.tensor([1]), r=2).tolist() == [1]
