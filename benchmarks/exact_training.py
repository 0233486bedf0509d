"""Thousands of exact toy SAEs against SAELens' `train_toy_sae`, one after another."""

import contextlib
import io
import time
from collections.abc import Iterable
from statistics import median

import torch

from absorption.measures.toy import absorption_delta
from absorption.saes import Recipe, SAEStack, fit_batches, fit_population
from absorption.saes.exchange.saelens import from_saelens
from absorption.theory.law import tilting_law
from absorption.worlds.hierarchies import parent_child
from benchmarks.row import Row

N_SAES, STEPS, ROUNDS = 5000, 6000, 9
BARE = Recipe(sparsity=0.1, encoder_bias=False, decoder_bias=False)


def rows() -> Iterable[Row]:
    """Speed of exact training, of a sampled stack, and time to the same δ."""
    ours, floor = exact_rate()
    turns = [(saelens_rate(), sampled_stack_rate()) for _ in range(ROUNDS)]
    theirs = median(rate for rate, _ in turns)
    yield Row(
        "exact training, parent/child", ours, theirs, ours / theirs, floor, "SAE-steps/s",
        f"{N_SAES} SAEs × {STEPS} steps; peer: SAELens train_toy_sae, 20 features, 20 latents, batch 1024; "
        "floor: the six batched products and Adam alone",
    )  # fmt: skip
    stacked = median(rate for _, rate in turns)
    yield Row(
        "sampled stack of 16, 20×20, batch 1024", stacked, theirs, stacked / theirs, None, "SAE-steps/s",
        "peer: SAELens train_toy_sae, same world, width and batch, turn by turn",
    )  # fmt: skip
    grid, one = time_to_delta()
    yield Row(
        "24×24 grid to δ within 0.02", grid, 576 * one, 576 * one / grid, None, "s",
        "time until every SAE is within 0.02 of its exact optimum; peer: SAELens on the slowest of three points, "
        "sampled, times 576",
    )  # fmt: skip


def exact_rate() -> tuple[float, float]:
    """SAE-steps a second of exact training, and of its unavoidable operations alone."""
    world = parent_child(0.2, 0.3, 0.1)
    sweep = {"sparsity": torch.linspace(0.01, 0.6, N_SAES)}
    stack = SAEStack(BARE, 2, 2, range(N_SAES), sweep=sweep)
    start = time.perf_counter()
    fit_population(stack, world.activations, world.probabilities, steps=STEPS)
    ours = N_SAES * STEPS / (time.perf_counter() - start)

    x, W = world.activations, torch.rand(N_SAES, 2, 2)
    outputs = torch.rand(N_SAES, 4, 2)
    weights = [torch.rand(N_SAES, 2, 2, requires_grad=True) for _ in range(2)]
    for weight in weights:
        weight.grad = torch.rand_like(weight)
    adam = torch.optim.Adam(weights, fused=True)
    repeats = 300
    start = time.perf_counter()
    for _ in range(repeats):
        _ = x @ W, outputs @ W, outputs @ W.mT, outputs.mT @ outputs, x.T @ outputs
        adam.step()
    return ours, N_SAES * repeats / (time.perf_counter() - start)


def toy_parts(d_sae: int = 20):
    """SAELens' own toy: 20 orthogonal features that fire with probability 0.1, and a standard SAE."""
    from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig
    from sae_lens.synthetic import ActivationGenerator, FeatureDictionary

    sae = StandardTrainingSAE(StandardTrainingSAEConfig(d_in=20, d_sae=d_sae, l1_coefficient=0.1))
    features = FeatureDictionary(num_features=20, hidden_dim=20)
    return sae, features, ActivationGenerator(20, torch.full((20,), 0.1))


def saelens_rate(steps: int = 800) -> float:
    """Steps a second of SAELens' `train_toy_sae`."""
    from sae_lens.synthetic import train_toy_sae

    sae, features, generator = toy_parts()
    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        train_toy_sae(sae, features, generator, training_samples=1024 * steps, batch_size=1024)
    return steps / (time.perf_counter() - start)


def sampled_stack_rate(steps: int = 400) -> float:
    """SAE-steps a second of a stack of 16 on the same world, SAELens' generator included."""
    sae, features, generator = toy_parts()
    stack = SAEStack(from_saelens(sae).recipe, 20, 20, range(16))
    features.eval()

    def batches():
        while True:
            with torch.no_grad():
                batch = features(generator(1024))
            yield batch

    start = time.perf_counter()
    fit_batches(stack, batches(), steps=steps, clip=1.0)
    return 16 * steps / (time.perf_counter() - start)


def time_to_delta() -> tuple[float, float]:
    """Seconds until a 24×24 grid is within 0.02 of its optimum, and until one SAELens SAE is (from the truth)."""
    lam, ratio = (
        g.flatten()
        for g in torch.meshgrid(torch.logspace(-1.5, -0.1, 24), torch.logspace(-1, 1.5, 24), indexing="ij")
    )
    p11, p01 = 0.2 * ratio / (1 + ratio), 0.2 / (1 + ratio)
    wanted = torch.as_tensor(tilting_law(lam.numpy(), p11.numpy(), 0.2, p01.numpy()).delta)
    worlds = [parent_child(*p) for p in zip(p11.tolist(), [0.2] * 576, p01.tolist(), strict=True)]
    probabilities = torch.stack([w.probabilities for w in worlds])
    features, states = worlds[0].features, worlds[0].activations

    stack = SAEStack(BARE, 2, 2, range(576), sweep={"sparsity": lam})
    with torch.no_grad():
        stack.W_dec.copy_(torch.eye(2).expand(576, 2, 2))
        stack.W_enc.copy_(torch.eye(2).expand(576, 2, 2))
    start = time.perf_counter()
    steps = 0
    while steps < 20_000:
        fit_population(stack, states, probabilities, steps=1000, lr=0.02)
        steps += 1000
        if (absorption_delta(stack.dictionary.detach(), features) - wanted).abs().max() < 0.02:
            break
    grid = time.perf_counter() - start
    hardest = max(_saelens_seconds(worlds[i], float(lam[i]), float(wanted[i])) for i in (100, 288, 400))
    return grid, hardest


def _saelens_seconds(world, sparsity: float, wanted: float, limit: int = 20_000) -> float:
    """Seconds until SAELens' trainer, started at the truth, is and stays within 0.02 of δ."""
    from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sae = StandardTrainingSAE(StandardTrainingSAEConfig(d_in=2, d_sae=2, l1_coefficient=sparsity))
    with torch.no_grad():
        sae.W_enc.copy_(torch.eye(2))
        sae.W_dec.copy_(torch.eye(2))
    config = SAETrainerConfig(
        n_checkpoints=0, checkpoint_path=None, save_final_checkpoint=False, total_training_samples=1024 * limit,
        device="cpu", autocast=False, lr=1e-3, lr_end=1e-3, lr_scheduler_name="constant", lr_warm_up_steps=0,
        adam_beta1=0.9, adam_beta2=0.999, lr_decay_steps=0, n_restart_cycles=1, train_batch_size_samples=1024,
        dead_feature_window=1000, feature_sampling_window=2000, logger=LoggingConfig(log_to_wandb=False),
        n_batches_for_norm_estimate=0,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    trainer = SAETrainer(cfg=config, sae=sae, data_provider=iter([]))
    start, inside = time.perf_counter(), 0
    for step in range(limit):
        trainer.step(world.sample(1024, generator))
        if step % 50 == 0:
            near = abs(float(absorption_delta(sae.W_dec.detach()[None], world.features)) - wanted) < 0.02
            inside = inside + 1 if near else 0
            if inside == 3:
                break
    return time.perf_counter() - start
