"""A loss of the reconstruction alone: its slope along the family, and what training on it leaves."""

from functools import partial

import pytest
import torch

from absorption.experiments.end_to_end import divergence, fit_through, random_heads, slope_of_family
from absorption.saes import Recipe, SAEStack

HEAD = random_heads(1, 8, 2, seed=0)[0].double()
LOSSES = {
    "KL": partial(divergence, head=HEAD),
    "absolute": lambda a, b: (a - b).abs().sum(-1),
    "not even about x": lambda a, _: a.sin().prod(-1),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("delta", [0.0, 0.4, 0.95])
def test_the_slope_along_the_family_is_that_of_the_penalty(loss, delta):
    slope = slope_of_family(delta, p11=0.2, p10=0.3, sparsity=0.1, loss=loss)
    assert slope == pytest.approx(-0.1 * 0.2, abs=1e-12)
    counted = slope_of_family(delta, p11=0.2, p10=0.3, sparsity=0.1, loss=loss, weighted=True)
    assert counted == pytest.approx(-0.02 * (1 - delta / (1 + delta**2) ** 0.5), abs=1e-12)


def test_beyond_full_absorption_the_loss_is_felt():
    slope = slope_of_family(1.2, p11=0.2, p10=0.3, sparsity=0.1, loss=LOSSES["absolute"])
    assert slope == pytest.approx(0.2)


def test_the_divergence_is_that_of_torch():
    x, rebuilt = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(0)).double()
    said, meant = ((values @ HEAD.T).log_softmax(-1) for values in (rebuilt, x))
    expected = torch.nn.functional.kl_div(said, meant, log_target=True, reduction="none").sum(-1)
    assert torch.allclose(divergence(rebuilt, x, HEAD), expected)


def test_training_brings_the_divergence_down():
    recipe = Recipe(encoder_bias=False, decoder_bias=False)
    stack = SAEStack(recipe, 2, 4, seeds=range(3))
    x, p, heads = torch.eye(2), torch.full((3, 2), 0.5), random_heads(3, 8, 2, seed=1)
    before = divergence(stack(x), x, heads).sum(-1)
    fit_through(stack, x, p, "", head=heads, steps=200, lr=0.03)
    assert bool((divergence(stack(x), x, heads).sum(-1) < before).all())


def test_a_recipe_without_unit_rows_is_refused():
    stack = SAEStack(Recipe(decoder="free"), 2, 2, seeds=[0])
    with pytest.raises(ValueError, match="unit rows"):
        fit_through(stack, torch.eye(2), torch.full((1, 2), 0.5), "", head=HEAD, steps=1, lr=0.1)
