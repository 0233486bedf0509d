"""The two-level tree: what comes with what, how often and how strongly."""

import pytest
import torch

from absorption.worlds.two_levels import N_FIRST, PAIRS, two_levels


def drawn(**how):
    """Magnitudes of many inputs."""
    return two_levels(5, **how).draw(40_000, torch.Generator().manual_seed(0))


def test_one_concept_of_the_first_level_and_at_most_one_child_of_it():
    """As in the tree of arXiv:2506.03093, with its rates."""
    present = drawn() > 0
    assert (present[:, :N_FIRST].sum(1) == 1).all() and (present[:, N_FIRST:].sum(1) <= 1).all()
    for parent, child in PAIRS:
        assert not (present[:, child] & ~present[:, parent]).any()
    rates = present.float().mean(0)
    assert rates[:3].tolist() == pytest.approx([0.2] * 3, abs=0.01)
    assert rates[3:N_FIRST].tolist() == pytest.approx([0.05] * 8, abs=0.005)
    assert rates[N_FIRST:].tolist() == pytest.approx([0.04] * 9, abs=0.005)


def test_strangers_have_the_rates_of_children_and_imply_nothing():
    """The null."""
    present = (drawn(hierarchy=False) > 0).float()
    assert present.mean(0)[N_FIRST:].tolist() == pytest.approx([0.04] * 9, abs=0.005)
    parent, child = PAIRS[0]
    beside = (present[:, parent] * present[:, child]).mean() / present[:, child].mean()
    assert float(beside) == pytest.approx(0.2, abs=0.03)


def test_magnitudes_are_normal_and_independent_or_constant():
    """Mean and spread, and no correlation between a parent's and a child's."""
    z = drawn()
    assert float(z[z > 0].mean()) == pytest.approx(1.5, abs=0.01)
    assert float(z[z > 0].std()) == pytest.approx(0.25, abs=0.01)
    parent, child = PAIRS[0]
    both = z[z[:, child] > 0][:, [parent, child]]
    assert abs(float(torch.corrcoef(both.T)[0, 1])) < 0.1
    assert set(drawn(spread=0.0).unique().tolist()) == {0.0, 1.5}


def test_levels_correlate_within_and_not_between():
    """Also where children are tilted, siblings keep their own parts at that cosine."""
    features = two_levels(5, correlation=0.4).features
    cosines = features @ features.T
    assert cosines[:N_FIRST, :N_FIRST].fill_diagonal_(0.4).allclose(torch.tensor(0.4), atol=1e-5)
    assert cosines[:N_FIRST, N_FIRST:].abs().max() < 1e-5
    assert float(cosines[11, 12]) == pytest.approx(0.4, abs=1e-5) and abs(float(cosines[11, 14])) < 1e-5


def test_a_cosine_out_of_range_is_refused():
    """With the range."""
    with pytest.raises(ValueError, match="correlation must lie"):
        two_levels(0, correlation=1.0)


def test_in_fewer_dimensions_only_a_parent_and_its_own_child_are_at_right_angles():
    """Random directions of length 1, tilts on top."""
    features = two_levels(5, d_in=12).features
    cosines = features @ features.T
    own = torch.tensor([float(cosines[parent, child]) for parent, child in PAIRS])
    assert features.shape == (20, 12) and cosines.diagonal().allclose(torch.ones(20), atol=1e-5)
    assert own.abs().max() < 1e-5 and 0.15 < float(cosines.triu(1).square().sum() / 190) ** 0.5 < 0.4
    tilted = two_levels(5, d_in=12, tilts=(-0.5, 0.0, 0.5)).features
    assert float(tilted[0] @ tilted[13]) == pytest.approx(0.5, abs=1e-5)
    for wrong in (dict(d_in=21), dict(d_in=12, correlation=0.3)):
        with pytest.raises(ValueError, match="d_in must lie"):
            two_levels(0, **wrong)
