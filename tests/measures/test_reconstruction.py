"""The fit of a wide SAE against scikit-learn and against the measure for stacks."""

import pytest
import torch
from sklearn.metrics import r2_score

from absorption.measures.reconstruction import fit_of
from absorption.measures.toy import explained_variance
from absorption.saes import BatchTopK, Recipe, SAEStack


@pytest.mark.parametrize("weighted", [False, True])
def test_it_agrees_with_others(weighted):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 6, generator=generator) + 0.5
    p = torch.rand(200, generator=generator) if weighted else None
    stack = SAEStack(Recipe(BatchTopK(2)), 6, 9, [0]).requires_grad_(False)
    stack.threshold[:], stack.b_dec[:] = 0.3, 0.1
    stack.eval()
    z = stack.encode(x)[0]
    found = fit_of(x, z, stack.dictionary[0], stack.b_dec[0], p)
    rebuilt = z @ stack.dictionary[0] + stack.b_dec[0]
    weights = None if p is None else p.numpy()
    assert found.explained == pytest.approx(
        r2_score(x, rebuilt, sample_weight=weights, multioutput="variance_weighted"), abs=1e-4
    )
    expected = explained_variance(stack, x, None if p is None else p / p.sum())
    assert found.explained == pytest.approx(float(expected), abs=1e-4)
    l0 = (z > 0).sum(1).float()
    assert found.l0 == pytest.approx(float(l0.mean() if p is None else (p @ l0) / p.sum()), rel=1e-5)


def test_latents_that_never_fire_are_counted():
    z = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]])
    assert fit_of(torch.eye(2), z, torch.ones(4, 2), torch.zeros(2)).dead == 0.5
