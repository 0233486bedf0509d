"""Two ways to fit a stack: on an exact population, or on batches; one optimiser for all members."""

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.progress import track
from absorption.saes.activations import batch_topk_mask
from absorption.saes.objective import Losses, population_losses
from absorption.saes.recipe import BatchTopK
from absorption.saes.sparse import SparseObjective
from absorption.saes.stack import SAEStack

GUARD_EVERY = 100
"""Steps between two looks for members that diverged."""


@dataclass(frozen=True)
class FitReport:
    """What a fit ended with, an entry a member."""

    loss: Float[Tensor, " sae"]
    """The objective at the end: on the whole population, or on the last batch."""
    mse: Float[Tensor, " sae"]
    """Mean of ‖x − x̂‖², likewise."""
    l0: Float[Tensor, " sae"]
    """Mean number of active latents, likewise."""
    diverged: Bool[Tensor, " sae"]
    """Members whose loss or weights stopped being finite (or exploded); they were put back to their last
    sound weights and trained no further. The others are untouched by them."""
    trace: Float[Tensor, "moment ..."] | None
    """What `observe` returned, every `every` steps."""


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
    observe: Callable[[SAEStack], Tensor] | None = None,
    every: int = 100,
    description: str = "exact training",
) -> FitReport:
    """Minimise the exact expected loss over finitely many states: no sampling, no noise, deterministic.

    Args:
        stack: Trained in place.
        activations: One row a state, `[state d_in]` shared by all members, or `[sae state d_in]`.
        probabilities: Of each state, `[state]` or `[sae state]`; rows sum to 1.
        steps: Optimiser steps.
        lr: Peak learning rate.
        warmup, decay: Fractions of the steps over which it rises from and falls to zero, linearly.
        optimizer: `adam`, or `sgd` (plain gradient descent, close to gradient flow at a small rate).
        observe: Called before the first step, every `every` steps and at the end; its results are stacked.
        description: What the progress bar says.

    Raises:
        ValueError: probabilities that are negative, do not sum to 1, or do not match the states.
    """
    x = activations.to(stack.W_dec)
    weights = torch.atleast_2d(probabilities).to(stack.W_dec)
    if weights.shape[-1] != x.shape[-2]:
        raise ValueError(f"probabilities has {weights.shape[-1]} states, activations {x.shape[-2]}.")
    if bool((weights < 0).any()) or not torch.allclose(
        weights.sum(-1), torch.ones_like(weights[:, 0]), atol=1e-5
    ):
        raise ValueError("probabilities must not be negative and must sum to 1.")
    run = _Run(
        stack, steps, lr, warmup, decay, optimizer, power=float((x.square().sum(-1) * weights).sum(-1).max())
    )
    trace: list[Tensor] = []
    for step in track(range(steps), description):
        if observe is not None and step % every == 0:
            trace.append(observe(stack))
        run.step(lambda dead: population_losses(stack, x, weights, dead))
    if observe is not None:
        trace.append(observe(stack))
    with torch.no_grad():
        final = population_losses(stack, x, weights)
        if isinstance(stack.recipe.activation, BatchTopK):
            stack.threshold.copy_(_exact_threshold(stack, x, weights))
    return run.report(final, trace)


def fit_batches(
    stack: SAEStack,
    batches: Iterable[Tensor],
    *,
    steps: int | None = None,
    lr: float = 3e-4,
    warmup: float = 0.0,
    decay: float = 0.0,
    optimizer: str = "adam",
    clip: float | None = None,
    sparse: bool | None = None,
    description: str = "training",
) -> FitReport:
    """Minimise the loss on a stream of batches `[batch d_in]` (all members see each), or `[sae batch d_in]`.

    Args:
        stack: Trained in place.
        batches: The stream.
        steps: How many batches to use; may be left out when `batches` has a length.
        lr, warmup, decay, optimizer: As for `fit_population`.
        clip: Largest norm of each member's gradient (SAELens' trainer uses 1); none by default.
        sparse: Whether only the active latents enter the backward pass (TopK and BatchTopK; the same loss and
            gradients). By default it is used where it pays: wide dictionaries, few active latents.
        description: What the progress bar says.

    Raises:
        ValueError: the number of steps is not known, the stream ends early, or `sparse` is asked of a recipe
            that activates densely.
    """
    if steps is None:
        if not isinstance(batches, Sized):
            raise ValueError(
                "steps must be given when batches has no length: the learning-rate schedule needs it."
            )
        steps = len(batches)
    use_sparse = SparseObjective.pays(stack) if sparse is None else sparse
    objective = SparseObjective(stack) if use_sparse else None
    run: _Run | None = None
    losses: Losses | None = None
    stream = iter(batches)
    for step in track(range(steps), description):
        batch = next(stream, None)
        if batch is None:
            raise ValueError(f"batches ended after {step} of {steps} steps.")
        x = batch.to(stack.W_dec)
        if run is None:
            power = float(x.square().sum(-1).mean())
            run = _Run(stack, steps, lr, warmup, decay, optimizer, power, clip)
        if objective is not None:
            losses = run.step(lambda dead, x=x: objective(x, dead))
        else:
            uniform = x.new_full((1, x.shape[-2]), 1 / x.shape[-2])
            losses = run.step(lambda dead, x=x, w=uniform: population_losses(stack, x, w, dead))
        if isinstance(stack.recipe.activation, BatchTopK):
            _follow_threshold(stack, losses)
    if run is None or losses is None:
        raise ValueError("steps must be at least 1.")
    return run.report(losses, [])


class _Run:
    """The optimiser, its schedule, the decoder's constraint and the guard against divergence."""

    def __init__(
        self,
        stack: SAEStack,
        steps: int,
        lr: float,
        warmup: float,
        decay: float,
        optimizer: str,
        power: float,
        clip: float | None = None,
    ) -> None:
        if steps < 1:
            raise ValueError("steps must be at least 1.")
        if optimizer not in ("adam", "sgd"):
            raise ValueError(f"optimizer must be adam or sgd, not {optimizer!r}.")
        self.stack, self.steps, self.lr, self.clip, self.done = stack, steps, lr, clip, 0
        self.rise, self.fall = round(warmup * steps), round(decay * steps)
        self.parameters = list(stack.parameters())
        kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer]
        self.optimizer = kind(self.parameters, lr=lr, fused=True)
        self.ceiling = 1e6 * max(power, 1e-12)
        self.silent_for = torch.zeros(stack.b_enc.shape, dtype=torch.long, device=stack.b_enc.device)
        self.diverged = torch.zeros(len(stack), dtype=torch.bool, device=stack.b_enc.device)
        self.frozen = False
        self.sound = [p.detach().clone() for p in self.parameters]

    def rate(self) -> float:
        """The learning rate of the next step: a trapezoid."""
        rising = (self.done + 1) / self.rise if self.done < self.rise else 1.0
        falling = (self.steps - self.done) / self.fall if self.done >= self.steps - self.fall else 1.0
        return self.lr * min(rising, falling)

    def step(self, evaluate: Callable[[Bool[Tensor, "sae d_sae"] | None], Losses]) -> Losses:
        revives = "revival" in self.stack.terms
        losses = evaluate(self.silent_for > self.stack.recipe.dead_after if revives else None)
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.sum().backward()
        unit = self.stack.recipe.decoder == "unit"
        with torch.no_grad():
            if unit:
                _remove_radial_gradient(self.stack.W_dec)
            if self.clip is not None:
                self._clip(self.clip)
            self.optimizer.param_groups[0]["lr"] = self.rate()
            if self.frozen:
                self._freeze()
            self.optimizer.step()
            if unit:
                self.stack.W_dec.div_(self.stack.W_dec.norm(dim=-1, keepdim=True).clamp_min(1e-12))
            if revives:
                self.silent_for.add_(1).masked_fill_(losses.usage().fired, 0)
        self.done += 1
        if self.done % GUARD_EVERY == 0 or self.done == self.steps:
            self._guard(losses)
        return losses

    def _clip(self, largest: float) -> None:
        """Shrink each member's gradient to the given norm, as `torch.nn.utils.clip_grad_norm_` does for one."""
        grads = [p.grad for p in self.parameters if p.grad is not None]
        norm = sum(g.flatten(1).square().sum(-1) for g in grads) ** 0.5
        factor = (largest / (norm + 1e-6)).clamp_max(1.0)
        for grad in grads:
            grad.mul_(factor.view(-1, *[1] * (grad.ndim - 1)))

    @torch.no_grad()
    def _guard(self, losses: Losses) -> None:
        sound = losses.total.isfinite() & (losses.total < self.ceiling)
        for parameter in self.parameters:
            sound &= parameter.flatten(1).isfinite().all(-1)
        self.diverged |= ~sound
        self.frozen = bool(self.diverged.any())
        for parameter, kept in zip(self.parameters, self.sound, strict=True):
            kept[~self.diverged] = parameter[~self.diverged]
            parameter[self.diverged] = kept[self.diverged]

    def _freeze(self) -> None:
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad[self.diverged] = 0
            for moment in self.optimizer.state[parameter].values():
                if moment.shape == parameter.shape:
                    moment[self.diverged] = 0

    def report(self, losses: Losses, trace: list[Tensor]) -> FitReport:
        stacked = torch.stack(trace) if trace else None
        return FitReport(losses.total.detach(), losses.mse, losses.usage().l0, self.diverged, stacked)


def _remove_radial_gradient(W_dec: Float[Tensor, "sae d_sae d_in"]) -> None:
    """Keep only the part of the gradient along the unit sphere, so that Adam's moments do not fill with the rest."""
    assert W_dec.grad is not None
    W_dec.grad.sub_((W_dec.grad * W_dec).sum(-1, keepdim=True) * W_dec)


@torch.no_grad()
def _follow_threshold(stack: SAEStack, losses: Losses) -> None:
    """SAELens' rule: move a fraction of the way to the batch's smallest positive activation."""
    assert isinstance(stack.recipe.activation, BatchTopK)
    smallest = losses.usage().smallest
    moved = torch.lerp(stack.threshold[:, 0], smallest, stack.recipe.activation.threshold_rate)
    stack.threshold[:, 0] = torch.where(smallest > 0, moved, stack.threshold[:, 0])


@torch.no_grad()
def _exact_threshold(stack: SAEStack, x: Tensor, weights: Tensor) -> Float[Tensor, "sae 1"]:
    """Half-way between the smallest activation that BatchTopK keeps and the largest that it drops."""
    acts = stack.pre_activations(x).relu()
    kept = batch_topk_mask(acts, stack.k, weights)
    smallest = torch.where(kept, acts, torch.inf).amin((1, 2))
    largest_dropped = torch.where(kept, 0.0, acts).amax((1, 2))
    smallest = torch.where(smallest.isfinite(), smallest, largest_dropped)
    return ((smallest + largest_dropped) / 2)[:, None]
