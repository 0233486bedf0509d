"""The compiled path beside the dense one, which is the reference: losses, gradients, what is reported, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.saes import BatchTopK, Gated, JumpReLU, Recipe, ReLU, SAEStack, TopK, fit_batches
from absorption.saes.fit.compiled import entries, selection
from absorption.saes.fit.compiled.adam import Adam
from absorption.saes.fit.compiled.objective import CompiledObjective
from absorption.saes.fit.compiled.sharing import Sharing
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.schemes import FrozenBatches
from absorption.saes.recipe import MatchingPursuit

D_IN, D_SAE, BATCH = 16, 64, 40
RECIPES = {
    "L1": Recipe(ReLU(), sparsity=0.1),
    "TopK": Recipe(TopK(5)),
    "BatchTopK": Recipe(BatchTopK(5.5)),
    "JumpReLU": Recipe(JumpReLU(0.05, 0.5), sparsity=0.1),
    "gated": Recipe(Gated(), sparsity=0.1),
    "nested": Recipe(BatchTopK(5), nesting=(8, 24, D_SAE), level_weights=(1.0, 0.5, 2.0)),
    "nested at random": Recipe(TopK(5), random_nesting=4),
    "nested, gated": Recipe(Gated(), nesting=(16, D_SAE), sparsity=0.2),
    "nested, JumpReLU": Recipe(JumpReLU(0.05, 0.5), nesting=(16, D_SAE), sparsity=0.1),
    "tied": Recipe(BatchTopK(5), tied=True),
    "orthogonal": Recipe(ReLU(), orthogonality=0.5, encoder_decay=0.01),
    "revived": Recipe(TopK(3), revival=0.2, dead_after=1),
    "no biases": Recipe(ReLU(), encoder_bias=False, decoder_bias=False, sparsity=0.1),
    "normalised": Recipe(BatchTopK(5), decoder="normalised", revival=0.2, dead_after=1),
    "normalised crosscoder": Recipe(BatchTopK(5), decoder="normalised", spaces=(6, 10)),
    "normalised TopK": Recipe(TopK(5), decoder="normalised"),
    "free decoder": Recipe(ReLU(), decoder="free", sparsity=0.1),
    "lengths penalised": Recipe(ReLU(), decoder="free", weighting="decoder_norm", sparsity=0.1),
    "lengths penalised, gated": Recipe(Gated(), decoder="free", weighting="decoder_norm", sparsity=0.1),
    "crosscoder": Recipe(ReLU(), decoder="free", weighting="decoder_norm", spaces=(6, 10), sparsity=0.1),
}


def moved(recipe: Recipe, dtype: torch.dtype = torch.float64, **given: int) -> SAEStack:
    """A stack of two whose parameters are not at their start, the same at each call."""
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[0, 1], dtype=dtype, **given)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in stack.named_parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator).to(parameter))
            if name == "threshold":
                parameter.clamp_(min=0.01)
        if recipe.decoder == "unit":
            stack.W_dec.div_(stack.W_dec.norm(dim=-1, keepdim=True))
    return stack


def inputs(own: bool = False) -> torch.Tensor:
    x = torch.randn(BATCH, D_IN, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) + 0.3
    return torch.stack([x, 1.3 * x]) if own else x


def uniform() -> torch.Tensor:
    return torch.full((1, BATCH), 1 / BATCH, dtype=torch.float64)


@pytest.mark.parametrize("own", [False, True], ids=["shared batch", "a batch each"])
@pytest.mark.parametrize("name", RECIPES)
def test_loss_gradients_and_usage_are_those_of_the_dense_path(name: str, own: bool) -> None:
    dense, compiled, x = moved(RECIPES[name]), moved(RECIPES[name]), inputs(own)
    dead = None
    if "revival" in dense.terms:
        dead = torch.zeros(2, D_SAE, dtype=torch.bool)
        dead[:, :7] = True
    expected = population_losses(dense, x, uniform(), dead)
    expected.total.sum().backward()
    objective = CompiledObjective(compiled)
    objective(x, dead)  # BatchTopK's second selection starts from the first one's cut-off
    found = objective(x, dead)
    (2 * found.total).sum().backward()
    assert torch.allclose(found.total, expected.total, rtol=1e-10)
    assert torch.allclose(found.mse, expected.mse, rtol=1e-10)
    for one, other in zip(dense.parameters(), compiled.parameters(), strict=True):
        assert other.grad is not None
        assert torch.allclose(other.grad / 2, one.grad, rtol=1e-9, atol=1e-12)
    used, wanted = found.usage(), expected.usage()
    assert torch.equal(used.fired, wanted.fired)
    assert torch.allclose(used.l0, wanted.l0)
    assert torch.allclose(used.smallest, wanted.smallest)


@pytest.mark.parametrize("name", ["BatchTopK", "gated"])
def test_a_transcoder_reads_its_inputs_as_they_are(name: str) -> None:
    dense, compiled = moved(RECIPES[name], d_out=7), moved(RECIPES[name], d_out=7)
    x, y = inputs(), inputs()[:, :7].flip(0).contiguous()
    expected = population_losses(dense, x, uniform(), target=y)
    found = CompiledObjective(compiled)(x, target=y)
    expected.total.sum().backward()
    found.total.sum().backward()
    assert torch.allclose(found.total, expected.total)
    for one, other in zip(dense.parameters(), compiled.parameters(), strict=True):
        assert torch.allclose(other.grad, one.grad, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["BatchTopK", "L1", "JumpReLU", "gated", "free decoder", "tied", "normalised"]
)
@pytest.mark.parametrize("clip", [None, 0.5])
def test_training_ends_where_the_other_paths_end(name: str, clip: float | None) -> None:
    batches = [inputs().roll(n, 0) for n in range(20)]
    how = dict(lr=0.01, warmup=0.2, decay=0.3, clip=clip, quiet=True)
    others, compiled = moved(RECIPES[name]), moved(RECIPES[name])
    expected = fit_batches(others, batches, sparse=False, **how)
    found = fit_batches(compiled, batches, compiled=True, **how)
    assert torch.allclose(found.loss, expected.loss, rtol=1e-8)
    for (key, one), other in zip(others.state_dict().items(), compiled.state_dict().values(), strict=True):
        assert torch.allclose(one, other, atol=1e-8), key


def test_bfloat16_names_candidates_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the product in bfloat16 the same latents are active, at activations in full precision."""
    monkeypatch.setattr(selection, "bfloat16_is_faster", lambda: True)
    for recipe in (RECIPES["L1"], RECIPES["TopK"], RECIPES["BatchTopK"], RECIPES["JumpReLU"]):
        stack, x = moved(recipe, torch.float32), inputs().float()
        expected = population_losses(stack, x, uniform().float())
        objective = CompiledObjective(stack)
        for _ in range(2):
            found = objective(x)
        assert torch.equal(found.usage().fired, expected.usage().fired)
        assert torch.allclose(found.total, expected.total, rtol=1e-5)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(1, 10))
@settings(deadline=None, max_examples=50)
def test_of_equal_values_the_first_are_kept(values: list[int], k: int) -> None:
    row = np.array(values, dtype=np.float64)
    keep = np.zeros(len(row), np.bool_)
    entries.keep_largest(0, 1, np.array([0, len(row)]), row, k, keep)
    expected = np.sort(np.argsort(-row, kind="stable")[:k])
    assert np.flatnonzero(keep).tolist() == expected.tolist()


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40), st.integers(1, 8))
@settings(deadline=None, max_examples=50)
def test_the_largest_positive_keys_are_found(values: list[int], most: int) -> None:
    row, counts, found = np.array([values], np.int16), np.zeros(1, np.int64), np.zeros((1, most), np.int64)
    entries.find_largest(0, 1, row, most, counts, found)
    cols = found[0, : counts[0]]
    positive = np.sort(row[row > 0])[::-1][:most]
    assert np.sort(row[0, cols])[::-1].tolist() == positive.tolist()
    assert (np.diff(cols) > 0).all()


def test_ties_do_not_add_latents_to_a_batch() -> None:
    stack = SAEStack(Recipe(BatchTopK(1)), 2, 4, seeds=[0], dtype=torch.float64).requires_grad_(False)
    stack.W_enc[:] = 1.0
    x = torch.ones(5, 2, dtype=torch.float64)
    objective = CompiledObjective(stack)
    for _ in range(2):  # the second selection starts from the first one's cut-off
        found = objective(x)
    assert found.usage().l0.tolist() == [1.0]


def test_threads_change_nothing() -> None:
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            stack = moved(RECIPES["nested, gated"])
            CompiledObjective(stack)(inputs()).total.sum().backward()
            Adam(stack, 0.1).step()
            results.append([p.detach().clone() for p in stack.parameters()])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_an_error_in_a_thread_is_not_lost() -> None:
    def failing(first: int, last: int) -> None:
        raise RuntimeError("a part failed")

    share = Sharing()
    with pytest.raises(RuntimeError, match="a part failed"):
        share(failing, 10)


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (Recipe(MatchingPursuit(2), tied=True, encoder_bias=False), "matching pursuit"),
        (Recipe(decoder="normalised"), "no penalty beside decoder='normalised'"),
        (Recipe(orthogonality_scheme=FrozenBatches(2)), "FrozenBatches"),
        (replace(RECIPES["L1"], exponent=0.5), "no L_p penalty but L1"),
    ],
)
def test_what_is_not_covered_is_refused_with_the_reason(recipe: Recipe, reason: str) -> None:
    stack = SAEStack(recipe, 4, 8, seeds=[0])
    with pytest.raises(ValueError, match=f"{reason}.*compiled=False"):
        fit_batches(stack, [torch.eye(4)], compiled=True)


def test_another_error_is_refused() -> None:
    stack = SAEStack(Recipe(TopK(1)), 4, 8, seeds=[0])
    with pytest.raises(ValueError, match="squared error only"):
        fit_batches(stack, [torch.eye(4)], compiled=True, error=lambda a, b: (a - b).abs().sum(-1))
