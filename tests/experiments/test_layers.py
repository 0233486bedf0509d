"""Two layers on dictionaries that are built: rows find what is absorbed, and the numbers of a page are named after what they are."""

import numpy as np
import pytest
import torch

from absorption.experiments.detected import beside_row, named, parents_read, probed, scored
from absorption.experiments.families import families
from absorption.experiments.layers import Layers, read_off, summarised
from absorption.experiments.starts import absorbing
from absorption.experiments.taking_apart import MetaCodes, built

WORLDS, MERELY = families([2], "apart"), families([2], "oblique", tilt=1.0)
FOUND = built(WORLDS, *absorbing(WORLDS.features, WORLDS.pairs))
OBLIQUE = built(MERELY, MERELY.features, torch.linalg.inv(MERELY.features))
ROWS, BESIDE = beside_row(FOUND), beside_row(OBLIQUE)
NOBODY = MetaCodes(torch.zeros(1, 6, 6), ROWS.words)


@pytest.fixture(scope="module")
def numbers():
    kind = Layers(FOUND, ROWS, NOBODY, NOBODY, OBLIQUE, BESIDE)
    read = read_off(FOUND, ROWS, NOBODY, NOBODY, n_probed=1)
    beside = read_off(OBLIQUE, BESIDE, NOBODY, NOBODY, n_probed=1)
    return summarised(
        {"apart": kind, "meeting": kind}, {"apart": read, "meeting": read, "oblique, apart": beside}
    )


def test_trained_and_untrained_are_not_confused(numbers):
    assert numbers["parent_fires"].tolist() == [1.0] and numbers["parent_fires_untrained"].tolist() == [0.0]
    assert numbers["found_apart"].tolist() == [1.0] and numbers["found_untrained"].tolist() == [0.0]
    assert numbers["on_own_row"].tolist() == [1.0]


def test_differences_have_their_sign(numbers):
    best, both = parents_read(FOUND, FOUND.acts)[:, 0], parents_read(FOUND, FOUND.acts @ ROWS.codes)[:, 0]
    np.testing.assert_allclose(numbers["layered_more"], both - best)
    assert (numbers["layered_more"] > 0).all() and (numbers["layered_oblique"] < 0).all()
    assert numbers["layered_beyond_rows"].tolist() == [0.0]


def test_absorbed_pairs_are_counted_among_all(numbers):
    np.testing.assert_allclose(numbers["prevalence"], 4 / 30)
    np.testing.assert_allclose(numbers["absorbed_least"], 1.0)
    assert numbers["oblique_absorbed"].tolist() == [0.0]
    np.testing.assert_allclose(numbers["cosine_gap"], 0.0, atol=1e-6)
    assert numbers["auc_meta_apart"].tolist() == numbers["auc_meta"].tolist()


def test_every_detector_has_its_scores_and_a_probe_reads_every_parent():
    assert set(scored(FOUND, ROWS)) == {"meta-SAE", "cosine", "co-firing", "asymmetry", "handover"}
    np.testing.assert_allclose(scored(FOUND, ROWS)["cosine"][0].diagonal(), 1.0, atol=1e-6)
    np.testing.assert_allclose(probed(FOUND, 1), 1.0, atol=1e-3)
    assert named(FOUND, NOBODY).tolist() == [[0.0, 0.0]]
