"""Activations made comparable: what one scale does stays as it is to the last bit, and widths bring dimensions together."""

import hashlib

import pytest
import torch

from absorption.runtime.parallel import threads
from absorption.worlds.normalisation import Normalisation


def drawn(n=300, d=8):
    generator = torch.Generator().manual_seed(0)
    x = 5 + torch.randn(n, d, generator=generator)
    p = torch.rand(n, generator=generator)
    return x, p / p.sum()


def test_with_one_scale_the_bytes_are_those_that_saes_are_known_by():
    """All sums here are exact, so the hash is the same on every processor; it was computed before widths existed."""
    x = torch.tensor([[7.0, 9.0], [1.0, 1.0], [7.0, 1.0], [1.0, 9.0]])
    y = Normalisation.of(x, torch.full((4,), 0.25))(x)
    found = hashlib.sha256(y.numpy().tobytes()).hexdigest()
    assert found == "8934a93103f4fea50058185fb8d888801bf246e8ed49e8c98a6ce20afeedc2f4"


def test_with_one_scale_the_operations_are_in_their_order():
    x, p = drawn()
    with threads(2):
        mean = p @ x
        expected = (x - mean) / float(p @ (x - mean).norm(dim=-1))
        assert torch.equal(Normalisation.of(x, p)(x), expected)


def test_with_widths_every_dimension_varies_alike():
    x, p = drawn()
    x[:, 3] *= 1000
    frame = Normalisation.of(x, p, each=True)
    y = frame(x)
    torch.testing.assert_close(p @ y, torch.zeros(8), atol=1e-4, rtol=0)
    assert float(p @ y.norm(dim=1)) == pytest.approx(1, abs=1e-5)
    spread = (p @ y.square()).sqrt()
    torch.testing.assert_close(spread, spread.mean().expand(8), rtol=1e-4, atol=0)
    assert frame.widths is not None and float(frame.widths.median()) == pytest.approx(1)
    torch.testing.assert_close(frame.undone(y) + frame.mean, x, rtol=1e-4, atol=1e-4)


def test_a_dimension_that_does_not_vary_is_left_alone():
    x, p = drawn()
    x[:, 2] = 123.4
    frame = Normalisation.of(x, p, each=True)
    assert frame.widths is not None and float(frame.widths[2]) == 1
    assert float(frame(x)[:, 2].abs().max()) < 1e-4
    still = Normalisation.of(torch.full((4, 2), 0.5), each=True)
    assert still.widths is not None and still.widths.tolist() == [1, 1]
