"""The pursuit by Gram matrix against the plain one, in float64: choices, activations, error and gradients."""

import pytest
import torch

from absorption.experiments.bank.fitting import Schedule
from absorption.experiments.bank.table import Table
from absorption.experiments.pursued import choices, train, unrolled
from absorption.experiments.pursuits import encoded
from absorption.saes.pursuit import matching_pursuit
from absorption.saes.recipe import MatchingPursuit, Recipe
from absorption.saes.stack import SAEStack


@pytest.fixture
def words():
    """Inputs and rows, more latents than dimensions."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(200, 12, generator=draws, dtype=torch.float64)
    rows = torch.randn(40, 12, generator=draws, dtype=torch.float64)
    return x, torch.nn.functional.normalize(rows, dim=1)


@pytest.mark.parametrize(("k", "short"), [(1, 0.0), (5, 0.0), (12, 1.5)])
def test_the_same_latents_fire_equally_strongly(words, k, short):
    """Also where a residual is short, and where a choice brings no new latent."""
    x, rows = words
    chosen, counts = choices(x, rows, k, short)
    values, residual = unrolled(x, rows, chosen, counts)
    z = torch.zeros(len(x), len(rows), dtype=x.dtype).scatter_add(1, chosen, values)
    plain = matching_pursuit(x, rows[None], torch.tensor([float(k)]), short)[0]
    assert torch.allclose(z, plain, atol=1e-12)
    assert torch.allclose(residual, x - plain @ rows, atol=1e-12)


def test_the_same_gradients(words):
    """Of the squared error, with respect to rows and inputs."""
    x, rows = (each.clone().requires_grad_(True) for each in words)
    _, residual = unrolled(x, rows, *choices(x.detach(), rows.detach(), 5, 0.0))
    mine = torch.autograd.grad(residual.square().sum(), (x, rows))
    z = matching_pursuit(x, rows[None], torch.tensor([5.0]), 0.0)[0]
    plain = torch.autograd.grad((x - z @ rows).square().sum(), (x, rows))
    assert all(torch.allclose(a, b, atol=1e-9) for a, b in zip(mine, plain, strict=True))


def test_training_lowers_the_error_and_encodes_as_the_stack_does():
    """On fewer inputs than latents they are learned by heart."""
    x = torch.randn(16, 8, generator=torch.Generator().manual_seed(1))
    x = torch.nn.functional.normalize(x, dim=1)
    stack = SAEStack(Recipe(MatchingPursuit(2), tied=True, encoder_bias=False), 8, 32, seeds=[0])
    before = float((stack(x)[0] - x).square().sum(1).mean())
    train(stack, Table(x, torch.full((16,), 1 / 16)), Schedule(16 * 300, 16, 1e-2))
    after = float((stack(x)[0] - x).square().sum(1).mean())
    assert after < 0.2 * before
    z = encoded(stack, x)
    assert torch.allclose(z @ torch.eye(32), stack.encode(x)[0], atol=1e-5)
    assert len(encoded(stack, x, k=1).values) == 16
