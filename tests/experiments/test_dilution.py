"""A mean over pairs spares what a sum takes away, once there are enough latents, and where the law puts the border."""

import numpy as np
import pytest
import torch

from absorption.experiments.dilution import diluted, lone_family
from absorption.theory.orthogonality import orthogonality_law


def chances(world):
    """How often each two features are present together `[feature feature]`; each one alone on the diagonal."""
    present = world.present
    return (present.T * world.probabilities) @ present


def test_a_family_is_as_frequent_among_many_others():
    few, many = (chances(lone_family(n))[:2, :2] for n in (3, 30))
    torch.testing.assert_close(few, many)
    assert chances(lone_family(30))[2:, 2:].sum() == pytest.approx(0.3)
    assert lone_family(2).feature_probabilities.tolist() == pytest.approx([0.4, 0.2])


def test_a_pair_gives_up_absorption_where_its_part_of_the_mean_passes_the_border_of_the_law():
    border, how = 0.1 * 0.2, dict(sparsity=0.1, n_seeds=2, seed=0, steps=1000, lr=0.02)
    for n in (4, 12):
        means = [share * border * n * (n - 1) / 2 for share in (0.6, 1.4)]
        law = orthogonality_law([0.6 * border, 1.4 * border], 0.1, 0.2, exponent=1)
        np.testing.assert_allclose(diluted(n, means, **how), np.stack([law, law], 1), atol=0.05)
        assert law.tolist() == pytest.approx([1, 0])
