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


def test_one_weight_of_a_mean_ends_absorption_among_few_latents_and_not_among_many():
    weight, how = 0.5, dict(sparsity=0.1, n_seeds=2, seed=0, steps=800, lr=0.02)
    for n in (4, 12):
        pair = weight / (n * (n - 1) / 2)
        law = orthogonality_law([pair, weight], 0.1, 0.2, exponent=1)
        whole = [weight, weight * n * (n - 1) / 2]
        np.testing.assert_allclose(diluted(n, whole, **how), np.stack([law, law], 1), atol=0.05)
    assert law.tolist() == [1, 0]
