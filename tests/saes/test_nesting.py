"""Drawn nestings: the law of the widths, the same draw at the same step, and one loss on every path."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.saes import BatchTopK, Recipe, SAEStack, TopK, fit_batches, fit_population
from absorption.saes.clock import Clock
from absorption.saes.losses.objective import population_losses
from absorption.saes.nesting import prefix_probabilities, prefix_widths
from absorption.worlds.hierarchies import tree

WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3), "d": ("c", 0.5)})


@given(st.integers(2, 40), st.data())
def test_widths_increase_to_the_full_width_and_depend_on_the_step_alone(d_sae, data):
    recipe = Recipe(random_nesting=data.draw(st.integers(2, d_sae)))
    clock = Clock(data.draw(st.integers(0, 10_000)), 10_000)
    widths = prefix_widths(recipe, d_sae, clock)
    assert len(widths) == recipe.random_nesting and widths[-1] == d_sae and widths[0] >= 1
    assert list(widths) == sorted(set(widths))
    assert widths == prefix_widths(recipe, d_sae, clock)


def test_widths_are_drawn_by_the_truncated_pareto_law():
    d_sae, draws = 12, 4000
    # The law as noanabeshima/matryoshka-saes writes it: differences of 1 − (i/n)^½, normalised.
    cdf = 1 - (np.arange(d_sae) / d_sae) ** 0.5
    expected = np.diff(cdf) / np.diff(cdf).sum()
    np.testing.assert_allclose(prefix_probabilities(d_sae).numpy(), expected, atol=1e-12)
    shortest = [
        prefix_widths(Recipe(random_nesting=2), d_sae, Clock(step, draws))[0] for step in range(draws)
    ]
    seen = np.bincount(shortest, minlength=d_sae)[1:] / draws
    assert np.abs(seen - expected).max() < 4 * np.sqrt(0.25 / draws)


def test_fixed_and_flat_widths_do_not_move():
    for step in (0, 7):
        assert prefix_widths(Recipe(nesting=(2, 6)), 6, Clock(step, 9)) == (2, 6)
        assert prefix_widths(Recipe(), 6, Clock(step, 9)) == (6,)


def test_drawing_every_prefix_is_fixing_every_prefix():
    weights = (0.5, 0.25, 2.0, 1.0)
    drawn, fixed = (
        SAEStack(Recipe(sparsity=0.1, level_weights=weights, **how), 4, 4, seeds=[0, 1])
        for how in (dict(random_nesting=4), dict(nesting=(1, 2, 3, 4)))
    )
    for stack in (drawn, fixed):
        fit_population(stack, WORLD.activations, WORLD.probabilities, steps=60)
    assert all(torch.equal(a, b) for a, b in zip(drawn.parameters(), fixed.parameters(), strict=True))


def test_the_draw_changes_the_loss_from_step_to_step_and_a_repeated_run_repeats_it():
    def trained():
        stack = SAEStack(Recipe(sparsity=0.1, random_nesting=2), 4, 8, seeds=[0, 1])
        seen = []
        fit_population(
            stack, WORLD.activations, WORLD.probabilities, steps=40, every=1,
            observe=lambda s: seen.append(prefix_widths(s.recipe, s.d_sae, s.clock)) or s.W_dec.detach().sum((1, 2)),
        )  # fmt: skip
        return stack, seen

    (one, seen), (two, again) = trained(), trained()
    assert seen == again and len(set(seen)) > 3
    assert torch.equal(one.W_dec, two.W_dec)
    losses = []
    for step in range(20):
        one.clock = Clock(step, 20)
        losses.append(population_losses(one, WORLD.activations, WORLD.probabilities[None]).total)
    assert torch.stack(losses).std(0).min() > 0


def test_a_member_is_a_solo_run():
    recipe = Recipe(BatchTopK(1.2), random_nesting=3, sparsity=0.01)
    together = SAEStack(recipe, 4, 6, seeds=[3, 4], dtype=torch.float64)
    alone = SAEStack(recipe, 4, 6, seeds=[4], dtype=torch.float64)
    for stack in (together, alone):
        fit_population(stack, WORLD.activations, WORLD.probabilities, steps=50)
    torch.testing.assert_close(together.W_dec[1], alone.W_dec[0])


@pytest.mark.parametrize("activation", [BatchTopK(8), TopK(8)], ids=["batchtopk", "topk"])
def test_sparse_and_dense_paths_draw_the_same_widths(activation):
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(64, 32, generator=generator, dtype=torch.float64) for _ in range(20)]
    recipe = Recipe(activation, random_nesting=4, level_weights=(0.3, 0.6, 0.9, 1.0), decoder="normalised")
    stacks = []
    for sparse in (True, False):
        stack = SAEStack(recipe, 32, 256, seeds=[0], dtype=torch.float64)
        fit_batches(stack, batches, lr=3e-3, sparse=sparse)
        stacks.append(stack)
    torch.testing.assert_close(stacks[0].W_dec, stacks[1].W_dec)
    torch.testing.assert_close(stacks[0].W_enc, stacks[1].W_enc)


@pytest.mark.parametrize(
    ("message", "options"),
    {
        "give one of the two": dict(nesting=(2, 4), random_nesting=2),
        "0 or at least 2": dict(random_nesting=1),
        "each of the 3 nesting levels": dict(random_nesting=3, level_weights=(1.0, 1.0)),
    }.items(),
)
def test_meaningless_nestings_are_refused(message, options):
    with pytest.raises(ValueError, match=message):
        Recipe(**options)


def test_more_prefixes_than_latents_are_refused():
    with pytest.raises(ValueError, match="needs as many latents"):
        SAEStack(Recipe(random_nesting=5), 4, 4, seeds=[0])
