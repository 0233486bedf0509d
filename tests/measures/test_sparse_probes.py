"""k-sparse probes against scikit-learn, and against answers known by construction."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from absorption.measures.active import ActiveLatents
from absorption.measures.sparse_probes import count_splits, fit_sparse_probes, rank_latents
from absorption.measures.weighted_rows import weighted_rows

N_LETTERS = 3


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
    from absorption.measures.labels import one_hot
    from absorption.measures.sparse_probes import _l1_probe, _scaled_both_ways

    z, letters = latents
    n, penalty = len(z), 0.01
    ours = _l1_probe(*_scaled_both_ways(z), one_hot(letters, N_LETTERS).to(z), penalty, steps=3000)
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


def test_without_a_number_fifteen_latents_are_ranked(latents):
    z, letters = latents
    assert rank_latents(torch.cat([z, z], dim=1), letters, n_letters=N_LETTERS).shape == (N_LETTERS, 15)


def test_ranking_refuses_more_than_there_are(latents):
    with pytest.raises(ValueError, match="n_best"):
        rank_latents(*latents, n_best=13, n_letters=N_LETTERS)


@pytest.mark.parametrize(
    ("f1", "splits"),
    [([0.5], 1), ([0.5, 0.52, 0.9], 1), ([0.5, 0.53, 0.55], 2), ([0.3, 0.4, 0.5, 0.6], 4)],
)
def test_splits_stop_at_the_first_small_rise(f1, splits):
    assert count_splits(f1) == splits


def test_splits_need_a_score():
    with pytest.raises(ValueError, match="empty"):
        count_splits([])


def test_rows_are_those_of_every_letter_alone():
    """Active words by latents over their scale, then the silent ones of each class, balanced; from a table and from what is active."""
    generator = torch.Generator().manual_seed(3)
    z = (torch.randn(60, 8, generator=generator) - 1).relu()
    latents, holds = torch.tensor([[1, 4], [6, 0]]), torch.rand(2, 60, generator=generator) < 0.4
    scale = z.amax(0)[latents]
    x, y, weight = weighted_rows(z, latents, scale, holds)
    for one, other in zip(
        (x, y, weight), weighted_rows(ActiveLatents.of(z), latents, scale, holds), strict=True
    ):
        assert torch.equal(one, other)
    for letter in range(2):
        own, positive = z[:, latents[letter]], holds[letter]
        active = (own > 0).any(1)
        n = int(active.sum())
        assert torch.equal(x[letter, :n, 1:], own[active] / scale[letter])
        assert torch.equal(x[letter, :, 0], (torch.arange(x.shape[1]) < n + 2).float())
        assert torch.equal(
            y[letter], torch.cat([positive[active], (torch.arange(x.shape[1] - n) == 0)]).float()
        )
        share = torch.where(positive, 30 / positive.sum(), 30 / (60 - positive.sum()))
        silent = [share[~active & positive].sum(), share[~active & ~positive].sum()]
        expected = torch.cat([share[active], torch.stack(silent), torch.zeros(x.shape[1] - n - 2)])
        torch.testing.assert_close(weight[letter], expected)
