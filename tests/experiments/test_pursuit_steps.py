"""The fast pursuit against the plain one and against SAELens, in float64: activations, error, gradients, and weights after training."""

from functools import partial

import pytest
import torch
from sae_lens import MatchingPursuitTrainingSAE, MatchingPursuitTrainingSAEConfig
from sae_lens.saes.sae import TrainStepInput

from absorption.experiments.bank.fitting import Schedule
from absorption.experiments.bank.table import Table
from absorption.experiments.levels import Training, rate
from absorption.experiments.pursued import train
from absorption.experiments.pursuit_steps import activations, error_left, fit_pursuits, pursue
from absorption.experiments.pursuits import encoded
from absorption.saes.exchange.saelens import from_saelens
from absorption.saes.pursuit import matching_pursuit
from absorption.saes.recipe import MatchingPursuit, Recipe
from absorption.saes.stack import SAEStack

CASES = [((1, 1, 1), 0.0), ((1, 5, 2), 0.0), ((12, 3, 40), 1.5), ((40, 40, 40), 0.0)]
"""Choices of three SAEs, and what is short."""


def drawn(length=1.0):
    """Inputs and rows of three SAEs, more latents than dimensions; rows of the length, or of many lengths around it."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(3, 50, 12, generator=draws, dtype=torch.float64)
    rows = torch.nn.functional.normalize(torch.randn(3, 40, 12, generator=draws, dtype=torch.float64), dim=2)
    spread = torch.rand(3, 40, 1, generator=draws, dtype=torch.float64) if length != 1 else 0
    return x, rows * (length + 0.4 * spread)


@pytest.mark.parametrize(("k", "short"), CASES)
@pytest.mark.parametrize("length", [1.0, 0.8])
def test_the_same_latents_fire_equally_strongly_and_leave_as_much(k, short, length):
    """Also where what is left is short, where a choice brings no new latent, and where SAEs have other numbers of choices."""
    x, rows = drawn(length)
    most = torch.tensor(k, dtype=torch.float64)
    z, plain = activations(x, rows, most, short), matching_pursuit(x, rows, most, short)
    assert torch.allclose(z, plain, atol=1e-10)
    steps, left = pursue(x, rows, most, short)
    assert torch.allclose(left, x - plain @ rows, atol=1e-10)
    assert len(steps) == 1 or len(steps[0].at) > len(steps[-1].at)


@pytest.mark.parametrize(("k", "short"), CASES)
@pytest.mark.parametrize("length", [1.0, 0.8])
def test_the_same_gradients(k, short, length):
    """Of the error of every SAE, weighed differently, by rows and by inputs."""
    most, weights = torch.tensor(k, dtype=torch.float64), torch.tensor([1.0, 0.3, 2.0], dtype=torch.float64)
    x, rows = (each.requires_grad_(True) for each in drawn(length))
    mine = torch.autograd.grad((weights * error_left(x, rows, most, short)).sum(), (x, rows))
    z = matching_pursuit(x, rows, most, short)
    plain = (weights * (x - z @ rows).square().sum(-1).mean(-1)).sum()
    for ours, theirs in zip(mine, torch.autograd.grad(plain, (x, rows)), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-10)


def saelens():
    """A pursuit of SAELens in float64, its weights disturbed."""
    torch.manual_seed(0)
    options = dict(d_in=12, d_sae=32, dtype="float64", decoder_init_norm=1.0)
    sae = MatchingPursuitTrainingSAE(
        MatchingPursuitTrainingSAEConfig(max_iterations=4, residual_threshold=0.05, **options)
    )
    with torch.no_grad():
        sae.W_dec += 0.05 * torch.randn_like(sae.W_dec)
        sae.b_dec += 0.2 * torch.randn_like(sae.b_dec)
    return sae


def batches(n):
    """Batches of 64 inputs."""
    draws = torch.Generator().manual_seed(1)
    return [torch.randn(64, 12, generator=draws, dtype=torch.float64) for _ in range(n)]


def loss_of(sae, x):
    """As SAELens trains it."""
    return sae.training_forward_pass(
        TrainStepInput(x, {}, None, n_training_steps=0, is_logging_step=False)
    ).loss


def trained_by_saelens(biased, rate, n):
    """Its weights after n steps with Adam's memories and the clipping of the source."""
    sae = saelens()
    sae.b_dec.data.mul_(biased)
    weights = [sae.W_dec, sae.b_dec] if biased else [sae.W_dec]
    adam = torch.optim.Adam(weights, betas=(0.5, 0.9375))
    for step, x in enumerate(batches(n)):
        adam.param_groups[0]["lr"] = rate(step)
        adam.zero_grad()
        loss_of(sae, x).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        adam.step()
    return sae


@pytest.mark.parametrize("biased", [False, True])
def test_saelens_ends_with_the_same_weights(biased):
    """The same start, batches and optimiser; torch's clipping adds a millionth to the length."""
    n, start = 120, saelens()
    recipe = Recipe(
        MatchingPursuit(4, 0.05), tied=True, encoder_bias=False, decoder_bias=biased, decoder="free"
    )
    stack = SAEStack(recipe, 12, 32, [0], dtype=torch.float64)
    stack.W_dec.data = start.W_dec.detach().clone()[None]
    if biased:
        stack.b_dec.data = start.b_dec.detach().clone()[None]
    of_step = partial(rate, Training("pursuit", steps=n, lr=0.03))
    fit_pursuits(stack, batches(n), of_step)
    theirs = trained_by_saelens(biased, of_step, n)
    assert (stack.W_dec[0] - start.W_dec).abs().max() > 0.1
    assert torch.allclose(stack.W_dec[0], theirs.W_dec, atol=1e-4)
    assert torch.allclose(stack.b_dec[0], theirs.b_dec, atol=1e-4)


def test_saelens_has_the_same_error_and_gradients():
    """With the decoder's bias."""
    sae = saelens()
    stack, (x,) = from_saelens(sae), batches(1)
    theirs = loss_of(sae, x)
    ours = error_left(x - stack.b_dec[:, None], stack.W_dec, stack.k, 0.05)
    theirs.backward()
    ours.sum().backward()
    assert float(ours[0].detach()) == pytest.approx(float(theirs.detach()), abs=1e-9)
    for name in ("W_dec", "b_dec"):
        assert torch.allclose(getattr(stack, name).grad[0], getattr(sae, name).grad, atol=1e-9), name


def test_training_lowers_the_error_and_encodes_as_the_stack_does():
    """On fewer inputs than latents they are learned by heart."""
    x = torch.randn(16, 8, generator=torch.Generator().manual_seed(1))
    x = torch.nn.functional.normalize(x, dim=1)
    stack = SAEStack(
        Recipe(MatchingPursuit(2), tied=True, encoder_bias=False, decoder="free"), 8, 32, seeds=[0]
    )
    before = float((stack(x)[0] - x).square().sum(1).mean())
    train(stack, Table(x, torch.full((16,), 1 / 16)), Schedule(16 * 300, 16, 1e-2))
    after = float((stack(x)[0] - x).square().sum(1).mean())
    assert after < 0.2 * before
    z = encoded(stack, x)
    assert torch.allclose(z @ torch.eye(32), stack.encode(x)[0], atol=1e-5)
    assert len(encoded(stack, x, k=1).values) == 16
