"""What keeps only active latents gives what the table with all the zeros gives."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents, columns_of, largest_of
from absorption.measures.labels import one_hot
from absorption.measures.sparse_probes import rank_latents


def table(seed: int, rows: int = 40, width: int = 9) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    z = torch.rand(rows, width, generator=generator)
    return torch.where(torch.rand(rows, width, generator=generator) < 0.3, z, torch.zeros_like(z))


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_everything_it_offers_is_what_the_table_has(seed, rows, width):
    z = table(seed, rows, width)
    active = ActiveLatents.of(z)
    some = torch.randint(rows, (5,), generator=torch.Generator().manual_seed(seed))
    few = torch.randint(width, (3,), generator=torch.Generator().manual_seed(seed))
    weights = torch.rand(width, 4, generator=torch.Generator().manual_seed(seed))
    whole = torch.eye(width)
    assert torch.equal(active @ whole, z)
    assert torch.equal(active.rows(some) @ whole, z[some])
    assert torch.equal(active.by_latent @ torch.eye(rows), z.T)
    assert torch.equal(columns_of(active, few), z[:, few])
    assert torch.equal(largest_of(active), largest_of(z))
    assert torch.equal(ActiveLatents.joined([active, active.rows(some)]) @ whole, torch.cat([z, z[some]]))
    torch.testing.assert_close(active @ weights, z @ weights)
    latents, values = active.padded()
    rebuilt = torch.zeros(rows, width).scatter_add(1, latents, values)
    assert torch.equal(rebuilt, z)


@pytest.fixture
def world() -> tuple[torch.Tensor, torch.Tensor]:
    """Forty latents of which the first five stand for five letters, mostly."""
    generator = torch.Generator().manual_seed(1)
    letters = torch.randint(5, (400,), generator=generator)
    z = table(2, 400, 40)
    z[torch.arange(400), letters] += (torch.rand(400, generator=generator) < 0.8).float()
    return z, letters


def test_the_main_latents_are_those_of_the_table(world):
    z, letters = world
    dense, sparse = (main_latents(acts, letters, 5, k_max=4) for acts in (z, ActiveLatents.of(z)))
    assert dense.latents[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(dense.latents, sparse.latents) and torch.equal(dense.n, sparse.n)
    torch.testing.assert_close(dense.f1_by_k, sparse.f1_by_k, equal_nan=True)


def test_a_table_of_labels_gives_what_the_same_letters_give(world):
    z, letters = world
    labels = one_hot(letters, 5) > 0
    by_index, by_table = (main_latents(z, given, 5, k_max=4) for given in (letters, labels))
    assert torch.equal(by_index.latents, by_table.latents) and torch.equal(by_index.n, by_table.n)
    assert torch.equal(by_index.f1_by_k.nan_to_num(), by_table.f1_by_k.nan_to_num())


@given(st.permutations(range(5)))
@settings(max_examples=5, deadline=None)
def test_the_order_of_labels_does_not_matter(order):
    generator = torch.Generator().manual_seed(1)
    z, labels = table(2, 200, 12), torch.rand(200, 5, generator=generator) < 0.3
    ranked = rank_latents(ActiveLatents.of(z), labels, 3, 5)
    assert torch.equal(rank_latents(ActiveLatents.of(z), labels[:, order], 3, 5), ranked[order])


def test_more_labels_than_are_read_at_once_change_nothing():
    generator = torch.Generator().manual_seed(1)
    z, labels = table(2, 200, 12), torch.rand(200, 40, generator=generator) < 0.3
    ranked = rank_latents(z, labels, 3, 40)
    assert torch.equal(ranked[35:], rank_latents(z, labels[:, 35:], 3, 5))


def test_a_table_with_too_few_columns_is_refused():
    with pytest.raises(ValueError, match="2 columns"):
        one_hot(torch.ones(3, 2, dtype=torch.bool), 3)


@pytest.mark.parametrize("threshold", [torch.tensor([0.4]), torch.tensor([-1.0]), torch.linspace(-1, 1, 9)])
def test_above_a_threshold_is_what_the_table_keeps(threshold):
    pre = torch.randn(40, 9, generator=torch.Generator().manual_seed(2))
    pre[3] = -1.0
    pre[5, 2] = torch.nan
    table, found = ActiveLatents.of(pre.relu() * (pre > threshold)), ActiveLatents.above(pre, threshold)
    for name in ("starts", "latents", "values"):
        torch.testing.assert_close(getattr(found, name), getattr(table, name), rtol=0, atol=0, equal_nan=True)
    assert found.shape == table.shape
