"""SAELens as the oracle: the same initial weights and batches give the same losses, gradients and weights.

SAELens' choices, and how they are matched: its trainer uses Adam with PyTorch's defaults and a constant rate;
dead latents are those that have not fired for `dead_feature_window` (1000) steps; TopK variants divide out
decoder norms. All of it runs in float64, so that the agreement is 1e-9 and no rounding hides a difference.
"""

import pytest
import torch
from sae_lens import (
    SAE,
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    GatedTrainingSAE,
    GatedTrainingSAEConfig,
    JumpReLUTrainingSAE,
    JumpReLUTrainingSAEConfig,
    MatchingPursuitTrainingSAE,
    MatchingPursuitTrainingSAEConfig,
    MatryoshkaBatchTopKTrainingSAE,
    MatryoshkaBatchTopKTrainingSAEConfig,
    StandardTrainingSAE,
    StandardTrainingSAEConfig,
    TopKTrainingSAE,
    TopKTrainingSAEConfig,
)
from sae_lens.saes.sae import TrainStepInput

from absorption.saes import Recipe, ReLU, SAEStack, fit_batches
from absorption.saes.exchange.saelens import from_saelens, to_saelens
from absorption.saes.fit import threshold
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.objective import population_losses

D_IN, D_SAE, BATCH, STEPS, LR = 12, 32, 64, 50, 3e-3

BUILDERS = {
    "standard": lambda **kw: StandardTrainingSAE(StandardTrainingSAEConfig(l1_coefficient=0.3, **kw)),
    "standard p=½": lambda **kw: StandardTrainingSAE(
        StandardTrainingSAEConfig(l1_coefficient=0.1, lp_norm=0.5, **kw)
    ),
    "standard p=3/2": lambda **kw: StandardTrainingSAE(
        StandardTrainingSAEConfig(l1_coefficient=0.1, lp_norm=1.5, **kw)
    ),
    "topk": lambda **kw: TopKTrainingSAE(TopKTrainingSAEConfig(k=3, **kw)),
    "topk, raw norms": lambda **kw: TopKTrainingSAE(
        TopKTrainingSAEConfig(k=3, rescale_acts_by_decoder_norm=False, **kw)
    ),
    "batchtopk": lambda **kw: BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(k=2.5, **kw)),
    "jumprelu": lambda **kw: JumpReLUTrainingSAE(
        JumpReLUTrainingSAEConfig(
            l0_coefficient=0.05, jumprelu_bandwidth=0.3, jumprelu_init_threshold=0.1, **kw
        )
    ),
    "gated": lambda **kw: GatedTrainingSAE(GatedTrainingSAEConfig(l1_coefficient=0.2, **kw)),
    "matching pursuit": lambda **kw: MatchingPursuitTrainingSAE(
        MatchingPursuitTrainingSAEConfig(
            max_iterations=4, residual_threshold=1.5, **kw | {"decoder_init_norm": 1.0}
        )
    ),
    "matryoshka": lambda **kw: MatryoshkaBatchTopKTrainingSAE(
        MatryoshkaBatchTopKTrainingSAEConfig(k=2.5, matryoshka_widths=[8, 16, 32], **kw)
    ),
}
SINGULAR = "standard p=½"
"""Its gradient is infinite where an activation vanishes: equal for one step, but rounding then grows."""
SPARSE = ("topk", "topk, raw norms", "batchtopk", "matryoshka")


@pytest.fixture(params=BUILDERS)
def architecture(request):
    return request.param


def saelens(architecture):
    """A SAELens training SAE with weights that make every term of its loss matter."""
    torch.manual_seed(0)
    sae = BUILDERS[architecture](d_in=D_IN, d_sae=D_SAE, dtype="float64", decoder_init_norm=0.7)
    if architecture == "jumprelu":  # SAELens makes this one in float32 whatever the dtype asked for
        sae.threshold.data = sae.threshold.data.double()
    with torch.no_grad():
        for parameter in sae.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        if architecture == "jumprelu":
            sae.threshold.abs_().add_(0.05)
    return sae


def batches(n):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(BATCH, D_IN, generator=generator, dtype=torch.float64) for _ in range(n)]


def saelens_forward(sae, x, dead=None):
    coefficients = {name: value.value for name, value in sae.get_coefficients().items()}
    return sae.training_forward_pass(
        TrainStepInput(x, coefficients, dead, n_training_steps=0, is_logging_step=False)
    )


def close(ours, theirs, tolerance=1e-9):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


def paired_parameters(stack, sae):
    names = {"b_gate": "b_enc", "_W_enc": "W_enc"}
    for name, parameter in sae.named_parameters():
        ours = names.get(name, name)
        yield name, stack._W_enc if ours == "W_enc" else getattr(stack, ours), parameter


def objective_of(stack, sparse):
    if sparse:
        return SparseObjective(stack)
    return lambda x, dead=None: population_losses(stack, x, x.new_full((1, len(x)), 1 / len(x)), dead)


@pytest.mark.parametrize("with_dead", [False, True], ids=["alive", "some dead"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_same_loss_and_gradients(architecture, sparse, with_dead):
    if sparse and architecture not in SPARSE:
        with pytest.raises(ValueError, match="sparse by construction"):
            SparseObjective(from_saelens(saelens(architecture)))
        return
    sae = saelens(architecture)
    stack = from_saelens(sae)
    (x,) = batches(1)
    dead = torch.arange(D_SAE) % 5 == 0 if with_dead else None
    theirs = saelens_forward(sae, x, dead)
    ours = objective_of(stack, sparse)(x, None if dead is None else dead[None])
    close(ours.total[0], theirs.loss)
    close(ours.mse[0], theirs.losses["mse_loss"].detach())
    theirs.loss.backward()
    ours.total.sum().backward()
    for name, mine, other in paired_parameters(stack, sae):
        assert other.grad is not None and other.grad.abs().max() > 0, name
        close(mine.grad[0], other.grad)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_same_weights_after_training(architecture, sparse, monkeypatch):
    if (sparse and architecture not in SPARSE) or architecture == SINGULAR:
        return
    sae = saelens(architecture)
    stack = from_saelens(sae)
    optimizer = torch.optim.Adam(sae.parameters(), lr=LR)
    for x in batches(STEPS):
        loss = saelens_forward(sae, x).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    start = stack.W_dec.detach().clone()
    # SAELens leaves a threshold that lags where it is.
    monkeypatch.setattr(threshold, "settle", lambda *_: None)
    fit_batches(stack, batches(STEPS), lr=LR, sparse=sparse)
    assert (stack.W_dec - start).abs().max() > 0.01
    for _, mine, other in paired_parameters(stack, sae):
        close(mine[0].detach(), other.detach())
    if hasattr(sae, "topk_threshold"):
        close(stack.threshold[0, 0], sae.topk_threshold)


def test_saelens_own_trainer_agrees():
    """The whole of SAELens' trainer, its clipping of the gradient's norm at 1 included."""
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sae = saelens("batchtopk")
    stack = from_saelens(sae)
    config = SAETrainerConfig(
        n_checkpoints=0, checkpoint_path=None, save_final_checkpoint=False, total_training_samples=STEPS * BATCH,
        device="cpu", autocast=False, lr=LR, lr_end=LR, lr_scheduler_name="constant", lr_warm_up_steps=0,
        adam_beta1=0.9, adam_beta2=0.999, lr_decay_steps=0, n_restart_cycles=1, train_batch_size_samples=BATCH,
        dead_feature_window=1000, feature_sampling_window=2000, logger=LoggingConfig(log_to_wandb=False),
        n_batches_for_norm_estimate=0,
    )  # fmt: skip
    SAETrainer(cfg=config, sae=sae, data_provider=iter(batches(STEPS))).fit()
    fit_batches(stack, batches(STEPS), lr=LR, clip=1.0, sparse=False)
    close(stack.W_dec[0].detach(), sae.W_dec.detach())


@pytest.mark.parametrize("n_steps", [0, 20])
def test_member_survives_saelens_disk_format(architecture, n_steps, tmp_path):
    stack = from_saelens(saelens(architecture))
    if n_steps:
        fit_batches(stack, batches(n_steps), lr=LR)
    (x,) = batches(1)
    to_saelens(stack, 0).save_model(tmp_path)
    loaded = SAE.load_from_disk(tmp_path)
    assert stack.encode(x).count_nonzero() > 0
    close(loaded.encode(x), stack.encode(x)[0], 1e-6)
    close(loaded(x), stack(x)[0], 1e-6)
    again = from_saelens(loaded)
    close(again(x), stack(x), 1e-6)


def test_an_sae_that_does_not_subtract_its_bias_has_the_same_outputs(architecture, tmp_path):
    sae = saelens(architecture)
    sae.cfg.apply_b_dec_to_input = False
    sae.b_dec.data = 0.3 * torch.randn(D_IN, dtype=torch.float64)
    if hasattr(sae, "topk_threshold"):
        sae.topk_threshold.fill_(0.2)
    sae.save_inference_model(tmp_path)
    (x,) = batches(1)
    inference, stack = SAE.load_from_disk(tmp_path), from_saelens(sae)
    with torch.no_grad():
        assert (inference.encode(x) > 0).any()
        close(stack.encode(x)[0] > 0, inference.encode(x) > 0)
        close(stack(x)[0], inference(x), 1e-9)
        close(from_saelens(inference)(x)[0], inference(x), 1e-9)


@pytest.mark.parametrize("recipe", [Recipe(tied=True), Recipe(tied=True, decoder="free"), Recipe(ReLU())])
def test_member_of_other_recipes(recipe):
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[3, 4], dtype=torch.float64)
    (x,) = batches(1)
    close(to_saelens(stack, 1)(x), stack(x)[1], 1e-12)


def test_unreadable_saes_are_refused():
    from sae_lens import MatchingPursuitSAE, MatchingPursuitSAEConfig

    sae = MatchingPursuitSAE(MatchingPursuitSAEConfig(d_in=4, d_sae=8, stop_on_duplicate_support=False))
    with pytest.raises(ValueError, match="stop_on_duplicate_support"):
        from_saelens(sae)
    for options in (dict(jumprelu_sparsity_loss_mode="tanh"), dict(jumprelu_ste_to_input=True)):
        sae = JumpReLUTrainingSAE(JumpReLUTrainingSAEConfig(d_in=4, d_sae=8, **options))
        with pytest.raises(ValueError, match="step loss and no gradient to the input"):
            from_saelens(sae)
    sae = StandardTrainingSAE(StandardTrainingSAEConfig(d_in=4, d_sae=8, normalize_activations="layer_norm"))
    with pytest.raises(ValueError, match="fold the normalisation"):
        from_saelens(sae)
    with pytest.raises(IndexError, match="member 2"):
        to_saelens(SAEStack(Recipe(), 4, 8, seeds=[0, 1]), 2)
