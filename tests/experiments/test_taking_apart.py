"""What meta-SAEs find is counted by hand on dictionaries that are built; oblique features look like absorbed ones and are not."""

import numpy as np
import torch

from absorption.experiments.detected import beside, named, over_pairs, parents_read, read_out
from absorption.experiments.families import families
from absorption.experiments.starts import absorbing
from absorption.experiments.taking_apart import MetaCodes, built, shuffled, trained
from absorption.measures.detectors import decoder_cosine

WORLDS = families([2], "apart")
ABSORBED = built(WORLDS, *absorbing(WORLDS.features, WORLDS.pairs))
TRUE = built(WORLDS, WORLDS.features, WORLDS.features.T)


def test_a_dictionary_built_to_absorb_has_one_absorbed_pair_for_each_child_and_the_truth_has_none():
    assert ABSORBED.absorbed[0].nonzero().tolist() == [[0, 2], [0, 3], [1, 4], [1, 5]]
    assert not TRUE.absorbed.any()
    assert np.isnan(named(TRUE, MetaCodes(TRUE.rows, torch.eye(6)[None]))).all()


def test_a_meta_latent_that_always_fires_finds_everything_and_tells_nothing():
    always = MetaCodes(torch.ones(1, 6, 6), torch.eye(6)[None])
    assert named(ABSORBED, always).tolist() == [[1.0, 1.0]]
    swapped = MetaCodes(torch.eye(6)[None], torch.eye(6)[None])  # each on its own row alone
    assert named(ABSORBED, swapped).tolist() == [[0.0, 0.0]]


def test_oblique_features_have_the_cosines_of_absorbed_rows_and_nothing_absorbed():
    oblique = families([2], "oblique", tilt=1.0)
    placed = built(oblique, oblique.features, torch.linalg.inv(oblique.features))
    torch.testing.assert_close(placed.rows, ABSORBED.rows)
    assert not placed.absorbed.any() and float(placed.delta.abs().max()) < 1e-6
    of, no = decoder_cosine(ABSORBED.rows), decoder_cosine(placed.rows)
    assert beside(ABSORBED, of, placed, no).tolist() == [0.5]
    for parent, child in oblique.pairs:
        assert (oblique.present[:, child] > oblique.present[:, parent]).any()


def test_the_area_counts_all_ordered_pairs_of_two_latents():
    assert over_pairs(ABSORBED, ABSORBED.absorbed.float()).tolist() == [1.0]
    both_ways = (
        ABSORBED.absorbed | ABSORBED.absorbed.mT
    ).float()  # 4 right, and 4 wrong of 26 that are not absorbed
    assert np.isclose(over_pairs(ABSORBED, both_ways)[0], 1 - 0.5 * 4 / 26)
    assert np.isnan(over_pairs(TRUE, both_ways)).all()


def test_the_best_cut_weighs_states_by_their_probability():
    scores, present = np.array([[0.2], [0.6], [0.9]]), np.array([0.0, 0.0, 1.0])
    assert read_out(scores, present, np.full(3, 1 / 3)) == (1.0, 1.0, 1.0)
    f1, recall, precision = read_out(-scores, present, np.array([0.25, 0.25, 0.5]))
    assert (round(f1, 3), recall, precision) == (0.667, 1.0, 0.5)
    assert parents_read(TRUE, TRUE.acts)[0, 0] == 1.0 > parents_read(ABSORBED, ABSORBED.acts)[0, 0]


def test_shuffled_rows_keep_their_entries():
    rows = torch.rand(2, 3, 4)
    torch.testing.assert_close(
        shuffled(rows, torch.Generator().manual_seed(0)).sort().values, rows.sort().values
    )


def test_a_world_has_the_same_sae_alone_and_among_others():
    together, alone = (
        trained(families(seeds, "meeting"), sparsity=0.05, steps=30, lr=0.03) for seeds in ([2, 3], [3])
    )
    torch.testing.assert_close(together.rows[1], alone.rows[0], rtol=1e-4, atol=1e-5)
