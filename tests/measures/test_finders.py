"""The latent that finds a feature, and what is absorbed, on codes written by hand."""

import pytest
import torch

from absorption.measures.finders import absorbed_share, finders

# nothing, the parent, the parent with its child, another feature
PRESENT = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
P = torch.tensor([0.4, 0.2, 0.2, 0.2])
FEATURES = torch.eye(3)
PAIRS = ((0, 1),)


def share(acts, rows):
    return float(absorbed_share(acts[None], rows[None], PRESENT, PRESENT, FEATURES, P, PAIRS)[0, 0])


def test_f1_is_that_of_the_best_latent_whatever_it_writes():
    acts = torch.tensor([[[0.0, 0.0], [0.5, 0.0], [0.7, 0.0], [0.9, 1.0]]])
    f1, latent = finders(acts, PRESENT, P)
    assert latent[0].tolist() == [0, 0, 1]
    assert f1[0].tolist() == pytest.approx([2 * 0.4 / (0.6 + 0.4), 2 * 0.2 / (0.6 + 0.2), 1.0])


def test_every_sae_can_have_a_world_of_its_own():
    acts = PRESENT.expand(2, -1, -1)
    f1, _ = finders(acts, torch.stack([PRESENT, PRESENT.flip(1)]), torch.stack([P, P]))
    assert f1.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_the_truth_absorbs_nothing_and_a_child_that_writes_its_parent_everything():
    assert share(PRESENT, FEATURES) == 0
    absorbing = PRESENT.clone()
    absorbing[2, 0] = 0
    written = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert share(absorbing, written) == 1


@pytest.mark.parametrize(("part", "expected"), [(0.39, 0), (0.41, 1)])
def test_the_other_latent_has_to_write_two_fifths_of_the_parent(part, expected):
    absorbing = PRESENT.clone()
    absorbing[2, 0] = 0
    written = torch.tensor([[1.0, 0.0, 0.0], [part, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert share(absorbing, written) == expected


def test_what_counts_is_the_part_of_the_input_not_of_what_is_reconstructed():
    absorbing = 0.5 * PRESENT
    absorbing[2, 0] = 0
    written = torch.tensor([[1.0, 0.0, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert share(absorbing, written) == 0


def test_a_silent_parent_that_nobody_writes_is_missing_and_not_absorbed():
    silent = PRESENT.clone()
    silent[2] = 0
    assert share(silent, FEATURES) == 0
