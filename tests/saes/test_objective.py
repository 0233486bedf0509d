"""The objective against autograd and finite differences, and against the penalties written out in plain torch."""

import pytest
import torch

from absorption.saes import BatchTopK, Recipe, SAEStack, TopK
from absorption.saes.fit import training
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.errors import MeanSquaredError
from absorption.saes.losses.objective import population_losses


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("one_world", [True, False])
def test_the_error_and_both_its_gradients_are_those_of_finite_differences(shared, one_world):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    reconstruction, x = draw(2, 3, 4), draw(3, 4) if shared else draw(2, 3, 4)
    weights = draw(1 if one_world else 2, 3).softmax(-1)
    error = MeanSquaredError.apply(reconstruction, x, weights)
    torch.testing.assert_close(error, ((reconstruction - x).pow(2).sum(-1) * weights).sum(-1))
    inputs = reconstruction.requires_grad_(), x.requires_grad_()
    assert torch.autograd.gradcheck(lambda *both: MeanSquaredError.apply(*both, weights), inputs)


@pytest.mark.parametrize("activation", [TopK(3), BatchTopK(2.5)], ids=["topk", "batchtopk"])
def test_both_paths_count_the_same_latents_as_used(activation):
    generator = torch.Generator().manual_seed(0)
    stack = SAEStack(Recipe(activation), 6, 40, seeds=[0, 1], dtype=torch.float64)
    x = torch.randn(8, 6, generator=generator, dtype=torch.float64) / 3
    dense, sparse = (
        population_losses(stack, x, x.new_full((1, 8), 1 / 8)).usage(),
        SparseObjective(stack)(x).usage(),
    )
    torch.testing.assert_close(sparse.l0, dense.l0)
    torch.testing.assert_close(sparse.smallest, dense.smallest)
    assert torch.equal(sparse.fired, dense.fired) and 0 < dense.fired.sum() < 60
    assert (dense.smallest < 1).all()


def test_what_counts_as_diverged_is_measured_by_the_mean_square_of_the_inputs(monkeypatch):
    """Of the member with the largest one; of a batch, over all members."""
    seen, kept = [], training.Run
    monkeypatch.setattr(training, "Run", lambda *a, **b: seen.append(kept(*a, **b)) or seen[-1])
    x = torch.arange(1.0, 19.0).view(2, 3, 3)
    p = torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    stack = SAEStack(Recipe(), 3, 4, seeds=[0, 1])
    training.fit_population(stack, x, p, steps=1)
    training.fit_batches(stack, [x[:, :2]])
    squares = x.square().sum(-1)
    expected = [float((squares * p).sum(1).max()), float(squares[:, :2].mean())]
    assert [run.ceiling for run in seen] == pytest.approx([1e6 * power for power in expected])
