"""One wide BatchTopK SAE on a language model's activations, beside SAELens' own trainer."""

import contextlib
import copy
import io
import time
from collections.abc import Iterable

import torch

from absorption.runtime.precision import bfloat16_is_faster
from absorption.saes import BatchTopK, Recipe, SAEStack, fit_batches
from absorption.saes.exchange.saelens import from_saelens
from absorption.saes.losses.objective import population_losses
from benchmarks.row import Row

D_IN, D_SAE, K, BATCH, STEPS, LR = 576, 4096, 16, 2048, 200, 3e-4


def rows() -> Iterable[Row]:
    """Seconds a step, and whether both end at the same loss."""
    from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    torch.manual_seed(0)
    data = activations()
    order = torch.randint(len(data), (STEPS + 5, BATCH), generator=torch.Generator().manual_seed(1))
    sae = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(d_in=D_IN, d_sae=D_SAE, k=K))
    stack, untrained = from_saelens(sae), copy.deepcopy(sae)
    config = SAETrainerConfig(
        n_checkpoints=0, checkpoint_path=None, save_final_checkpoint=False, total_training_samples=STEPS * BATCH,
        device="cpu", autocast=False, lr=LR, lr_end=LR, lr_scheduler_name="constant", lr_warm_up_steps=0,
        adam_beta1=0.9, adam_beta2=0.999, lr_decay_steps=0, n_restart_cycles=1, train_batch_size_samples=BATCH,
        dead_feature_window=1000, feature_sampling_window=2000, logger=LoggingConfig(log_to_wandb=False),
        n_batches_for_norm_estimate=0,
    )  # fmt: skip
    with contextlib.redirect_stderr(io.StringIO()):
        trainer = SAETrainer(cfg=config, sae=sae, data_provider=(data[i] for i in order))
        _warm_up(data)
        start = time.perf_counter()
        trainer.fit()
        theirs = (time.perf_counter() - start) / STEPS
    seconds, ends = {}, {}
    for compiled in (False, True):
        ends[compiled] = from_saelens(untrained) if compiled else stack
        start = time.perf_counter()
        fit_batches(ends[compiled], [data[i] for i in order[:STEPS]], lr=LR, clip=1.0, compiled=compiled)
        seconds[compiled] = (time.perf_counter() - start) / STEPS
    floor = encoder_product(data)
    unseen = data[order[STEPS]]
    uniform = unseen.new_full((1, BATCH), 1 / BATCH)
    with torch.no_grad():
        peer = float(population_losses(from_saelens(sae), unseen, uniform).mse)
        losses = {key: float(population_losses(s, unseen, uniform).mse) for key, s in ends.items()}
    for compiled, name in ((False, ""), (True, ", compiled")):
        ours = seconds[compiled]
        yield Row(
            f"BatchTopK {D_IN}→{D_SAE}, k={K}, batch {BATCH}{name}", ours, theirs, theirs / ours, floor, "s/step",
            f"peer: SAELens SAETrainer; floor: one encoder product; mean squared error on the next batch after {STEPS} steps: "
            f"ours {losses[compiled]:.4f}, peer {peer:.4f}",
        )  # fmt: skip


def _warm_up(data: torch.Tensor) -> None:
    """Let the libraries start their threads and choose their kernels before anything is timed."""
    for compiled in (False, True):
        fit_batches(
            SAEStack(Recipe(BatchTopK(K)), D_IN, D_SAE, seeds=[0]), [data[:BATCH]] * 3, compiled=compiled
        )


def activations() -> torch.Tensor:
    """Layer 4 of SmolLM2 at some 30,000 words, centred and scaled as in notebook 10: `[word d_in]`."""
    from absorption.worlds.language import load
    from absorption.worlds.normalisation import Normalisation
    from absorption.worlds.residuals import word_activations
    from absorption.worlds.text import vocabulary_words

    model = load(layer=4)
    x = word_activations(model, vocabulary_words(model.vocabulary()).token_ids)
    return Normalisation.of(x)(x)


def encoder_product(data: torch.Tensor) -> float:
    """Seconds of one product of a batch with the encoder, in the faster of the two precisions."""
    dtype = torch.bfloat16 if bfloat16_is_faster() else torch.float32
    x, W = data[:BATCH].to(dtype), torch.rand(D_IN, D_SAE).to(dtype)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        _ = x @ W
        times.append(time.perf_counter() - start)
    return sorted(times)[5]
