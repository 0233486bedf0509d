"""Groups of SAEs that are trained together are trained as if each were alone."""

import pytest
import torch

from absorption.experiments.turned_back import apart, differ, moved, starts_of, to_inputs, together
from absorption.experiments.turning import scattered, trained_on

WORLDS = scattered([0, 1], d_in=6, noise=(0.02, 0.1), n_inputs=50)
HOW = dict(sparsity=0.05, steps=5, lr=0.01)


def test_together_is_as_if_alone():
    starts = starts_of([WORLDS], seeds=[0, 1], noise=1.0)
    for one, start in zip(together(starts, WORLDS.x, **HOW), starts, strict=True):
        alone = trained_on(start, WORLDS.x, **HOW)
        torch.testing.assert_close(one.encoder, alone.encoder)


def test_starts_are_beside_the_truth_or_anywhere():
    (near,) = starts_of([WORLDS], seeds=[0], noise=0.01)
    (anywhere,) = starts_of([WORLDS], seeds=[0])
    cosine = (near.decoder * WORLDS.features).sum(-1)
    assert (cosine > 0.99).all()
    assert ((anywhere.decoder * WORLDS.features).sum(-1).abs() < 0.99).all()


def test_zones_may_be_matched_either_way():
    (sae,) = starts_of([WORLDS], seeds=[0], noise=0.1)
    zones = sae.fires(WORLDS.judged)
    assert differ(zones, zones.flip(2)) == pytest.approx(0) and (moved(zones, zones.flip(2)) > 0).all()
    assert apart(sae, sae) == pytest.approx(0, abs=0.1)


def test_rows_are_measured_against_the_inputs_that_are_named():
    rows, x = torch.eye(2)[None], torch.eye(2)[None]
    assert to_inputs(rows, x, torch.eye(2, dtype=torch.bool)[None]) == pytest.approx(0, abs=0.1)
    assert to_inputs(rows, x, ~torch.eye(2, dtype=torch.bool)[None]) == pytest.approx(90)
