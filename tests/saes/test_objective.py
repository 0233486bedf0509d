"""The objective against autograd and finite differences, and against the penalties written out in plain torch."""

import pytest
import torch

from absorption.saes.losses.objective import MeanSquaredError


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("one_world", [True, False])
def test_the_error_and_both_its_gradients_are_those_of_finite_differences(shared, one_world):
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    reconstruction, x = draw(2, 3, 4), draw(3, 4) if shared else draw(2, 3, 4)
    weights = draw(1 if one_world else 2, 3).softmax(-1)
    error = MeanSquaredError.apply(reconstruction, x, weights)
    torch.testing.assert_close(error, ((reconstruction - x).pow(2).sum(-1) * weights).sum(-1))
    inputs = reconstruction.requires_grad_(), x.requires_grad_()
    assert torch.autograd.gradcheck(lambda *both: MeanSquaredError.apply(*both, weights), inputs)
