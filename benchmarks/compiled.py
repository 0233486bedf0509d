"""Steps of the compiled path: beside its encoder product, the other paths, and SAEs whose L0 follows from a penalty."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from statistics import median

import torch

from absorption.experiments.bank.table import Table
from absorption.runtime.precision import bfloat16_is_faster
from absorption.saes import BatchTopK, Gated, JumpReLU, Recipe, ReLU, SAEStack, TopK
from absorption.saes.fit.optimiser import Run
from absorption.saes.fit.paths import objective_of
from absorption.saes.losses.objective import population_losses
from benchmarks.recipes import WIDTHS, synthetic
from benchmarks.row import Row

ROUNDS, STEPS = 9, 10
"""Rounds in which all take their turn, and steps in each: drift of the machine falls on all alike."""
BEFORE = 300
"""Steps before anything is timed: until then a penalty leaves hundreds of latents active."""
SMALL, WIDE = (576, 1024, 8, 1024), (576, 4096, 16, 2048)
"""d_in, d_sae, k, batch."""
PENALISED = {
    "ReLU + L1": Recipe(ReLU(), sparsity=0.35),
    "JumpReLU": Recipe(JumpReLU(0.05, 0.05), sparsity=0.02),
    "gated": Recipe(Gated(), sparsity=0.35),
}


def rows() -> Iterable[Row]:
    """Small on one thread, wide on two."""
    with threads(1):
        yield from small()
    with threads(2):
        yield from wide()


def small() -> Iterable[Row]:
    """The bank's size: a whole step with its draw, beside the encoder product in the same rounds."""
    d_in, d_sae, k, batch = SMALL
    x = torch.cat([synthetic(seed) for seed in range(28)])
    table = Table(x, torch.rand(len(x), generator=torch.Generator().manual_seed(0)))
    drawn = table.batches(batch, 10**6, torch.Generator().manual_seed(1))
    recipe = Recipe(BatchTopK(k))
    steps = {
        "compiled": Stepping(recipe, d_sae, drawn, compiled=True),
        "sparse": Stepping(recipe, d_sae, drawn, compiled=False),
        "product": product(d_in, d_sae, batch),
    }
    ours, peer, floor = medians(interleaved(steps), "compiled", "sparse", "product")
    yield Row(
        f"compiled step, BatchTopK {d_in}→{d_sae}, k={k}, batch {batch}", ours, peer, peer / ours, floor, "s/step",
        f"one thread, with the draw of the batch; peer: our sparse path; floor: the encoder product, of which a step is {ours / floor:.2f}",
    )  # fmt: skip


def wide() -> Iterable[Row]:
    """Every kind beside compiled BatchTopK, and the dense path where it was the only one before."""
    d_in, d_sae, k, batch = WIDE
    batches = cycle([synthetic(step) for step in range(STEPS)])
    plain = Recipe(BatchTopK(k))
    flat = {
        "BatchTopK": plain,
        "TopK": Recipe(TopK(k)),
        "five fixed levels": Recipe(BatchTopK(k), nesting=WIDTHS),
    }
    steps = {
        name: Stepping(recipe, d_sae, batches, compiled=True) for name, recipe in (flat | PENALISED).items()
    }
    steps |= {
        "sparse": Stepping(plain, d_sae, batches, compiled=False),
        "product": product(d_in, d_sae, batch),
    }
    seconds = interleaved(steps)
    world = f"{d_in}→{d_sae}, batch {batch}, two threads"
    ours, peer, floor = medians(seconds, "BatchTopK", "sparse", "product")
    yield Row(
        f"compiled step, BatchTopK {d_in}→{d_sae}, k={k}, batch {batch}", ours, peer, peer / ours, floor, "s/step",
        f"two threads; peer: our sparse path; floor: the encoder product, of which a step is {ours / floor:.2f}",
    )  # fmt: skip
    for name in list(steps)[1:-2]:
        (mine,) = medians(seconds, name)
        note = f"{world}; peer: compiled BatchTopK, k={k}: costs ×{mine / ours:.2f}"
        if name in PENALISED:
            note = f"{note}; L0 {trained_l0(steps[name].stack):.0f} after {BEFORE} steps"
            dense = dense_seconds(PENALISED[name], d_sae)
            note += f"; the dense path takes {dense:.3f} s"
        yield Row(f"compiled step of {name}", mine, ours, ours / mine, None, "s/step", note)


class Stepping:
    """An SAE in training: a call is one step, as `fit_batches` takes it."""

    def __init__(self, recipe: Recipe, d_sae: int, batches: Iterator[torch.Tensor], compiled: bool) -> None:
        self.stack, self.batches = SAEStack(recipe, SMALL[0], d_sae, seeds=[0]), batches
        self.objective = objective_of(self.stack, compiled=compiled)
        how = dict(lr=3e-3, warmup=0.0, decay=0.0, optimizer="adam", power=1.0, compiled=compiled)
        self.run = Run(self.stack, 10**6, **how)
        for _ in range(BEFORE if recipe.k is None else 5):
            self()

    def __call__(self) -> None:
        x = next(self.batches)
        self.run.step(lambda dead: self.objective(x, dead)).usage()


def trained_l0(stack: SAEStack) -> float:
    """Active latents an input, as the SAE encodes."""
    with torch.no_grad():
        return float((stack.encode(synthetic(99)) > 0).float().sum(-1).mean())


def dense_seconds(recipe: Recipe, d_sae: int, steps: int = 3) -> float:
    """The fastest of a few steps of the dense path."""
    stack, x = SAEStack(recipe, WIDE[0], d_sae, seeds=[0]), synthetic(0)
    run = Run(stack, 10**6, lr=3e-3, warmup=0.0, decay=0.0, optimizer="adam", power=1.0)
    uniform = torch.full((1, len(x)), 1 / len(x))
    return min(
        timed(lambda: run.step(lambda dead: population_losses(stack, x, uniform, dead))) for _ in range(steps)
    )


def product(d_in: int, d_sae: int, batch: int) -> Callable[[], object]:
    """A batch times the encoder, in the faster of the two precisions."""
    dtype = torch.bfloat16 if bfloat16_is_faster() else torch.float32
    x, W = torch.randn(batch, d_in).to(dtype), torch.randn(d_sae, d_in).to(dtype)
    return lambda: x @ W.T


def interleaved(steps: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds a step of each, one number a round; the first round warms up and is dropped."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for at in range(ROUNDS + 1):
        for name, step in steps.items():
            taken = [timed(step) for _ in range(STEPS)]
            if at:
                seconds[name].append(median(taken))
    return seconds


def medians(seconds: dict[str, list[float]], *names: str) -> tuple[float, ...]:
    return tuple(median(seconds[name]) for name in names)


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
