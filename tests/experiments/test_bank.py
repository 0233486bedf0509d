"""Fits to a table: what is drawn, what is kept, and that the cache returns what was made and nothing else."""

import pytest
import torch

from absorption.experiments.bank import Schedule, Table, encode_rows, fitting, trained
from absorption.runtime.parallel import in_parallel
from absorption.saes import BatchTopK, Recipe, SAEStack, fit_batches
from absorption.saes.fit.sparse import SparseObjective

RECIPE = Recipe(activation=BatchTopK(k=2))
SHORT = Schedule(samples=640, batch_size=64, lr=1e-2)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def table():
    generator = torch.Generator().manual_seed(0)
    return Table(torch.randn(150, 6, generator=generator), torch.rand(150, generator=generator))


def test_passes_use_every_row_once_before_any_twice():
    rows = torch.cat(
        list(Table(torch.arange(64.0)[:, None]).batches(16, 8, torch.Generator().manual_seed(0)))
    )
    assert sorted(rows[:64, 0].tolist()) == sorted(rows[64:, 0].tolist()) == list(range(64))
    assert rows[:64, 0].tolist() != rows[64:, 0].tolist()
    ragged = list(Table(torch.arange(20.0)[:, None]).batches(16, 3, torch.Generator().manual_seed(0)))
    assert [len(batch) for batch in ragged] == [16, 16, 16]
    with pytest.raises(ValueError, match="a batch of 21 asks for more rows than the 20 of the table"):
        next(Table(torch.arange(20.0)[:, None]).batches(21, 1, torch.Generator()))


def test_weighted_rows_are_met_as_often_as_they_weigh():
    table = Table(torch.arange(3.0)[:, None], torch.tensor([0.5, 0.0, 1.5]))
    drawn = torch.cat(list(table.batches(4000, 2, torch.Generator().manual_seed(0))))[:, 0].long()
    share = drawn.bincount(minlength=3) / len(drawn)
    torch.testing.assert_close(share, torch.tensor([0.25, 0.0, 0.75]), atol=0.02, rtol=0)


def test_a_fit_equals_fit_batches_and_comes_from_the_cache(table, monkeypatch):
    sweep = {"k": torch.tensor([1.0, 2.0])}
    made = trained(table, RECIPE, 12, 3, SHORT, sweep=sweep)
    by_hand = SAEStack(RECIPE, 6, 12, [3, 3], sweep=sweep)
    batches = table.batches(64, 10, torch.Generator().manual_seed(3))
    fit_batches(by_hand, batches, steps=10, lr=1e-2, warmup=0.05, decay=0.3)
    for name, value in by_hand.state_dict().items():
        torch.testing.assert_close(made.state_dict()[name], value)
    monkeypatch.setattr(fitting, "fit_batches", lambda *args, **options: pytest.fail("trained again"))
    again = trained(table, RECIPE, 12, 3, SHORT, sweep=sweep)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), made.parameters(), strict=True))
    assert not any(p.requires_grad for p in again.parameters())
    for other in (
        dict(table=Table(table.x)),
        dict(seed=4),
        dict(schedule=Schedule(samples=1280, batch_size=64)),
        dict(frozen_decoder=True),
    ):
        asked = dict(table=table, recipe=RECIPE, d_sae=12, seed=3, schedule=SHORT, sweep=sweep) | other
        with pytest.raises(BaseException, match="trained again"):
            trained(**asked)


@pytest.mark.parametrize("sparse_from", [0, 10**9])
def test_a_frozen_decoder_stays_and_the_encoder_learns(table, monkeypatch, sparse_from):
    monkeypatch.setattr(SparseObjective, "pays", staticmethod(lambda stack: sparse_from == 0))
    before = SAEStack(RECIPE, 6, 12, [0])
    after = trained(table, RECIPE, 12, 0, SHORT, frozen_decoder=True)
    torch.testing.assert_close(after.dictionary, before.dictionary)
    assert not torch.allclose(after.W_enc, before.W_enc, atol=1e-2)


def test_rows_are_encoded_alike_in_any_chunks(table):
    stack = trained(table, RECIPE, 12, 0, SHORT, sweep={"k": torch.tensor([1.0, 2.0])})
    whole = stack.encode(table.x)[1]
    torch.testing.assert_close(encode_rows(stack, 1, table.x, rows=7), whole)


def test_parallel_jobs_keep_their_order_and_their_errors():
    threads = torch.get_num_threads()
    assert in_parallel(lambda n: n * n, range(7)) == [n * n for n in range(7)]
    assert in_parallel(lambda n: n + 1, [1], device="cuda") == [2]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda n: 1 / n, [1, 0])
    assert torch.get_num_threads() == threads
