"""A stack is many solo runs; exact and sampled training agree; the penalties are what they say."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.measures.toy import absorption_delta
from absorption.saes import (
    BatchTopK,
    Gated,
    JumpReLU,
    Recipe,
    ReLU,
    SAEStack,
    TopK,
    fit_batches,
    fit_population,
)
from absorption.saes.activations import alike_kept, batch_topk, batch_topk_mask, topk_mask
from absorption.saes.fit import threshold
from absorption.saes.fit.sparse import _above
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.pairs import mean_squared_cosine
from absorption.saes.losses.penalties import lp_penalty
from absorption.worlds.hierarchies import parent_child, tree

WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3)})
RECIPES = {
    "relu": Recipe(ReLU(), sparsity=0.1),
    "p-norm": Recipe(
        ReLU(), sparsity=0.1, exponent=0.7, aggregate="norm", weighting="decoder_norm", decoder="free"
    ),
    "topk": Recipe(TopK(1), orthogonality=0.2),
    "batchtopk": Recipe(BatchTopK(1.2), decoder="normalised", nesting=(2, 4)),
    "jumprelu": Recipe(JumpReLU(0.05, 0.2), sparsity=0.05),
    "gated": Recipe(Gated(), sparsity=0.1, tied=True),
    "decay": Recipe(ReLU(), sparsity=0.1, encoder_decay=0.01),
}


def parameters(stack, i):
    return torch.cat([p[i].detach().flatten() for p in stack.parameters()])


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
@pytest.mark.parametrize("way", ["population", "batches"])
def test_a_stack_is_its_members_alone(recipe, way):
    values = {"sparsity": torch.tensor([0.05, 0.1, 0.2]), "orthogonality": torch.tensor([0.0, 0.3, 0.1])}

    def fit(seeds, members):
        sweep = {name: value[members] for name, value in values.items()}
        stack = SAEStack(recipe, 3, 4, seeds=seeds, sweep=sweep, dtype=torch.float64)
        if way == "population":
            report = fit_population(stack, WORLD.activations, WORLD.probabilities, steps=60, lr=0.02)
        else:
            generator = torch.Generator().manual_seed(7)
            batches = [WORLD.sample(32, generator) for _ in range(60)]
            report = fit_batches(stack, batches, lr=0.02, clip=0.5)
        return stack, report

    together, report = fit([5, 6, 7], [0, 1, 2])
    for i, seed in enumerate([5, 6, 7]):
        alone, solo = fit([seed], [i])
        torch.testing.assert_close(parameters(together, i), parameters(alone, 0), atol=1e-9, rtol=1e-9)
        torch.testing.assert_close(report.loss[i], solo.loss[0], atol=1e-9, rtol=1e-9)
    assert (parameters(together, 0) - parameters(together, 1)).abs().max() > 0.1


def test_own_worlds_for_members():
    ps = torch.stack([parent_child(0.2, 0.2, p01).probabilities for p01 in (0.0, 0.3)])
    world = parent_child(0.2, 0.2)
    stack = SAEStack(Recipe(sparsity=0.2, encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0, 1])
    with torch.no_grad():
        stack.W_dec.copy_(torch.eye(2).expand(2, 2, 2))
        stack.W_enc.copy_(torch.eye(2).expand(2, 2, 2))
    fit_population(stack, world.activations, ps, steps=3000)
    none_alone, often_alone = absorption_delta(stack.dictionary.detach(), world.features)
    assert none_alone > 0.99 and often_alone < 0.2


def test_sampled_training_approaches_the_exact_optimum():
    world = parent_child(0.25, 0.25, 0.1)
    recipe = Recipe(sparsity=0.2, encoder_bias=False, decoder_bias=False)
    exact, sampled = (SAEStack(recipe, 2, 2, seeds=[0]) for _ in range(2))
    for stack in (exact, sampled):
        with torch.no_grad():
            stack.W_dec.copy_(torch.eye(2)[None])
            stack.W_enc.copy_(torch.eye(2)[None])
    fit_population(exact, world.activations, world.probabilities, steps=3000)
    generator = torch.Generator().manual_seed(0)
    fit_batches(sampled, (world.sample(1024, generator) for _ in range(3000)), steps=3000, lr=0.01, decay=0.5)
    deltas = [float(absorption_delta(s.dictionary.detach(), world.features)) for s in (exact, sampled)]
    assert abs(deltas[0] - deltas[1]) < 0.02, deltas
    assert deltas[0] > 0.1


def test_exact_training_is_deterministic_and_batch_topk_threshold_is_exact():
    def run():
        stack = SAEStack(Recipe(BatchTopK(1.0)), 3, 5, seeds=[0, 1, 2])
        report = fit_population(stack, WORLD.activations, WORLD.probabilities, steps=500)
        return stack, report

    (one, report), (two, _) = run(), run()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    active = (one.encode(WORLD.activations) > 0).float().sum(-1)
    mean_l0 = (active * WORLD.probabilities).sum(-1)
    assert (mean_l0 <= 1.0 + 1e-6).all() and (mean_l0 > 0.5).all()
    torch.testing.assert_close(mean_l0, report.l0, atol=1e-6, rtol=0)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.2, 5.0))
def test_batch_topk_keeps_the_largest_and_at_most_k(seed, k):
    generator = torch.Generator().manual_seed(seed)
    acts = torch.rand(2, 7, 6, generator=generator)
    weights = torch.softmax(torch.randn(1, 7, generator=generator), -1)
    kept = batch_topk_mask(acts, torch.full((2,), k), weights)
    l0 = (kept.sum(-1) * weights).sum(-1)
    assert (l0 <= k + 1e-6).all()
    for of_sae, mask in zip(acts, kept, strict=True):
        if mask.any() and not mask.all():
            assert of_sae[mask].min() >= of_sae[~mask].max()
            row = (of_sae * ~mask).max(-1).values.argmax()  # the next entry would have been too much
            assert l0.max() + weights[0, row] > k - 1e-6 or mask.all()


@given(st.integers(0, 1000), st.integers(1, 27))
def test_batch_topk_without_sorting_everything(seed, n_kept):
    acts = torch.rand(2, 30, 16, generator=torch.Generator().manual_seed(seed))
    k = torch.tensor([n_kept + 0.5, 1.5]) / 30
    kept = batch_topk_mask(acts, k, torch.full((1, 30), 1 / 30))
    for of_sae, mask, count in zip(acts, kept, (n_kept, 1), strict=True):
        cut = of_sae.flatten().sort(descending=True).values[count - 1]
        assert torch.equal(mask, of_sae >= cut)


@settings(max_examples=100)
@given(
    st.integers(0, 10_000), st.sampled_from(["alike", "shared", "own", "some impossible"]), st.booleans(),
    st.floats(0.05, 12.0), st.sampled_from([torch.float32, torch.float64]),
)  # fmt: skip
def test_batch_topk_keeps_what_the_plain_definition_keeps_ties_included(seed, kind, coarse, k, dtype):
    generator = torch.Generator().manual_seed(seed)
    n_sae, batch, d_sae = (int(torch.randint(1, most, (), generator=generator)) for most in (5, 40, 13))
    acts = torch.randn(n_sae, batch, d_sae, generator=generator, dtype=dtype).relu()
    if coarse:  # many exactly equal activations
        acts = (3 * acts).round() / 3
    acts.requires_grad_()
    rows = n_sae if kind == "own" else 1
    weights = torch.softmax(2 * torch.randn(rows, batch, generator=generator, dtype=dtype), -1)
    if kind == "alike":
        weights = torch.full((1, batch), 1 / batch, dtype=dtype)
    elif kind == "some impossible" and batch > 1:
        weights[:, ::2] = 0
        weights /= weights.sum(-1, keepdim=True)
    of_each = k * torch.rand(n_sae, generator=generator, dtype=dtype)
    kept, plain = batch_topk(acts, of_each, weights), acts * batch_topk_mask(acts.detach(), of_each, weights)
    assert torch.equal(kept, plain)
    through, plainly = (torch.autograd.grad(out.square().sum(), acts)[0] for out in (kept, plain))
    assert torch.equal(through, plainly)


@given(st.integers(0, 1000), st.floats(0.05, 12.0), st.booleans())
def test_the_threshold_of_inputs_that_count_alike_is_that_of_the_mask(seed, k, coarse):
    generator = torch.Generator().manual_seed(seed)
    stack = SAEStack(Recipe(BatchTopK(1.0)), 5, 7, seeds=[seed, seed + 1]).requires_grad_(False)
    stack.k.mul_(min(k, 7.0))
    x = torch.randn(9, 5, generator=generator)
    x = x.round() if coarse else x
    acts = stack.pre_activations(x).relu()
    alike = torch.full((1, 9), 1 / 9)
    kept = batch_topk_mask(acts, stack.k, alike)
    for of_sae, mask, found in zip(acts, kept, threshold.exact(stack, x, alike), strict=True):
        dropped = of_sae[~mask].max() if not mask.all() else torch.tensor(0.0)
        smallest = of_sae[mask].min() if mask.any() else dropped
        assert torch.equal(found[0], (smallest + dropped) / 2)


def test_topk_takes_the_largest_by_hand():
    pre = torch.tensor([[[3.0, 1.0, 2.0, -1.0]], [[3.0, 1.0, 2.0, -1.0]]])
    assert topk_mask(pre, torch.tensor([1.0, 3.0])).int().tolist() == [[[1, 0, 0, 0]], [[1, 1, 1, 0]]]


@given(st.floats(0.3, 3.0), st.integers(0, 1000))
def test_lp_penalty_against_torch(p, seed):
    z = torch.rand(2, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01
    torch.testing.assert_close(lp_penalty(z, p, "norm"), z.norm(p=p, dim=-1))
    torch.testing.assert_close(lp_penalty(z, p, "sum"), (z**p).sum(-1))


def test_lp_penalty_has_a_finite_gradient_at_silence():
    z = torch.tensor([[[0.0, 0.5]], [[0.0, 0.0]]], requires_grad=True)
    for aggregate in ("sum", "norm"):
        (grad,) = torch.autograd.grad(lp_penalty(z, 0.5, aggregate).sum(), z)
        assert grad.isfinite().all() and grad[0, 0, 0] == 0


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 1000))
def test_mean_squared_cosine_is_the_pairwise_sum(d_sae, d_in, seed):
    rows = torch.randn(1, d_sae, d_in, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    unit = torch.nn.functional.normalize(rows[0], dim=-1)
    pairs = [float(unit[i] @ unit[j]) ** 2 for i in range(d_sae) for j in range(d_sae) if i != j]
    expected = math.fsum(pairs) / max(1, len(pairs))
    assert abs(float(mean_squared_cosine(rows)) - expected) < 1e-9


def test_matryoshka_level_weights_weigh_levels():
    stacks = {
        w: SAEStack(Recipe(nesting=(1, 3), level_weights=w), 3, 3, seeds=[0])
        for w in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0))
    }
    x, share = WORLD.activations, WORLD.probabilities[None]
    first, last, mixed = (float(population_losses(s, x, share).total) for s in stacks.values())
    assert abs(mixed - (2 * first + 3 * last)) < 1e-5 and first > last > 0


def test_divergence_is_reported_and_poisons_nobody():
    recipe = Recipe(ReLU(), sparsity=0.1)
    sick = SAEStack(recipe, 3, 4, seeds=[0, 1, 2])
    healthy = SAEStack(recipe, 3, 4, seeds=[0, 1, 2])
    with torch.no_grad():
        sick.b_enc[1] = 1e20
    report = fit_population(sick, WORLD.activations, WORLD.probabilities, steps=250)
    fit_population(healthy, WORLD.activations, WORLD.probabilities, steps=250)
    assert report.diverged.tolist() == [False, True, False]
    for i in (0, 2):
        assert torch.equal(parameters(sick, i), parameters(healthy, i))
    assert parameters(sick, 1).isfinite().all()


def test_schedule_and_observation():
    seen = []
    stack = SAEStack(Recipe(), 3, 4, seeds=[0])
    report = fit_population(
        stack, WORLD.activations, WORLD.probabilities, steps=10, every=4,
        observe=lambda s: seen.append(1) or s.W_dec.detach().norm().clone(),
    )  # fmt: skip
    assert (
        report.trace is not None and report.trace.shape == (4,) and len(seen) == 4
    )  # steps 0, 4, 8 and the end


def test_gradient_descent_and_adam_reach_the_same_optimum():
    world = parent_child(0.3, 0.3, 0.1)
    results = []
    for optimizer, lr in (("adam", 0.01), ("sgd", 0.2)):
        stack = SAEStack(Recipe(sparsity=0.1, encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
        with torch.no_grad():
            stack.W_dec.copy_(torch.eye(2)[None])
            stack.W_enc.copy_(torch.eye(2)[None])
        results.append(
            fit_population(
                stack, world.activations, world.probabilities, steps=6000, lr=lr, optimizer=optimizer
            ).loss
        )
    torch.testing.assert_close(results[0], results[1], atol=1e-4, rtol=1e-3)


def bad_fits():
    stack = SAEStack(Recipe(), 3, 4, seeds=[0])
    x, p = WORLD.activations, WORLD.probabilities
    return {
        "probabilities has 2": lambda: fit_population(stack, x, p[:2]),
        "must sum to 1": lambda: fit_population(stack, x, p * 2),
        "optimizer must be": lambda: fit_population(stack, x, p, optimizer="lion"),
        "at least 1": lambda: fit_population(stack, x, p, steps=0),
        "steps must be given": lambda: fit_batches(stack, iter([x])),
        "ended after 1 of 5": lambda: fit_batches(stack, iter([x]), steps=5),
        "sparse by construction": lambda: fit_batches(stack, [x], sparse=True),
    }


@pytest.mark.parametrize("message", bad_fits())
def test_bad_fits_say_what_is_wrong(message):
    with pytest.raises(ValueError, match=message):
        bad_fits()[message]()


def test_sparse_path_is_taken_where_it_pays_and_agrees_in_float32():
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(256, 32, generator=generator) for _ in range(30)]
    for activation in (BatchTopK(8), TopK(8)):
        recipe = Recipe(
            activation, nesting=(128, 512), revival=0.03, dead_after=5, sparsity=0.01, orthogonality=0.1
        )
        losses = []
        for sparse in (None, False):
            stack = SAEStack(recipe, 32, 512, seeds=[0, 1])
            losses.append(fit_batches(stack, batches, lr=3e-3, sparse=sparse).loss)
        torch.testing.assert_close(losses[0], losses[1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("cut", [1e-3, 0.5, 1.999])
def test_what_exceeds_a_cut_is_found(dtype, cut):
    values = torch.cat(
        [torch.randn(4000, generator=torch.Generator().manual_seed(0)), torch.tensor([0.0, -0.0])]
    )
    values = torch.cat([values, torch.tensor([cut, -cut, torch.inf, -torch.inf])]).to(dtype)
    assert torch.equal(_above(values, cut), (values > torch.tensor(cut).to(dtype)).nonzero()[:, 0])


def test_selected_members_are_copies():
    stack = SAEStack(Recipe(BatchTopK(1.0)), 3, 4, seeds=[0, 1, 2])
    chosen = stack.select([2, 0])
    assert chosen.seeds == (2, 0)
    torch.testing.assert_close(chosen(WORLD.activations)[0], stack(WORLD.activations)[2])
    fit_population(chosen, WORLD.activations, WORLD.probabilities, steps=5)
    assert not torch.equal(chosen.W_dec[0], stack.W_dec[2])


def test_as_many_are_known_to_be_kept_as_are_kept_where_few_of_many_are():
    """Over a million entries the slack that forgives rounding is worth a whole entry, and the selection's bound counts."""
    acts = torch.rand(1, 2048, 1024, generator=torch.Generator().manual_seed(0))
    k, weights = torch.tensor([2.0]), torch.full((1, 2048), 1 / 2048)
    kept = batch_topk_mask(acts, k, weights).sum()
    assert alike_kept(acts[0].numel(), k, weights).tolist() == [[int(kept)]]
