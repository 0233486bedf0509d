"""What each choice of a recipe costs a training step, beside plain BatchTopK: nesting, orthogonality, tying, activation.

Two figures for Matryoshka's price are in print: half as much again (Bussmann et al. 2025, arXiv:2503.17547) and 1.15 times
(the OrtSAE paper, arXiv:2509.22033). Both are measured here: on our sparse path, on our dense path, and in SAELens.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median

import torch

from absorption.saes import BatchTopK, Gated, JumpReLU, Recipe, ReLU, SAEStack, TopK
from absorption.saes.cost import multiplications
from absorption.saes.fit.optimiser import Run
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.schemes import RandomChunks
from benchmarks.row import Row

D_IN, D_SAE, K, BATCH, LR = 576, 4096, 16, 2048, 3e-4
ROUNDS, STEPS = 9, 5
"""Rounds in which every recipe takes its turn, and its steps in each: drift of the machine falls on all alike."""
WIDTHS = tuple(D_SAE * share // 32 for share in (1, 3, 7, 15, 32))
"""Bussmann et al.'s five levels: a thirty-second of the latents, then groups that double."""

PLAIN = Recipe(BatchTopK(K))
SPARSE = {
    "five fixed levels": replace(PLAIN, nesting=WIDTHS),
    "ten drawn levels": replace(PLAIN, random_nesting=10),
    "orthogonality, all pairs": replace(PLAIN, orthogonality=0.25),
    "orthogonality, OrtSAE's chunks every fifth step": replace(
        PLAIN, orthogonality=0.25, orthogonality_scheme=RandomChunks(every=5)
    ),
    "tied": replace(PLAIN, tied=True),
    "five levels, orthogonality, tied": replace(PLAIN, nesting=WIDTHS, orthogonality=0.25, tied=True),
    "TopK": replace(PLAIN, activation=TopK(K)),
}
DENSE = {
    "BatchTopK, dense": PLAIN,
    "five fixed levels, dense": SPARSE["five fixed levels"],
    "ReLU + L1": Recipe(ReLU(), sparsity=0.1),
    "JumpReLU": Recipe(JumpReLU(), sparsity=0.01),
    "gated": Recipe(Gated(), sparsity=0.1),
}


def rows() -> Iterable[Row]:
    """Seconds a step of every recipe; `ratio` is plain BatchTopK's seconds over the recipe's."""
    batches = [synthetic(step) for step in range(STEPS)]
    steps = {"BatchTopK": step_of(PLAIN, sparse=True)}
    steps |= {name: step_of(recipe, sparse=True) for name, recipe in SPARSE.items()}
    steps |= {name: step_of(recipe, sparse=False) for name, recipe in DENSE.items()}
    steps |= {
        f"SAELens, {name}": saelens_step(widths)
        for name, widths in (("BatchTopK", ()), ("five levels", WIDTHS))
    }
    seconds = interleaved(steps, batches)

    def row(name: str, base: str, note: str, beside: str = "") -> Row:
        ours, peer = min(seconds[name]), min(seconds[base])
        rounds = [mine / other for mine, other in zip(seconds[name], seconds[base], strict=True)]
        said = f"{note}: costs ×{ours / peer:.3f} (fastest rounds; median round ×{median(rounds):.3f})"
        return Row(f"step of {name}{beside}", ours, peer, peer / ours, None, "s/step", said)

    world = f"{D_IN}→{D_SAE}, k={K}, batch {BATCH}"
    plain = multiplications(PLAIN, D_IN, D_SAE, BATCH)
    for name, recipe in (SPARSE | DENSE).items():
        note = f"{world}; peer: our plain BatchTopK, sparse path"
        if not isinstance(recipe.orthogonality_scheme, RandomChunks) and "dense" not in name:
            note += f"; products counted ×{multiplications(recipe, D_IN, D_SAE, BATCH) / plain:.2f}"
        yield row(name, "BatchTopK", note)
    yield row(
        "five fixed levels, dense",
        "BatchTopK, dense",
        "what nesting costs the dense path; peer: the same, flat",
        beside=", beside dense BatchTopK",
    )
    yield row("SAELens, five levels", "SAELens, BatchTopK", "what nesting costs SAELens; peer: its BatchTopK")


def synthetic(seed: int, n_features: int = 8192, active: int = 24) -> torch.Tensor:
    """Sparse combinations of random directions, `[batch d_in]`: rare features and common ones, in superposition."""
    directions = torch.randn(n_features, D_IN, generator=torch.Generator().manual_seed(1_000)) / D_IN**0.5
    generator = torch.Generator().manual_seed(seed)
    often = 1 / torch.arange(1, n_features + 1)
    chosen = torch.multinomial(often.expand(BATCH, -1), active, generator=generator)
    weights = torch.rand(BATCH, active, 1, generator=generator) + 0.5
    return (weights * directions[chosen]).sum(1)


def step_of(recipe: Recipe, sparse: bool) -> Callable[[torch.Tensor], object]:
    """One optimiser step of a fresh SAE, as `fit_batches` takes it."""
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[0])
    run = Run(stack, steps=10_000, lr=LR, warmup=0.0, decay=0.0, optimizer="adam", power=1.0, clip=1.0)
    objective = SparseObjective(stack) if sparse else None
    uniform = torch.full((1, BATCH), 1 / BATCH)
    if objective is not None:
        return lambda x: run.step(lambda dead: objective(x, dead))
    return lambda x: run.step(lambda dead: population_losses(stack, x, uniform, dead))


def saelens_step(widths: tuple[int, ...]) -> Callable[[torch.Tensor], object]:
    """One step of SAELens' own trainer on the same architecture."""
    from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.saes import MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig
    from sae_lens.training.sae_trainer import SAETrainer

    shape = dict(d_in=D_IN, d_sae=D_SAE, k=K)
    if widths:
        sae = MatryoshkaBatchTopKTrainingSAE(
            MatryoshkaBatchTopKTrainingSAEConfig(**shape, matryoshka_widths=list(widths))
        )
    else:
        sae = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**shape))
    config = SAETrainerConfig(
        n_checkpoints=0, checkpoint_path=None, save_final_checkpoint=False, total_training_samples=10_000 * BATCH,
        device="cpu", autocast=False, lr=LR, lr_end=LR, lr_scheduler_name="constant", lr_warm_up_steps=0,
        adam_beta1=0.9, adam_beta2=0.999, lr_decay_steps=0, n_restart_cycles=1, train_batch_size_samples=BATCH,
        dead_feature_window=1000, feature_sampling_window=2000, logger=LoggingConfig(log_to_wandb=False),
        n_batches_for_norm_estimate=0,
    )  # fmt: skip
    with contextlib.redirect_stderr(io.StringIO()):
        trainer = SAETrainer(cfg=config, sae=sae, data_provider=iter([]))
    return lambda x: trainer.step(x)


def interleaved(
    steps: dict[str, Callable[[torch.Tensor], object]], batches: list[torch.Tensor]
) -> dict[str, list[float]]:
    """Seconds a step of each, one number a round; the first round warms up and is dropped."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for at in range(ROUNDS + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            for x in batches:
                step(x)
            if at:
                seconds[name].append((time.perf_counter() - start) / len(batches))
    return seconds
