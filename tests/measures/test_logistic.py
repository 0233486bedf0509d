"""Regressions with steps of their own: scikit-learn's optimum, the tightly converged one's decisions, each label as if alone."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from absorption.measures import logistic
from absorption.measures.classification import best_cuts
from absorption.measures.halfspaces import free_directions, furthest
from absorption.measures.logistic import fit_each
from absorption.measures.probes import fit_label_probe


def half_spaces(n: int = 24, words: int = 3000, d_in: int = 32, seed: int = 0):
    """Inputs as a model's are, a few directions much longer than others; and half-spaces of a 25th to a quarter of the words."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(words, d_in, generator=generator) * torch.arange(1, d_in + 1) ** -0.7
    x = x / x.norm(dim=1).mean()
    sizes = torch.tensor([words // 25, words // 10, words // 4]).repeat(n // 3)
    return x, furthest(x @ free_directions(x, n, generator).T, sizes)


@pytest.mark.parametrize("C", [1.0, 10.0])
def test_it_finds_scikit_learns_optimum(C):
    x, holds = half_spaces(3, 600, 8)
    noise = torch.rand(holds.shape, generator=torch.Generator().manual_seed(1)) < 0.1
    x, holds = x.double(), holds ^ noise
    probe = fit_each(x, holds, C=C, tolerance=1e-10)
    for i, column in enumerate(holds.T):
        theirs = LogisticRegression(C=C, class_weight="balanced", tol=1e-10, max_iter=10_000)
        theirs.fit(x.numpy(), column.numpy())
        np.testing.assert_allclose(probe.weight[i].numpy(), theirs.coef_[0], atol=1e-5)
        assert probe.bias[i].item() == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_half_spaces_get_the_decisions_of_probes_that_have_converged_tightly():
    x, holds = half_spaces()
    train, rest = x[:2400], x[2400:]
    found = fit_each(train, holds[:2400])
    tight = fit_each(train.double(), holds[:2400], tolerance=1e-7, max_steps=500)
    cosine = torch.nn.functional.cosine_similarity(found.weight.double(), tight.weight)
    assert cosine.min() > 0.999
    ours, theirs = (
        probe.scores(rest.to(probe.weight)) > best_cuts(probe.scores(train.to(probe.weight)), holds[:2400])
        for probe in (found, tight)
    )
    assert (ours == theirs).float().mean() > 0.999
    before = fit_label_probe(train, holds[:2400]).weight.double()
    assert cosine.min() > torch.nn.functional.cosine_similarity(before, tight.weight).min() - 1e-5


def test_a_hard_label_does_not_hold_up_the_others(monkeypatch):
    x, holds = half_spaces()
    noise = torch.rand(len(x), 1, generator=torch.Generator().manual_seed(1)) < 0.01
    labels, moved = [], logistic._Problem.moved
    monkeypatch.setattr(
        logistic._Problem, "moved", lambda self, at, step: labels.append(len(step)) or moved(self, at, step)
    )
    alone = fit_each(x, holds)
    steps = sum(labels)
    assert steps / holds.shape[1] < 35
    labels.clear()
    together = fit_each(x, torch.cat([holds, holds[:, :1] ^ noise], 1))
    torch.testing.assert_close(together.weight[:-1], alone.weight, rtol=1e-3, atol=1e-3)
    assert sum(labels) - steps < 70 and labels[-1] < 5


def test_long_inputs_are_solved_too():
    """As they come from a model, far from centred and a thousand times too long."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(500, 30, generator=generator) * torch.logspace(-2, 3, 30) + 1000
    holds = x[:, -1:] > 1000
    assert ((fit_each(x, holds).scores(x) > 0) == holds).float().mean() > 0.98


def test_a_label_of_no_row_or_of_all_is_refused():
    for every in (True, False):
        with pytest.raises(ValueError, match="every column"):
            fit_each(torch.eye(3), torch.full((3, 1), every))


def test_it_stops_where_only_rounding_is_left():
    x, holds = half_spaces(3, 500, 8)
    probe = fit_each(x, holds, tolerance=0.0, max_steps=80)
    assert probe.weight.isfinite().all()
    tight = fit_each(x.double(), holds, tolerance=1e-12, max_steps=2000)
    torch.testing.assert_close(probe.weight.double(), tight.weight, rtol=1e-3, atol=1e-2)
