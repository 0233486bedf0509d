"""What training does, `encode` does; what a report says, `encode` gives; what was not reached is said."""

import warnings
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.saes import (
    BatchTopK,
    FitWarning,
    FrozenBatches,
    Gated,
    JumpReLU,
    MatchingPursuit,
    Recipe,
    ReLU,
    SAEStack,
    TopK,
    fit_batches,
    fit_population,
)
from absorption.saes.clock import Clock
from absorption.saes.fit import inference
from absorption.saes.fit.adversary import fit_against
from absorption.saes.fit.report import FitReport, misses, shortfalls
from absorption.saes.fit.training import RECENT
from absorption.saes.losses.objective import Usage, activate
from absorption.saes.losses.orthogonality import without_waiting

ALIKE = {
    "relu": Recipe(ReLU()),
    "topk": Recipe(TopK(2)),
    "jumprelu": Recipe(JumpReLU(), sparsity=0.1),
    "gated": Recipe(Gated()),
    "normalised": Recipe(JumpReLU(), decoder="normalised"),
    "tied": Recipe(TopK(2), tied=True),
    "pursuit": Recipe(MatchingPursuit(2), tied=True, encoder_bias=False),
    "frozen batches": Recipe(TopK(2), orthogonality_scheme=FrozenBatches(batches=2)),
}
"""Every activation but BatchTopK, which needs the batch in training and has a threshold afterwards."""


def batches(count, d_in=16, size=64, offset=0.0):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(size, d_in, generator=generator) + offset for _ in range(count)]


@pytest.mark.parametrize("name", ALIKE)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), level=st.floats(-1.0, 1.0))
def test_training_activates_as_encode_does(name, seed, level):
    stack = SAEStack(ALIKE[name], 4, 6, seeds=[seed, seed + 1], dtype=torch.float64).requires_grad_(False)
    stack.clock = Clock(1, 1)  # trained to the end, so that no batch of latents waits
    generator = torch.Generator().manual_seed(seed)
    for parameter in stack.parameters():  # also where training could not have brought them
        parameter += level * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    x, weights = torch.randn(9, 4, generator=generator, dtype=torch.float64), torch.full((1, 9), 1 / 9)
    acts, _ = activate(stack, x, without_waiting(stack, stack.pre_activations(x)), weights.double())
    assert bool((acts >= 0).all())
    assert torch.equal(acts, stack.encode(x))


def test_jumprelus_thresholds_stay_where_they_mean_something():
    stack = SAEStack(Recipe(JumpReLU(), sparsity=1e-4), 16, 64, seeds=[0])
    lowest = []
    fit_batches(
        stack,
        (lowest.append(float(stack.threshold.detach().min())) or b for b in batches(150)),
        steps=150,
        lr=5e-3,
    )
    lowest.append(float(stack.threshold.detach().min()))
    assert min(lowest) == 0.0 < max(lowest)


@pytest.mark.parametrize("sparse", [False, True])
def test_batchtopk_encodes_what_it_was_asked_for_after_a_short_training(sparse):
    given = batches(50, d_in=32, size=128)
    stack = SAEStack(Recipe(BatchTopK(8)), 32, 128, seeds=[0, 1])
    report = fit_batches(stack, given, lr=1e-3, sparse=sparse)
    encoded = (stack.encode(torch.cat(given[-RECENT // 128 :])) > 0).float().sum(-1).mean(-1)
    torch.testing.assert_close(report.l0, encoded)
    assert bool(((report.l0 - 8).abs() < 0.1).all()), report.l0
    unseen = (stack.encode(torch.cat(batches(52, 32, 128)[50:])) > 0).float().sum(-1).mean(-1)
    assert bool(((unseen - 8).abs() < 1).all()), unseen


def test_a_threshold_that_has_arrived_is_left_to_saelens_rule():
    def trained(rate):
        stack = SAEStack(Recipe(BatchTopK(4, threshold_rate=rate)), 16, 64, seeds=[0])
        followed = []

        def watched():
            for batch in batches(60):
                followed.append(stack.threshold.clone())
                yield batch

        fit_batches(stack, watched(), steps=60, lr=1e-3)
        return float(stack.threshold), float(followed[-1])

    settled, before = trained(0.2)
    assert abs(settled - before) < 0.02 * before
    settled, before = trained(0.001)
    assert settled > 2 * before


def test_one_poor_batch_does_not_move_a_threshold_that_has_arrived():
    def fitted(last):
        stack = SAEStack(Recipe(BatchTopK(4, threshold_rate=0.2)), 16, 64, seeds=[0])
        fit_batches(stack, [*batches(80), *last], lr=1e-3)
        return stack

    poor = 0.9 * batches(1)[0]
    stack = fitted([poor])
    on_poor = (stack.encode(poor) > 0).float().sum(-1).mean()
    assert on_poor < 0.9 * 4  # by itself it would have called for a lower threshold
    assert abs(float(fitted([]).threshold / stack.threshold) - 1) < 0.05


def test_a_k_that_too_few_living_latents_can_fire_is_reported():
    stack = SAEStack(Recipe(BatchTopK(6)), 16, 8, seeds=[0])
    with torch.no_grad():
        stack.b_enc[:, 2:] = -100
    with pytest.warns(FitWarning, match=r"SAE 0 was asked for k = 6 and fires [01]\.\d+ latents an input"):
        report = fit_batches(stack, batches(3), lr=1e-6)
    assert float(report.l0) < 2


@pytest.mark.parametrize("activation", [ReLU(), TopK(3), JumpReLU(), Gated(), BatchTopK(3)])
def test_the_reported_l0_is_that_of_encode_on_a_population(activation):
    x, p = torch.cat(batches(1)), torch.softmax(torch.arange(64) / 16.0, 0)
    stack = SAEStack(Recipe(activation), 16, 32, seeds=[0, 1])
    report = fit_population(stack, x, p, steps=20)
    fires = stack.encode(x) > 0
    torch.testing.assert_close(report.l0, (fires.float().sum(-1) * p).sum(-1))
    torch.testing.assert_close(report.dead, 1 - fires.any(1).float().mean(-1))


def test_the_report_of_a_fit_against_a_meta_sae_is_that_of_encode():
    x, p = torch.cat(batches(1)), torch.full((64,), 1 / 64)
    stack, meta = (
        SAEStack(Recipe(sparsity=0.1), 16, 8, seeds=[0]),
        SAEStack(Recipe(TopK(1)), 16, 3, seeds=[0]),
    )
    report = fit_against(stack, meta, x, p, weight=torch.tensor([0.1]), steps=3)
    torch.testing.assert_close(report.l0, (stack.encode(x) > 0).float().sum(-1).mean(-1))


def fit_far(**options):
    stack = SAEStack(Recipe(TopK(4)), 16, 128, seeds=[0])
    return stack, fit_batches(stack, batches(150, offset=6.0), lr=1e-3, **options)


def test_far_from_the_origin_b_dec_starts_at_the_mean_and_latents_live():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitWarning)
        assert fit_far()[1].dead.item() <= 0.1
    with pytest.warns(FitWarning, match=r"\d\d% of the latents of SAE 0 are dead: .*start_at_mean=True"):
        dead = fit_far(start_at_mean=False)[1].dead.item()
    assert dead > 0.3


def test_a_warning_can_be_left_out_and_is_one_sentence():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitWarning)
        fit_far(start_at_mean=False, quiet=True)
    with pytest.warns(FitWarning) as caught:
        fit_far(start_at_mean=False)
    assert len(caught) == 1 and str(caught[0].message).count(".") == 1


@pytest.mark.parametrize(("dead", "sentences"), [(0.099, 0), (0.101, 1)])
def test_a_tenth_of_the_latents_may_die_unsaid(dead, sentences):
    one = torch.ones(1)
    report = FitReport(loss=one, mse=one, l0=one, dead=dead * one, diverged=one < 0, trace=None)
    assert len([*shortfalls(SAEStack(Recipe(), 2, 4, seeds=[0]), report)]) == sentences


def test_an_l0_is_missed_where_it_is_more_than_a_tenth_off():
    stack = SAEStack(Recipe(BatchTopK(2)), 4, 8, seeds=range(4))
    assert misses(stack, torch.tensor([1.78, 1.82, 2.18, 2.22])).tolist() == [True, False, False, True]


def started(x, recipe=None, b_dec=0.0, **options):
    """b_dec as training finds it."""
    stack = SAEStack(recipe or Recipe(TopK(2)), 16, 32, seeds=[0])
    stack.b_dec.data.fill_(b_dec)
    fit_batches(stack, [x], lr=0.0, quiet=True, **options)
    return stack.b_dec[0]


def test_where_b_dec_starts():
    near, far = (torch.cat(batches(1, offset=offset)) for offset in (0.5, 2.0))
    zero = torch.zeros(16)
    torch.testing.assert_close(started(near), zero)
    torch.testing.assert_close(started(far), far.mean(0))
    torch.testing.assert_close(started(near, start_at_mean=True), near.mean(0))
    torch.testing.assert_close(started(far, start_at_mean=False), zero)
    torch.testing.assert_close(started(far, b_dec=1.0), zero + 1)  # a start that somebody has chosen
    torch.testing.assert_close(started(far, replace(Recipe(TopK(2)), decoder_bias=False)), zero)
    with pytest.raises(ValueError, match="needs a decoder bias"):
        started(far, replace(Recipe(TopK(2)), decoder_bias=False), start_at_mean=True)


@given(st.integers(0, 200))
@settings(max_examples=20, deadline=None)
def test_a_small_batch_around_the_origin_is_not_taken_for_a_distant_one(seed):
    x = torch.randn(8, 16, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(started(x), torch.zeros(16))
    torch.testing.assert_close(started(x[:1]), torch.zeros(16))


@pytest.mark.parametrize("own", [False, True], ids=["shared inputs", "inputs each"])
def test_usage_in_pieces_is_usage_at_once(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fits at once; inputs without probability do not count."""
    stack = SAEStack(Recipe(TopK(3)), 8, 32, seeds=[0, 1])
    x = torch.randn(2, 50, 8, generator=torch.Generator().manual_seed(0))
    x = x if own else x[0]
    weights = torch.rand(1, 50, generator=torch.Generator().manual_seed(1)).round(decimals=1)
    weights = weights / weights.sum()
    assert (weights == 0).any()
    expected = Usage.of(stack.encode(x), weights)
    for piece in (2**22, 7 * 64, 1):
        monkeypatch.setattr(inference, "PIECE", piece)
        l0, fired = inference.usage_in_encoding(stack, x, weights)
        assert torch.allclose(l0, expected.l0)
        assert torch.equal(fired, expected.fired)
