"""SynthSAEBench's published settings give the data that its documentation describes."""

import torch

from absorption.worlds.synthsaebench import PUBLISHED, alone_in_synthsaebench, counted


def test_most_parents_of_synthsaebench_are_hardly_ever_alone():
    alone = alone_in_synthsaebench()
    assert len(alone) == 128 * (1 + 4 + 16)
    assert alone.min() >= 0
    assert (alone < 0.05).mean() > 0.5


def test_counted_features_are_as_many_as_published():
    found = counted(512, n_overlaps=64)
    assert abs(found["l0"] - PUBLISHED["l0"]) < 1.5
    assert abs(found["common_l0"] - PUBLISHED["common_l0"]) < 1.5
    assert abs(found["overlap"] - PUBLISHED["overlap"]) < 0.01


def test_counting_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    counted(256, n_features=400, d_in=16, roots=4)
    assert torch.equal(before, torch.get_rng_state())
