"""Transcoders, crosscoders and end-to-end SAEs: SAELens' transcoders and the formulas written out are the oracles."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sae_lens import (
    JumpReLUTranscoder,
    JumpReLUTranscoderConfig,
    SkipTranscoder,
    SkipTranscoderConfig,
    Transcoder,
    TranscoderConfig,
)

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
from absorption.saes.exchange.saelens import from_saelens, to_saelens
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.objective import population_losses

D_IN, D_OUT, D_SAE, BATCH = 6, 9, 32, 40
WIDTHS = {"d_in": D_IN, "d_out": D_OUT, "d_sae": D_SAE, "dtype": "float64", "apply_b_dec_to_input": False}


def normal(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def shaken(stack, seed=0):
    """The stack with weights at which every term matters."""
    with torch.no_grad():
        for number, (name, parameter) in enumerate(stack.named_parameters()):
            parameter += 0.2 * normal(100 * seed + number, *parameter.shape)
            if name == "threshold":
                parameter.abs_()
    return stack


def transcoder(activation, **choices):
    recipe = Recipe(activation, decoder=choices.pop("decoder", "free"), init_norm=1.0, **choices)
    return shaken(SAEStack(recipe, D_IN, D_SAE, seeds=[0, 1], dtype=torch.float64, d_out=D_OUT))


def pairs(n):
    return [(normal(2 * i, BATCH, D_IN), normal(2 * i + 1, BATCH, D_OUT)) for i in range(n)]


def alike(x):
    return x.new_full((1, x.shape[-2]), 1 / x.shape[-2])


def gradients(stack, losses):
    return torch.autograd.grad(losses.total.sum(), [p for _, p in sorted(stack.named_parameters())])


@pytest.mark.parametrize("activation", [ReLU(), JumpReLU(0.3), BatchTopK(3)], ids=lambda a: type(a).__name__)
def test_a_transcoder_leaves_for_saelens_and_comes_back(activation):
    stack = transcoder(activation)
    if isinstance(activation, BatchTopK):
        stack.threshold += 0.4
    x = normal(7, BATCH, D_IN)
    for member in range(2):
        theirs = to_saelens(stack, member)
        torch.testing.assert_close(theirs(x), stack(x)[member])
        torch.testing.assert_close(from_saelens(theirs)(x)[0], stack(x)[member])
    assert theirs.cfg.d_out == D_OUT


def test_saelens_transcoders_are_read():
    for kind, config in ((Transcoder, TranscoderConfig), (JumpReLUTranscoder, JumpReLUTranscoderConfig)):
        theirs = kind(config(**WIDTHS))
        with torch.no_grad():
            for number, parameter in enumerate(theirs.parameters()):
                parameter += normal(number, *parameter.shape).to(parameter.dtype)
        x = normal(9, BATCH, D_IN)
        ours = from_saelens(theirs)
        assert (ours.d_in, ours.d_out) == (D_IN, D_OUT)
        torch.testing.assert_close(ours(x)[0], theirs(x), check_dtype=False, atol=1e-6, rtol=1e-6)


def test_what_saelens_cannot_hold_is_named():
    for activation in (TopK(3), Gated()):
        with pytest.raises(ValueError, match=f"no transcoder with {type(activation).__name__}"):
            to_saelens(transcoder(activation), 0)
    with pytest.raises(ValueError, match="skip_transcoder"):
        from_saelens(SkipTranscoder(SkipTranscoderConfig(**WIDTHS)))


def test_training_takes_the_steps_that_saelens_transcoder_takes_under_adam():
    stack = transcoder(ReLU(), sparsity=0.1, weighting="decoder_norm").select([0])
    theirs, stream = to_saelens(stack, 0), pairs(30)
    adam = torch.optim.Adam(theirs.parameters(), lr=3e-3)
    for x, y in stream:
        acts = theirs.encode(x)
        loss = (theirs.decode(acts) - y).square().sum(-1) + 0.1 * acts @ theirs.W_dec.norm(dim=-1)
        adam.zero_grad()
        loss.mean().backward()
        adam.step()
    report = fit_batches(stack, stream, lr=3e-3, start_at_mean=False, quiet=True)
    for name in ("W_enc", "b_enc", "W_dec", "b_dec"):
        torch.testing.assert_close(getattr(stack, name)[0], getattr(theirs, name), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(report.loss[0], loss.mean())


CHOICES = {
    "topk": (TopK(4), {}),
    "batchtopk": (BatchTopK(3.5), {}),
    "normalised": (BatchTopK(3.5), {"decoder": "normalised"}),
    "nested": (BatchTopK(3.5), {"nesting": (8, D_SAE), "level_weights": (0.5, 1.0)}),
    "crosscoder": (BatchTopK(3.5), {"decoder": "normalised", "spaces": (4, 5)}),
    "penalised": (TopK(4), {"sparsity": 0.1, "weighting": "decoder_norm", "spaces": (4, 5)}),
}


def divergence(reconstruction, target):
    """KL(p of the target ‖ p of the reconstruction), both through one random read-out."""
    read_out = normal(77, D_OUT, 5)
    wanted, given = ((t @ read_out).log_softmax(-1) for t in (target, reconstruction))
    return (wanted.exp() * (wanted - given)).sum(-1).expand(reconstruction.shape[:-1])


@pytest.mark.parametrize("error", [None, divergence], ids=["squared", "divergence"])
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own batches"])
def test_the_sparse_path_is_the_dense_one(choice, error, own):
    activation, choices = CHOICES[choice]
    stack = transcoder(activation, revival=0.3, **choices)
    dead = torch.arange(D_SAE).remainder(5).eq(0).expand(2, -1)
    ((x, y),) = pairs(1)
    if own:
        x, y = torch.stack([x, x + 1]), torch.stack([y, 2 * y])
    sparse = SparseObjective(stack, error)(x, dead, y)
    dense = population_losses(stack, x, alike(x), dead, y, error)
    torch.testing.assert_close(sparse.total, dense.total)
    torch.testing.assert_close(sparse.mse, dense.mse)
    for ours, theirs in zip(gradients(stack, sparse), gradients(stack, dense), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("activation", [ReLU(), Gated()], ids=lambda a: type(a).__name__)
def test_a_crosscoder_is_the_sum_over_spaces_written_out(activation):
    """Lindsey et al. 2024: every space is encoded, added up and decoded on its own; z weighs by Σ of the row's norms."""
    recipe = Recipe(
        activation, decoder="free", sparsity=0.2, weighting="decoder_norm", spaces=(4, 5), init_norm=1.0
    )
    stack = shaken(SAEStack(recipe, 9, D_SAE, seeds=[3], dtype=torch.float64))
    x = normal(1, BATCH, 9)
    parts = [slice(0, 4), slice(4, 9)]
    enc, dec, bias = stack.W_enc[0], stack.W_dec[0], stack.b_dec[0]
    pre = sum((x[:, at] - bias[at]) @ enc[at] for at in parts) + stack.b_enc[0]
    penalised = pre.relu()
    acts = (
        (pre > 0) * ((pre - stack.b_enc[0]) * stack.r_mag[0].exp() + stack.b_mag[0]).relu()
        if isinstance(activation, Gated)
        else penalised
    )

    def missed(z):
        return sum((z @ dec[:, at] + bias[at] - x[:, at]).square().sum(-1) for at in parts).mean()

    norms = sum(dec[:, at].square().sum(-1).sqrt() for at in parts)
    expected = missed(acts) + 0.2 * (penalised @ norms).mean()
    expected = expected + missed(penalised) if isinstance(activation, Gated) else expected
    torch.testing.assert_close(population_losses(stack, x, alike(x)).total[0], expected)


def test_a_transcoder_between_spaces_of_one_width_is_no_sae():
    stack = SAEStack(Recipe(TopK(2)), 9, D_SAE, seeds=[0], dtype=torch.float64, d_out=9)
    assert (stack.W_enc.mT - stack.W_dec).abs().max() > 0.1
    x = normal(0, BATCH, 9)
    before = stack.encode(x)
    with torch.no_grad():
        stack.b_dec += 5
    torch.testing.assert_close(stack.encode(x), before)


@pytest.mark.parametrize("sparse", [False, True])
def test_batches_of_pairs_lower_the_error_that_was_asked_for(sparse):
    """A target that is linear in the input, met only through a read-out; the squared error is left where it was."""
    matrix = normal(5, D_IN, D_OUT)
    stream = [(x, x @ matrix) for x, _ in pairs(150)]
    stack = transcoder(TopK(6))
    first = divergence(stack(stream[0][0]), stream[0][1]).mean(-1)
    report = fit_batches(stack, stream, lr=0.01, error=divergence, sparse=sparse, quiet=True)
    assert (report.mse < first / 3).all()


def test_the_gate_of_a_gated_transcoder_pays_the_same_error():
    stack = transcoder(Gated(), sparsity=0.1)
    ((x, y),) = pairs(1)
    gate = stack.pre_activations(x).relu()
    parts = divergence(stack(x), y) + divergence(stack.decode(gate), y) + 0.1 * gate.sum(-1)
    torch.testing.assert_close(
        population_losses(stack, x, alike(x), None, y, divergence).total, parts.mean(-1)
    )


@given(widths=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_lengths_add_up_and_divided_out_they_are_one(widths, seed):
    for decoder in ("free", "normalised"):
        recipe = Recipe(TopK(2), decoder=decoder, spaces=tuple(widths), init_norm=1.0)
        stack = SAEStack(recipe, sum(widths), 5, seeds=[seed], dtype=torch.float64)
        rows = stack.dictionary[0]
        lengths = sum(part.norm(dim=-1) for part in rows.split(widths, -1))
        torch.testing.assert_close(
            lengths, stack.lengths[0] if decoder == "free" else torch.ones_like(lengths)
        )
        assert (lengths >= rows.norm(dim=-1) - 1e-12).all()


def test_an_error_of_the_reconstruction_is_what_is_minimised():
    stack = transcoder(ReLU(), sparsity=0.1)
    ((x, y),) = pairs(1)
    for own in (lambda r, t: (r - t).square().sum(-1), None):
        losses = population_losses(stack, x, alike(x), None, y, own)
        torch.testing.assert_close(losses.mse, (stack(x) - y).square().sum(-1).mean(-1))
    losses = population_losses(stack, x, alike(x), None, y, divergence)
    torch.testing.assert_close(losses.mse, divergence(stack(x), y).mean(-1))


def test_a_population_is_transcoded_and_an_end_to_end_sae_ignores_what_the_rest_does_not_read():
    states, turned = torch.eye(4), torch.eye(4)[[1, 2, 3, 0]]
    recipe = Recipe(TopK(1), init_norm=1.0)
    stack = SAEStack(recipe, d_in=4, d_sae=8, seeds=range(6), d_out=4)
    report = fit_population(stack, states, torch.full((4,), 0.25), targets=turned, steps=1500)
    assert report.mse.min() < 1e-3
    best = int(report.mse.argmin())
    torch.testing.assert_close(stack(states)[best], turned, atol=0.05, rtol=0)

    def first_two(reconstruction, target):
        return (reconstruction - target)[..., :2].square().sum(-1)

    blind = SAEStack(recipe, d_in=4, d_sae=8, seeds=range(6))
    ended = fit_population(blind, states, torch.full((4,), 0.25), error=first_two, steps=1500)
    plain = fit_population(SAEStack(recipe, 4, 8, range(6)), states, torch.full((4,), 0.25), steps=1500)
    assert ended.mse.min() < 1e-3
    assert (blind(states)[..., 2:] - states[:, 2:]).square().sum(-1).mean() > 10 * plain.mse.min()


def test_equal_states_with_targets_of_their_own_stay_apart():
    """BatchTopK counts equal states as one; with two targets they are two."""
    states, targets = torch.ones(2, 3), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    stack = SAEStack(Recipe(BatchTopK(1)), d_in=3, d_sae=4, seeds=[0, 1], d_out=2)
    report = fit_population(stack, states, torch.tensor([0.5, 0.5]), targets=targets, steps=800)
    torch.testing.assert_close(report.mse, torch.full((2,), 0.5), atol=0.02, rtol=0)
    own = torch.stack([targets, targets.flip(0)])
    fit_population(stack, states, torch.tensor([0.5, 0.5]), targets=own, steps=5)


def test_what_does_not_fit_is_refused_in_a_sentence():
    stack = transcoder(ReLU())
    x, y = normal(0, 3, D_IN), normal(1, 3, D_OUT)
    weights = torch.full((3,), 1 / 3)
    with pytest.raises(ValueError, match="needs targets beside its inputs"):
        fit_population(stack, x, weights, steps=1)
    with pytest.raises(ValueError, match=r"targets must be \[3 9\].*got \[2, 9\]"):
        fit_population(stack, x, weights, targets=y[:2], steps=1)
    with pytest.raises(ValueError, match="needs targets"):
        fit_batches(stack, [x])
    with pytest.raises(ValueError, match="one number an input"):
        fit_batches(stack, [(x, y)], error=lambda r, t: (r - t).square())
    with pytest.raises(ValueError, match="cannot be tied"):
        SAEStack(Recipe(tied=True), D_IN, D_SAE, seeds=[0], d_out=D_OUT)
    with pytest.raises(ValueError, match="spaces must add up to d_out = 6"):
        SAEStack(Recipe(decoder="free", spaces=(3, 4)), D_IN, D_SAE, seeds=[0])
    with pytest.raises(ValueError, match="positive widths"):
        Recipe(decoder="free", spaces=(3, 0))
    with pytest.raises(ValueError, match="one norm"):
        Recipe(spaces=(3, 3))
