"""Probes against scikit-learn, and against answers known by construction."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from absorption.measures.probes import fit_label_probe, fit_probe

N_LETTERS = 3


@pytest.fixture
def words():
    """600 inputs in 8 dimensions whose letter is a noisy linear function of them; letters are not equally common."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(600, 8, generator=generator, dtype=torch.float64)
    logits = x[:, :N_LETTERS] * 2 + torch.tensor([1.0, 0.0, -1.0])
    return x, torch.distributions.Gumbel(0.0, 1.0).icdf(
        torch.rand(600, N_LETTERS, generator=generator, dtype=torch.float64)
    ).add(logits).argmax(1)


@pytest.mark.parametrize("C", [1.0, 10.0])
def test_probe_agrees_with_sklearn(words, C):
    x, letters = words
    probe = fit_probe(x, letters, N_LETTERS, C=C, max_steps=500, tolerance=1e-9)
    for letter in range(N_LETTERS):
        theirs = LogisticRegression(C=C, class_weight="balanced", tol=1e-10, max_iter=10_000)
        theirs.fit(x.numpy(), (letters == letter).numpy())
        np.testing.assert_allclose(probe.weight[letter].numpy(), theirs.coef_[0], atol=1e-5)
        assert probe.bias[letter].item() == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_long_inputs_are_solved_too():
    """As they come from a model, far from centred and a thousand times too long."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(500, 30, generator=generator) * torch.logspace(-2, 3, 30) + 1000
    letters = (x[:, -1] > 1000).long()
    probe = fit_probe(x, letters, n_letters=2)
    assert ((probe.scores(x) > 0).long().argmax(1) == letters).float().mean() > 0.98


def test_probe_refuses_a_letter_without_words(words):
    x, letters = words
    with pytest.raises(ValueError, match="every letter"):
        fit_probe(x, letters, N_LETTERS + 1)


def test_properties_that_overlap_are_probed_one_by_one():
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(300, 4, generator=generator)
    holds = torch.stack([x[:, 0] > 0, x[:, 0] + x[:, 1] > 0.5, x[:, 2] > 1], dim=1)
    together = fit_label_probe(x, holds, tolerance=1e-6)
    for i, column in enumerate(holds.T):
        alone = fit_probe(x, column.long(), n_letters=2, tolerance=1e-6)
        torch.testing.assert_close(together.weight[i], alone.weight[1], rtol=2e-3, atol=2e-3)
    with pytest.raises(ValueError, match="every column"):
        fit_label_probe(x, torch.ones(300, 1, dtype=torch.bool))


def test_without_a_number_there_are_26_letters_and_a_word_of_each_is_enough():
    letters = torch.arange(26)
    probe = fit_probe(torch.eye(26), letters)
    assert torch.equal((probe.scores(torch.eye(26)) > 0).nonzero()[:, 1], letters)
