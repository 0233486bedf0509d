"""Integers name candidates: all that could matter are named, what is computed from them is exact, and nothing depends on who named them."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.saes import BatchTopK, Recipe, SAEStack, fit_batches
from absorption.saes.fit.compiled import integers, kernels, selection
from absorption.saes.fit.compiled.integers import Named, Rounded, integers_are_faster
from absorption.saes.fit.compiled.objective import CompiledObjective
from absorption.saes.fit.compiled.sharing import Sharing


def drawn(seed: int, rows: int, d_in: int = 64, loud: float = 1.0) -> torch.Tensor:
    """Rows in which the first dimension is so many times as large as the others."""
    x = torch.randn(rows, d_in, generator=torch.Generator().manual_seed(seed))
    x[:, 0] *= loud
    return x


@given(
    seed=st.integers(0, 10**6),
    loud=st.sampled_from([1.0, 30.0, 300.0, 3000.0]),
    reads=st.sampled_from(["loudest", "all alike", "only signs of the others"]),
    share=st.floats(0.001, 0.3),
)
@settings(deadline=None, max_examples=60)
def test_all_entries_above_the_bound_are_named_with_what_they_are(
    seed: int, loud: float, reads: str, share: float
) -> None:
    """Also where one dimension is far louder than the others, in the inputs or in the encoder, so that these are rounded to nothing."""
    x, W = drawn(seed, 50, loud=loud), drawn(seed + 1, 96, loud=loud if reads == "loudest" else 1.0)
    if reads == "only signs of the others":
        # Integers hold such rows exactly, so that only inputs are rounded.
        W = W.sign()
        W[:, 0] = 0
    b = torch.randn(96, generator=torch.Generator().manual_seed(seed + 2))
    pre = x @ W.T + b
    lowest = float(pre.flatten().quantile(1 - share))
    starts, cols, exact = Named(Sharing())(x, W, b, lowest)
    tolerance = 1e-5 * float(x.norm(dim=1).max() * W.norm(dim=1).max())
    for i in range(len(x)):
        entries = slice(starts[i], starts[i + 1])
        found = cols[entries]
        assert (np.diff(found) > 0).all()
        assert set(np.flatnonzero((pre[i] > lowest + tolerance).numpy())) <= set(found)
        assert np.allclose(exact[entries], pre[i].numpy()[found], atol=tolerance)
        assert (exact[entries] >= np.float32(lowest)).all()


def test_few_others_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaussian inputs, a hundredth wanted: less than twice as many."""
    x, W = drawn(0, 200, 576), torch.nn.functional.normalize(drawn(1, 512, 576), dim=1)
    lowest = float((x @ W.T).flatten().quantile(0.99))
    looked_at = []
    name_above = kernels.name_above

    def counting(first: int, last: int, *arguments: Any) -> None:
        *others, _, cols, pre, counts = arguments
        name_above(first, last, *others, np.float32(-np.inf), cols, pre, counts)
        looked_at.append(counts[first:last].sum())

    monkeypatch.setattr(kernels, "name_above", counting)
    Named(Sharing())(x, W, torch.zeros(512), lowest)
    assert 0.01 * 200 * 512 <= sum(looked_at) < 0.02 * 200 * 512


def test_rounding_is_within_half_a_step() -> None:
    x = drawn(3, 20)
    rounded = Rounded(x, Sharing())
    off = rounded.integers.numpy() * rounded.steps[:, None] - x.numpy()
    assert (np.abs(off) <= 0.5001 * rounded.steps[:, None]).all()
    assert np.allclose(rounded.lengths, x.norm(dim=1).numpy(), rtol=1e-5)


def test_a_row_of_zeros_is_rounded_to_zeros() -> None:
    rounded = Rounded(torch.zeros(1, 3), Sharing())
    assert rounded.integers.tolist() == [[0, 0, 0]]
    assert rounded.at_most.tolist() == rounded.spread.tolist() == [0.0]


def test_rows_with_more_entries_than_there_was_room_for_are_named_again() -> None:
    named, W = Named(Sharing()), torch.eye(2).repeat(100, 1)
    named.room = 8
    starts, _, pre = named(torch.ones(3, 2), W, torch.zeros(200), 0.5)
    assert starts.tolist() == [0, 200, 400, 600]
    assert (pre == 1).all()


def fitted(by_integers: bool, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    monkeypatch.setattr(selection, "integers_are_faster", lambda: by_integers)
    stack = SAEStack(Recipe(BatchTopK(4.5), nesting=(32, 128)), 48, 128, seeds=[0, 1])
    batches = [drawn(seed, 700, 48) for seed in range(25)]  # more rows than are multiplied at once
    fit_batches(stack, batches, lr=0.01, compiled=True, quiet=True)
    return stack.state_dict()


def test_training_ends_at_the_same_bits_whoever_names_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    named, others = fitted(True, monkeypatch), fitted(False, monkeypatch)
    for name, value in named.items():
        assert torch.equal(value, others[name]), name


@pytest.mark.parametrize("cutoff", [1e6, 1e-6], ids=["far too high", "far too low"])
def test_a_cutoff_that_is_out_of_date_changes_nothing(cutoff: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "integers_are_faster", lambda: True)
    stack, x = SAEStack(Recipe(BatchTopK(3)), 48, 128, seeds=[0]), drawn(0, 100, 48)
    objective = CompiledObjective(stack)
    expected = objective(x).usage()
    objective.select.cutoffs[0] = cutoff
    found = objective(x).usage()
    assert torch.equal(found.fired, expected.fired)
    assert torch.equal(found.l0, expected.l0)


def test_a_processor_that_has_no_such_product_is_not_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise RuntimeError("not implemented")

    monkeypatch.setattr(integers, "multiply", refuses)
    integers_are_faster.cache_clear()
    assert not integers_are_faster()
    integers_are_faster.cache_clear()


def test_a_product_that_is_not_exact_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some processors add pairs of products in sixteen bits, which can be too few."""

    def wrong(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor) -> None:
        out.fill_(2**15 - 1)

    monkeypatch.setattr(integers, "multiply", wrong)
    integers_are_faster.cache_clear()
    assert not integers_are_faster()
    integers_are_faster.cache_clear()
