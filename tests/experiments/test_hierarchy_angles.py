"""A hierarchy whose children differ from their parent at right angles, and labels dealt out anew."""

import torch

from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.hierarchy_angles import sizes_of_cosines
from absorption.measures.splits import Split


def test_true_children_are_orthogonal_and_strangers_are_not():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(600, 8, generator=generator)
    has = torch.arange(600) % 3 == 0
    x[:, 0] = torch.where(has, 4.0, -2.0)  # what the label adds is the same for each of its words
    half_space = x[:, 1] > 0.5
    split = Split(torch.arange(0, 400), torch.arange(400, 600))
    parts = dict(x=x, labels=torch.stack([has, half_space], 1), split=split)
    by = object.__new__(type("Scale", (Yardstick,), parts))
    true, dealt, nonsense = sizes_of_cosines(by, x, n_members=100, seed=0)
    assert len(true) == len(dealt) == len(nonsense) == 1
    assert true[0] < 0.1 < dealt[0]
    assert sizes_of_cosines(by, x, n_members=100, seed=0) == [true, dealt, nonsense]
    assert sizes_of_cosines(by, x, n_members=100, seed=1)[1] != dealt
