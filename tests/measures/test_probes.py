"""Probes against scikit-learn, and against answers known by construction."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from absorption.measures.probes import (
    count_splits,
    fit_label_probe,
    fit_probe,
    fit_sparse_probes,
    rank_latents,
    split_words,
)

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


@pytest.fixture
def latents():
    """Sparse activations of 12 latents: letter 0 is told by latent 5 alone, letter 1 by latents 2 and 7 together."""
    generator = torch.Generator().manual_seed(1)
    letters = torch.randint(N_LETTERS, (900,), generator=generator)
    z = torch.rand(900, 12, generator=generator, dtype=torch.float64)
    z = z * (torch.rand(900, 12, generator=generator) < 0.05)
    size = 1 + torch.rand(900, generator=generator, dtype=torch.float64)
    half = torch.rand(900, generator=generator) < 0.5
    z[:, 5] = size * (letters == 0)
    z[:, 2] = size * ((letters == 1) & half)
    z[:, 7] = size * ((letters == 1) & ~half)
    return z, letters


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


@pytest.mark.parametrize("ks", [(1, 2, 3, 4), (2, 4)])
def test_sparse_probes_agree_with_sklearn(latents, ks):
    z, letters = latents
    own = torch.tensor([[5, 0, 1, 3], [2, 7, 0, 1], [4, 6, 8, 9]])
    probes = fit_sparse_probes(z, letters, own, ks)
    scaled = z / z.amax(0)
    for k in ks:
        scores = probes.scores(z, k)
        for letter in range(N_LETTERS):
            theirs = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-10, max_iter=10_000)
            x = scaled[:, own[letter, :k]].numpy()
            theirs.fit(x, (letters == letter).numpy())
            np.testing.assert_allclose(scores[:, letter].numpy(), theirs.decision_function(x), atol=1e-4)


def test_sparse_probes_refuse_unordered_ks(latents):
    z, letters = latents
    own = torch.zeros(N_LETTERS, 4, dtype=torch.int64)
    for ks in ((), (0, 1), (2, 1), (1, 5)):
        with pytest.raises(ValueError, match="ks must rise"):
            fit_sparse_probes(z, letters, own, ks)


def test_ranking_finds_the_latents_that_tell_the_letter(latents):
    z, letters = latents
    ranked = rank_latents(z, letters, n_best=2, n_letters=N_LETTERS)
    assert ranked[0, 0] == 5
    assert set(ranked[1].tolist()) == {2, 7}


def test_ranking_agrees_with_sklearns_l1_probe(latents):
    from absorption.measures.classification import one_hot
    from absorption.measures.probes import _l1_probe

    z, letters = latents
    n, penalty = len(z), 0.01
    ours = _l1_probe(z, one_hot(letters, N_LETTERS).to(z), penalty, steps=3000)
    for letter in range(N_LETTERS):
        # scikit-learn: ‖w‖₁ + C Σ s_i loss_i with s summing to n, so C = 1 / (penalty n). The solver saga alone
        # leaves the bias unpenalised.
        theirs = LogisticRegression(
            C=1 / (penalty * n),
            l1_ratio=1.0,
            class_weight="balanced",
            solver="saga",
            tol=1e-9,
            max_iter=50_000,
        )
        theirs.fit((z / z.amax(0)).numpy(), (letters == letter).numpy())
        np.testing.assert_allclose(ours[:, letter].numpy(), theirs.coef_[0], atol=2e-3)


def test_ranking_refuses_more_than_there_are(latents):
    with pytest.raises(ValueError, match="n_best"):
        rank_latents(*latents, n_best=13, n_letters=N_LETTERS)


def test_split_is_stratified_whole_and_seeded():
    letters = torch.arange(5).repeat_interleave(torch.tensor([100, 50, 10, 2, 3]))
    split = split_words(letters, torch.Generator().manual_seed(0))
    assert sorted(torch.cat([split.train, split.held_out]).tolist()) == list(range(len(letters)))
    assert letters[split.held_out].bincount(minlength=5).tolist() == [20, 10, 2, 1, 1]
    again = split_words(letters, torch.Generator().manual_seed(0))
    assert torch.equal(split.train, again.train)
    other = split_words(letters, torch.Generator().manual_seed(1))
    assert not torch.equal(split.train, other.train)
    with pytest.raises(ValueError, match="held_out"):
        split_words(letters, torch.Generator(), held_out=1.0)


@pytest.mark.parametrize(
    ("f1", "splits"),
    [([0.5], 1), ([0.5, 0.52, 0.9], 1), ([0.5, 0.53, 0.55], 2), ([0.3, 0.4, 0.5, 0.6], 4)],
)
def test_splits_stop_at_the_first_small_rise(f1, splits):
    assert count_splits(f1) == splits


def test_splits_need_a_score():
    with pytest.raises(ValueError, match="empty"):
        count_splits([])


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
