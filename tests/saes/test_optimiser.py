"""The optimiser of a stack: its schedule by hand, clipping and constraint against torch's own, the guard."""

import pytest
import torch

from absorption.saes import Recipe, SAEStack, TopK, fit_batches, fit_population
from absorption.saes.fit.optimiser import GUARD_EVERY, Run, _remove_radial_gradient
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.fit.training import SMALL_STEP, _threads_worth_it
from absorption.saes.losses.objective import population_losses
from absorption.saes.recipe import BatchTopK

UNIFORM = torch.full((1, 4), 0.25)


def run_of(
    recipe=None, steps=10, lr=0.5, warmup=0.0, decay=0.0, optimizer="sgd", power=1.0, clip=None, seeds=(0, 1)
):
    return Run(SAEStack(recipe or Recipe(decoder="free"), 4, 6, seeds), steps, lr, warmup, decay, optimizer, power, clip)  # fmt: skip


def objective(run, x=None):
    return lambda _dead: population_losses(run.stack, torch.eye(4) if x is None else x, UNIFORM)


@pytest.mark.parametrize(
    ("warmup", "decay", "rates"),
    [
        (0.0, 0.0, [0.5] * 10),
        (0.2, 0.5, [0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1]),
        (1.0, 0.0, [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]),
        (0.5, 1.0, [0.1, 0.2, 0.3, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05]),
    ],
)
def test_the_rate_rises_and_falls_along_straight_lines(warmup, decay, rates):
    run, seen = run_of(warmup=warmup, decay=decay), []
    for _ in rates:
        run.step(objective(run))
        seen.append(run.optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx(rates)


def test_clipping_is_torchs_for_every_member_alone():
    x = 5 * torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    run = run_of(clip=0.3, lr=1.0, steps=1)
    before = [p.detach().clone() for p in run.parameters]
    run.step(objective(run, x))
    for member in (0, 1):
        alone = run_of(seeds=[member])
        alone.stack.zero_grad()
        objective(alone, x)(None).total.sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(alone.parameters, 0.3)
        assert norm > 0.3
        for was, now, one in zip(before, run.parameters, alone.parameters, strict=True):
            torch.testing.assert_close(now[member], was[member] - one.grad[0])
    gentle = run_of(clip=1e9, lr=1.0, steps=1)
    free = run_of(lr=1.0, steps=1)
    for each in (gentle, free):
        each.step(objective(each, x))
    torch.testing.assert_close(gentle.stack.W_dec, free.stack.W_dec)


def test_what_is_left_of_the_gradient_lies_along_the_sphere():
    W = torch.nn.Parameter(torch.nn.functional.normalize(torch.randn(2, 3, 5), dim=-1))
    full = torch.randn(2, 3, 5)
    W.grad = full.clone()
    _remove_radial_gradient(W)
    torch.testing.assert_close((W.grad * W).sum(-1), torch.zeros(2, 3), atol=1e-6, rtol=0)
    along = torch.linalg.vecdot(full, W.detach())[..., None] * W
    torch.testing.assert_close(W.grad + along, full)


def test_a_loss_far_above_the_power_of_the_inputs_counts_as_diverged():
    """The guard's bound is a million times the inputs' mean square, and it looks at the end of short runs too."""
    for scale, diverged in ((0.5, False), (2.0, True)):
        stack = SAEStack(Recipe(decoder="free"), 4, 6, seeds=[0, 1])
        with torch.no_grad():
            stack.b_dec[1] = scale * 1000 * 0.5
        report = fit_population(stack, torch.eye(4), UNIFORM[0], steps=1, lr=1e-9, optimizer="sgd")
        assert report.diverged.tolist() == [False, diverged]


def test_a_member_that_diverges_goes_back_to_its_last_sound_weights_and_stays_there():
    run = run_of(Recipe(decoder="free"), steps=3 * GUARD_EVERY, lr=0.01, optimizer="adam")
    for _ in range(GUARD_EVERY):
        run.step(objective(run))
    sound = run.stack.W_dec.detach().clone()
    with torch.no_grad():
        run.stack.b_dec[1] = torch.nan
    for _ in range(GUARD_EVERY):
        run.step(objective(run))
    assert run.diverged.tolist() == [False, True]
    assert torch.equal(run.stack.W_dec[1], sound[1]) and not torch.equal(run.stack.W_dec[0], sound[0])
    for _ in range(3):
        run.step(objective(run))
    assert torch.equal(run.stack.W_dec[1], sound[1])


def test_latents_count_as_dead_after_so_many_steps_of_silence():
    seen = []
    run = run_of(Recipe(TopK(1), revival=0.1, dead_after=3), lr=1e-6, seeds=[0])

    def evaluate(dead):
        seen.append(dead.clone())
        return population_losses(run.stack, torch.eye(4)[:1].expand(4, 4), UNIFORM)

    for _ in range(6):
        run.step(evaluate)
    assert [int(dead.sum()) for dead in seen] == [0, 0, 0, 0, 5, 5]


@pytest.mark.parametrize(
    ("recipe", "d_sae", "pays"),
    [
        (Recipe(TopK(16)), 256, True),
        (Recipe(TopK(17)), 256, False),
        (Recipe(BatchTopK(4)), 255, False),
        (Recipe(BatchTopK(4)), 256, True),
        (Recipe(), 512, False),
    ],
)
def test_the_sparse_path_pays_where_few_of_many_are_active(recipe, d_sae, pays):
    assert SparseObjective.pays(SAEStack(recipe, 4, d_sae, seeds=[0])) is pays


def test_threads_are_given_back(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    for entries in (SMALL_STEP - 1, SMALL_STEP):
        with pytest.raises(KeyError), _threads_worth_it(entries):
            raise KeyError
    assert asked == [1, 7, 7, 7]


def test_the_threshold_of_batch_topk_follows_the_smallest_activation_that_is_kept():
    # Without biases, which would learn to be a little positive where the inputs are zero.
    recipe = Recipe(BatchTopK(1, threshold_rate=0.25), decoder="free", encoder_bias=False, decoder_bias=False)
    stack = SAEStack(recipe, 2, 2, seeds=[0])
    with torch.no_grad():
        stack.W_enc.copy_(torch.eye(2))
        stack.threshold[:] = 2.0
    fit_batches(stack, [torch.tensor([[4.0, 0.0], [0.0, 6.0]])], lr=1e-9, sparse=False)
    assert stack.threshold.item() == pytest.approx(2 + 0.25 * (4 - 2))
    fit_batches(stack, [torch.zeros(2, 2)], lr=1e-9, sparse=False)  # nothing fires: it stays
    assert stack.threshold.item() == pytest.approx(2.5)
