"""Labels worked out by hand."""

import torch

from absorption.measures.composition import labels


def test_labels_worked_out_by_hand():
    present = torch.tensor([[1.0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 0]])
    probabilities = torch.tensor([0.4, 0.3, 0.2, 0.1])
    acts = torch.zeros(1, 4, 5)
    acts[0, :, 0] = torch.tensor([1.0, 1, 1, 0])  # the first feature, whatever else
    acts[0, 1, 1] = 2.0  # the first two together
    acts[0, :, 2] = 1.0  # everything
    acts[0, :, 3] = torch.tensor([0, 1.0, 0, 0.1])  # the second, and nearly always the first
    found = labels(acts, present, probabilities)[0]
    assert found.tolist() == [
        [True, False, False], [True, True, False], [True, False, False], [True, True, False], [False] * 3,
    ]  # fmt: skip
    assert not labels(acts, present, probabilities, share=0.95)[0, 2].any()
