import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from absorption.measures.geometry import category_vector, hierarchy_cosine, whitened
from absorption.measures.intervals import rank_correlation_interval


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_whitened_words_have_mean_zero_and_covariance_one():
    x = normal(400, 6) @ normal(6, 6, seed=1) + 3
    white = whitened(x)
    torch.testing.assert_close(white.mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(white.T @ white / len(x), torch.eye(6), atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="do not determine"):
        whitened(x[:6])


def test_the_category_vector_points_where_a_discriminant_does():
    """scikit-learn's LDA of members against their mirror images has their mean difference and the same covariance."""
    members = normal(4000, 5) @ torch.diag(torch.tensor([0.2, 1, 1, 2, 3.0])) + torch.tensor(
        [1.0, 1, 0, 0, 0]
    )
    both = torch.cat([members, -members]).numpy()
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    lda.fit(both, np.repeat([1, 0], len(members)))
    ours = category_vector(members)
    cosine = torch.nn.functional.cosine_similarity(ours, torch.from_numpy(lda.coef_[0]).float(), dim=0)
    assert cosine > 0.999
    unit = ours / ours.norm()
    torch.testing.assert_close(members.mean(0) @ unit, ours.norm(), rtol=1e-4, atol=0)
    with pytest.raises(ValueError, match="two at least"):
        category_vector(members[:1])


def test_children_are_orthogonal_and_strangers_are_not():
    parent = torch.tensor([2.0, 0, 0])
    children = torch.tensor([[2.0, 1, 0], [2.0, 0, -3], [0.0, 1, 0]])
    torch.testing.assert_close(hierarchy_cosine(children, parent), torch.tensor([0, 0, -2 / 5**0.5]))


def test_a_planted_hierarchy_is_told_from_permuted_labels():
    x = normal(3000, 20)
    holds = torch.arange(3000) < 600
    x[holds, 0] = 4.0
    white = whitened(x + 0.1 * normal(3000, 20, seed=1))
    true = hierarchy_cosine(white[:300], category_vector(white[300:600])).mean()
    dealt = torch.randperm(3000, generator=torch.Generator().manual_seed(2))[:600]
    permuted = hierarchy_cosine(white[dealt[:300]], category_vector(white[dealt[300:]])).mean()
    assert abs(true) < 0.02 < -permuted


def test_the_rank_correlation_is_scipys_and_its_interval_holds_it():
    rng = np.random.default_rng(1)
    a = rng.normal(size=30)
    b = a + rng.normal(size=30)
    value, low, high = rank_correlation_interval(a, np.round(b, 1))
    assert value == pytest.approx(spearmanr(a, np.round(b, 1)).statistic)
    assert 0 < low < value < high < 1
    for bad in ((a[:3], b[:3]), (a, np.zeros(30)), (a, np.full(30, np.nan))):
        with pytest.raises(ValueError, match="rank correlation"):
            rank_correlation_interval(*bad)
