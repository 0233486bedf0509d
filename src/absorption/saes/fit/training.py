"""Two ways to fit a stack: on an exact population, or on batches; one optimiser for all members."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.runtime.progress import track
from absorption.saes.fit import threshold
from absorption.saes.fit.optimiser import Run
from absorption.saes.fit.paths import objective_of
from absorption.saes.fit.report import FitReport, warn
from absorption.saes.losses.errors import Error
from absorption.saes.losses.objective import Losses, population_losses
from absorption.saes.recipe import BatchTopK
from absorption.saes.stack import SAEStack

SMALL_STEP = 131_072
"""Activations a step below which one thread is used: a second gains little at this size, and where other
processes want the cores it waits for its turn at every operation (ten times slower, measured beside three jobs)."""


RECENT = 4096
"""Inputs on which the end of a run on batches is read; a single batch may have a tenth more or fewer features by chance."""


def fit_population(
    stack: SAEStack,
    activations: Float[Tensor, "*sae state d_in"],
    probabilities: Float[Tensor, "*worlds outcome"],
    *,
    steps: int = 4000,
    lr: float = 0.01,
    warmup: float = 0.0,
    decay: float = 0.3,
    optimizer: str = "adam",
    targets: Float[Tensor, "*own target d_out"] | None = None,
    error: Error | None = None,
    observe: Callable[[SAEStack], Tensor] | None = None,
    every: int = 100,
    description: str = "exact training",
) -> FitReport:
    """Minimise the exact expected loss over finitely many states: no sampling, no noise, deterministic.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack = SAEStack(Recipe(TopK(1)), d_in=2, d_sae=2, seeds=[0, 1])
    >>> report = fit_population(stack, torch.eye(2), torch.tensor([0.5, 0.5]), steps=200)
    >>> report.mse.round(decimals=2).tolist()
    [0.0, 0.0]

    Args:
        stack: Trained in place.
        activations: One row a state, `[state d_in]` shared by all members, or `[sae state d_in]`.
        probabilities: Of each state, `[state]` or `[sae state]`; rows sum to 1.
        steps: Optimiser steps.
        lr: Peak learning rate.
        warmup, decay: Fractions of the steps over which it rises from and falls to zero, linearly.
        optimizer: `adam`, or `sgd` (plain gradient descent, close to gradient flow at a small rate).
        targets: What is to be reconstructed, a row a state, where that is not the activations (a transcoder).
        error: What a reconstruction costs, `(reconstruction, target) → [sae state]`, where that is not the squared error
            (an end-to-end SAE).
        observe: Called before the first step, every `every` steps and at the end; its results are stacked.
        description: What the progress bar says.

    Raises:
        ValueError: probabilities that are negative, do not sum to 1, or do not match the states; targets that do not match
            the states or the stack.
    """
    x = activations.to(stack.W_dec)
    y = _targets(stack, x, targets)
    weights = torch.atleast_2d(probabilities).to(stack.W_dec)
    if weights.shape[-1] != x.shape[-2]:
        raise ValueError(f"probabilities has {weights.shape[-1]} states, activations {x.shape[-2]}.")
    if bool((weights < 0).any()) or not torch.allclose(
        weights.sum(-1), torch.ones_like(weights[:, 0]), atol=1e-5
    ):
        raise ValueError("probabilities must not be negative and must sum to 1.")
    if isinstance(stack.recipe.activation, BatchTopK):
        x, y, weights = _distinct(x, y, weights)
    run = Run(
        stack, steps, lr, warmup, decay, optimizer, power=float((y.square().sum(-1) * weights).sum(-1).max())
    )
    trace: list[Tensor] = []
    with _threads_worth_it(entries=len(stack) * x.shape[-2] * stack.d_sae):
        for step in track(range(steps), description):
            if observe is not None and step % every == 0:
                trace.append(observe(stack))
            run.step(lambda dead: population_losses(stack, x, weights, dead, y, error))
    if observe is not None:
        trace.append(observe(stack))
    with torch.no_grad():
        final = population_losses(stack, x, weights, None, y, error)
        if isinstance(stack.recipe.activation, BatchTopK):
            stack.threshold.copy_(threshold.exact(stack, x, weights))
    return run.report(final, x, weights, trace)


def fit_batches(
    stack: SAEStack,
    batches: Iterable[Tensor | tuple[Tensor, Tensor]],
    *,
    steps: int | None = None,
    lr: float = 3e-4,
    warmup: float = 0.0,
    decay: float = 0.0,
    optimizer: str = "adam",
    clip: float | None = None,
    error: Error | None = None,
    sparse: bool | None = None,
    compiled: bool = False,
    start_at_mean: bool | None = None,
    quiet: bool = False,
    description: str = "training",
) -> FitReport:
    """Minimise the loss on a stream of batches `[batch d_in]` (all members see each), or `[sae batch d_in]`.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack = SAEStack(Recipe(TopK(1)), d_in=2, d_sae=2, seeds=[0, 1])
    >>> report = fit_batches(stack, [torch.eye(2)] * 200, lr=0.01, decay=0.3)
    >>> report.mse.round(decimals=2).tolist()
    [0.0, 0.0]

    Args:
        stack: Trained in place.
        batches: The stream. A transcoder's batches are pairs: inputs, and what is to be reconstructed from them.
        steps: How many batches to use; may be left out when `batches` has a length.
        lr, warmup, decay, optimizer, error: As for `fit_population`.
        clip: Largest norm of each member's gradient (SAELens' trainer uses 1); none by default.
        sparse: Whether only the active latents enter the backward pass (TopK and BatchTopK; the same loss and
            gradients). By default it is used where it pays: wide dictionaries, few active latents.
        compiled: Whether by compiled kernels (Numba; `fit/compiled`), which need a second or two to load: for wide SAEs with
            few active latents, on a processor. They take any activation but matching pursuit, and pay most where the
            number of active latents follows from a penalty, which the other paths train densely. Loss and gradients are
            those of the other paths up to rounding.
        start_at_mean: Whether b_dec starts at the first batch's (targets') mean. Far from the origin latents die where it starts
            at zero. By default it does where b_dec is zero and the mean holds more than half of the batch's mean
            square; nearer to the origin a start at zero kills hardly more, and remains what it was.
        quiet: Leave out the warning where latents died or k was not reached; the report says so in any case.
        description: What the progress bar says.

    The inference threshold of BatchTopK follows the batches, slowly. Where it has not arrived, so that `encode` is
    more than a tenth off k on the last inputs (4096, or whole batches of a few more), it is set by them.

    Raises:
        ValueError: the number of steps is not known, the stream ends early, `sparse` is asked of a recipe
            that activates densely, `compiled` of one that it does not cover, or targets do not match the inputs or the stack.
    """
    if steps is None:
        if not isinstance(batches, Sized):
            raise ValueError(
                "steps must be given when batches has no length: the learning-rate schedule needs it."
            )
        steps = len(batches)
    objective = objective_of(stack, error, sparse, compiled)
    run: Run | None = None
    losses: Losses | None = None
    recent: deque[Tensor] = deque()
    stream = iter(batches)
    fired = torch.zeros_like(stack.b_enc, dtype=torch.bool)
    for step in track(range(steps), description):
        batch = next(stream, None)
        if batch is None:
            raise ValueError(f"batches ended after {step} of {steps} steps.")
        given, wanted = batch if isinstance(batch, tuple) else (batch, None)
        x = given.to(stack.W_dec)
        y = _targets(stack, x, wanted)
        if run is None:
            _start_at_mean(stack, y, start_at_mean)
            power = float(y.square().sum(-1).mean())
            run = Run(stack, steps, lr, warmup, decay, optimizer, power, clip, compiled)
        if objective is not None:
            losses = run.step(lambda dead, x=x, y=y: objective(x, dead, y))
        else:
            losses = run.step(lambda dead, x=x, y=y: population_losses(stack, x, _alike(x), dead, y, error))
        if isinstance(stack.recipe.activation, BatchTopK):
            threshold.follow(stack, losses)
        if step >= 0.9 * steps:
            fired |= losses.fired()
        recent.append(x)
        while sum(kept.shape[-2] for kept in recent) - recent[0].shape[-2] >= RECENT:
            recent.popleft()
    if run is None or losses is None:
        raise ValueError("steps must be at least 1.")
    report = _report(run, losses, torch.cat([*recent], -2), fired)
    if not quiet:
        warn(stack, report)
    return report


def _report(run: Run, losses: Losses, x: Tensor, fired: Tensor) -> FitReport:
    """The end of a run on batches, of which x are the last inputs."""
    if isinstance(run.stack.recipe.activation, BatchTopK):
        threshold.settle(run.stack, x, _alike(x))
    return run.report(losses, x, _alike(x), fired=fired)


@contextmanager
def _threads_worth_it(entries: int) -> Iterator[None]:
    """One thread where a step is so small that threads would mostly wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if entries < SMALL_STEP else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.no_grad()
def _start_at_mean(stack: SAEStack, x: Float[Tensor, "*sae batch d_in"], wanted: bool | None) -> None:
    """Put b_dec at the batch's mean where that is wanted, or where it is zero and the mean holds most of the power."""
    if not stack.recipe.decoder_bias:
        if wanted:
            raise ValueError("start_at_mean needs a decoder bias, and this recipe has none.")
        return
    n, mean, power = x.shape[-2], x.mean(-2), x.square().sum(-1).mean(-1)
    # A mean of n inputs is this much longer than the expectation.
    squared = mean.square().sum(-1) - (power - mean.square().sum(-1)) / max(1, n - 1)
    far = (squared > power / 2) & (stack.b_dec == 0).all(-1) & (n > 1)
    at_mean = torch.full_like(far, wanted) if wanted is not None else far
    stack.b_dec.copy_(torch.where(at_mean[:, None], mean, stack.b_dec))


def _targets(stack: SAEStack, x: Tensor, given: Tensor | None) -> Tensor:
    """What is to be reconstructed from x: x itself, or what is given where it fits."""
    if given is None and stack.transcodes:
        raise ValueError(
            "the stack is a transcoder (d_out was given), so it needs targets beside its inputs."
        )
    y = x if given is None else given.to(stack.W_dec)
    if y.shape[-1] != stack.d_out or y.shape[-2] != x.shape[-2]:
        raise ValueError(
            f"targets must be [{x.shape[-2]} {stack.d_out}], one row an input and d_out wide, got {list(y.shape[-2:])}."
        )
    return y


def _distinct(
    x: Float[Tensor, "*sae state d_in"], y: Tensor, weights: Float[Tensor, "worlds state"]
) -> tuple[Float[Tensor, "*sae distinct d_in"], Tensor, Float[Tensor, "worlds distinct"]]:
    """Equal states as one with their joint probability, for BatchTopK keeps or drops a state as a whole."""
    # torch.unique compares along one axis: members that differ in one of the two differ in both.
    of_members = max(x.ndim, y.ndim) == 3
    lead = (x.expand(len(y), -1, -1), y) if of_members and x.ndim == 2 else (x, y)
    both = x if y is x else torch.cat([lead[0], lead[1].expand(*lead[0].shape[:-1], -1)], -1)
    rows, number = torch.unique(both, dim=both.ndim - 2, return_inverse=True)
    if rows.shape[-2] == x.shape[-2]:
        return x, y, weights
    joint = weights.new_zeros(len(weights), rows.shape[-2]).index_add_(1, number, weights)
    inputs = rows[..., : x.shape[-1]]
    return inputs, inputs if y is x else rows[..., x.shape[-1] :], joint


def _alike(x: Float[Tensor, "*sae batch d_in"]) -> Float[Tensor, "one batch"]:
    """The weights of a batch, whose inputs count alike."""
    return x.new_full((1, x.shape[-2]), 1 / x.shape[-2])
