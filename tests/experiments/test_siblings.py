"""Families of siblings: the same worlds in every kind, and measures that read known dictionaries as they are."""

import numpy as np
import pytest
import torch

from absorption.experiments.sibling_runs import on_families
from absorption.experiments.siblings import KINDS, drawn, fixed

RANGES = dict(parent=(0.2, 0.5), rate=(0.05, 0.3), magnitude=(0.75, 1.25))


@pytest.mark.parametrize("n", [2, 3])
def test_every_kind_has_each_feature_as_often_and_as_strong(n):
    families = [drawn(kind, 4, n, seed=3, **RANGES) for kind in KINDS]
    for other in families[1:]:
        for mine, theirs in zip(families[0].worlds, other.worlds, strict=True):
            torch.testing.assert_close(mine.feature_probabilities, theirs.feature_probabilities)
        torch.testing.assert_close(families[0].strengths, other.strengths)


def test_kinds_differ_in_who_meets_whom():
    together, exclusive, unrelated = (fixed(kind, [0.5], [[0.3, 0.2]]) for kind in KINDS)
    both = {
        kind: f.worlds[0].present[:, 1:].prod(1)
        for kind, f in zip(KINDS, (together, exclusive, unrelated), strict=True)
    }
    assert float(together.p[0] @ both["together"]) == pytest.approx(0.5 * 0.3 * 0.2)
    assert float(exclusive.p[0] @ both["exclusive"]) == 0
    orphan = unrelated.worlds[0].present[:, 1] * (1 - unrelated.worlds[0].present[:, 0])
    assert float(unrelated.p[0] @ orphan) > 0


def test_least_l0_saves_one_latent_wherever_there_is_a_child():
    families = fixed("together", [0.5], [[0.3, 0.2]])
    any_child = 1 - 0.7 * 0.8
    assert families.true_l0 - families.least_l0 == pytest.approx(0.5 * any_child)


def test_a_grandchild_implies_its_own_parent():
    families = fixed("together", [0.5], [[0.3, 0.2, 0.5]], grandchild=True)
    assert families.parents == (0, 0, 1)
    present = families.worlds[0].present
    assert bool((present[:, 3] <= present[:, 1]).all())
    np.testing.assert_allclose(families.worlds[0].feature_probabilities, [0.5, 0.15, 0.1, 0.075], rtol=1e-5)


def test_only_child_means_without_a_sibling():
    families = fixed("together", [0.5], [[0.3, 0.2, 0.5]], grandchild=True)
    present, single = families.worlds[0].present, families.single
    assert bool((single[:, 2] == present[:, 3]).all())  # nobody else is child 1's child
    assert bool((single[:, 0] == present[:, 1] * (1 - present[:, 2])).all())


def test_without_pressure_the_truth_stays():
    families = drawn("together", 3, 2, seed=1, **RANGES)
    runs = on_families(families, "L1", [0.0], noise=0.0, steps=20, lr=0.01)
    assert runs.absorbed.max() == 0 and runs.recall.min() == 1 and np.abs(runs.share).max() < 1e-4
    np.testing.assert_allclose(runs.l0[:, 0], families.true_l0, rtol=1e-5)
    assert runs.explained.min() > 0.999


def test_exclusive_children_silence_their_parent_and_siblings_do_not():
    ranges = RANGES | {"magnitude": (1.0, 1.3)}
    together, exclusive = (drawn(kind, 3, 2, seed=2, **ranges) for kind in KINDS[:2])
    of_both = [on_families(f, "L1", [0.05], steps=1500, lr=0.01) for f in (together, exclusive)]
    assert of_both[1].absorbed.min() > 0.99 and of_both[1].one.min() > 0.99
    assert of_both[0].recall.mean() > 0.5


def test_a_share_counts_in_the_parents_magnitude():
    """An exclusive child takes all of its parent, however strong the two are."""
    families = fixed("exclusive", [0.5], [[0.3, 0.3]], magnitudes=np.array([[2.0, 0.8, 1.5]]))
    runs = on_families(families, "L1", [0.2], steps=2000, lr=0.01)
    np.testing.assert_allclose(runs.share, 1, atol=0.02)


def test_spare_latents_start_at_random():
    families = fixed("together", [0.4], [[0.2, 0.2]])
    runs = on_families(families, "TopK", [2], spare=3, start="random", steps=50, lr=0.01)
    assert runs.l0.shape == (1, 1) and np.isfinite(runs.recall).all()
