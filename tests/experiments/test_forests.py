"""Architectures on a forest: the same batches for all, members that do not depend on the plan, measures that tell."""

import numpy as np
import pytest
import torch

from absorption.experiments.forests import MEASURES, drawn, grown, on_forest

HOW = dict(n_seeds=2, lr=0.01, device="cpu")


@pytest.fixture(scope="module")
def sample():
    return drawn(grown(3, 10, 1.0), 20, 32)


def test_the_forest_has_the_l0_that_was_asked_for(sample):
    assert abs(sample.world.true_l0 - 1.0) < 0.01
    assert len(sample.batches) == 20
    assert sample.x.shape == (2048, 10)
    again = drawn(grown(3, 10, 1.0), 20, 32)
    assert torch.equal(again.x, sample.x)
    assert torch.equal(again.batches[7], sample.batches[7])


def test_a_member_does_not_depend_on_what_else_is_planned(sample):
    alone = on_forest(sample, "L1", False, [("random", 0.3)], **HOW)
    beside = on_forest(sample, "L1", False, [("random", 0.3), ("truth", 0.1)], **HOW)
    assert set(alone) == set(MEASURES)
    for key in MEASURES:
        assert beside[key].shape == (2, 2)
        assert np.allclose(alone[key][0], beside[key][0], atol=1e-4, equal_nan=True)


def test_beside_the_truth_features_are_found_and_parents_fire(sample):
    found = on_forest(sample, "TopK", False, [("truth", 3.0), ("random", 3.0)], **HOW)
    assert found["mcc"][0].min() > found["mcc"][1].max()
    assert found["mcc"][0].min() > 0.9
    assert found["recall"][0].min() > 0.8
    assert found["strangers"][0].max() < 0.05
