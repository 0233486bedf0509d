"""Two layers on dictionaries that are built: rows find what is absorbed, and the numbers of a page are named after what they are."""

import numpy as np
import pytest
import torch

from absorption.experiments.detected import beside_row, named, parents_read, probed, scored
from absorption.experiments.families import families
from absorption.experiments.layers import Layers, faults_of_oracle, in_words, read_off, summarised
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


def test_numbers_of_the_prose_are_of_the_layer_that_they_name():
    kind = Layers(FOUND, ROWS, NOBODY, NOBODY, OBLIQUE, BESIDE)
    read = read_off(FOUND, ROWS, NOBODY, NOBODY, n_probed=1)
    beside = read_off(OBLIQUE, BESIDE, NOBODY, NOBODY, n_probed=1)
    codes = {"best latent": "latent", "both layers": "layers"}
    numbers = in_words({"apart": kind}, {"apart": read, "oblique, apart": beside}, codes)
    assert numbers["fires_untrained_apart"] == 0.0 and numbers["row_fires_apart"] == 1.0
    assert numbers["recall_apart_latent"] == pytest.approx(parents_read(FOUND, FOUND.acts)[0, 1])
    assert numbers["precision_oblique_layers"] == pytest.approx(beside["both layers"][0, 2])
    assert numbers["f1_oblique_latent"] == pytest.approx(1.0)  # right as they are
    assert numbers["cosine_absorbed"] == pytest.approx(2**-0.5, abs=1e-4)
    assert {name for name in numbers if name.startswith("ap_")} >= {"ap_meta", "ap_handover"}


def test_the_oracle_is_at_fault_where_its_cut_is_wrong(monkeypatch):
    assert faults_of_oracle(WORLDS) == 0.0
    monkeypatch.setattr(
        "absorption.experiments.layers.built",
        lambda worlds, *of: built(worlds, WORLDS.features, WORLDS.features.T),
    )
    assert np.isnan(faults_of_oracle(WORLDS))  # the truth has absorbed nothing
