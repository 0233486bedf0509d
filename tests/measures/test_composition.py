"""Labels worked out by hand; the share of a span against numpy's least squares."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.measures.composition import labels, span_share


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


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_share_is_r_squared(seed, n_parts):
    rng = np.random.default_rng(seed)
    direction, parts = rng.normal(size=6), rng.normal(size=(n_parts, 6))
    left = np.linalg.lstsq(parts.T, direction, rcond=None)[1][0]
    ours = span_share(torch.tensor(direction), torch.tensor(parts))
    np.testing.assert_allclose(float(ours), 1 - left / (direction @ direction), atol=1e-9)
    assert float(span_share(torch.tensor(parts.sum(0)), torch.tensor(parts))) > 1 - 1e-9


def test_parallel_parts_count_once():
    parts = torch.tensor([[[1.0, 0, 0], [2.0, 0, 0]]])
    np.testing.assert_allclose(span_share(torch.tensor([[1.0, 1.0, 0.0]]), parts).numpy(), [0.5], atol=1e-6)
