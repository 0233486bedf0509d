"""One optimiser for a whole stack: schedule, decoder constraint, clipping, and a guard against divergence."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.clock import Clock
from absorption.saes.fit.inference import usage_in_encoding
from absorption.saes.fit.report import FitReport
from absorption.saes.losses.objective import Losses
from absorption.saes.losses.orthogonality import learning_span
from absorption.saes.recipe import JumpReLU
from absorption.saes.stack import SAEStack

GUARD_EVERY = 100
"""Steps between two looks for members that diverged."""


class Run:
    """A fit in progress: all members step together, and none can harm another.

    >>> from absorption.saes import Recipe, SAEStack
    >>> stack = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0])
    >>> run = Run(stack, steps=10, lr=0.5, warmup=0.2, decay=0.5, optimizer="adam", power=1.0)
    >>> run.rate()  # the first of two steps of warm-up
    0.25

    Raises:
        ValueError: no steps, or an optimiser other than `adam` and `sgd`.
    """

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
        compiled: bool = False,
    ) -> None:
        if steps < 1:
            raise ValueError("steps must be at least 1.")
        if optimizer not in ("adam", "sgd"):
            raise ValueError(f"optimizer must be adam or sgd, not {optimizer!r}.")
        self.stack, self.steps, self.lr, self.clip, self.done = stack, steps, lr, clip, 0
        stack.clock = Clock(0, steps)
        self.rise, self.fall = round(warmup * steps), round(decay * steps)
        self.parameters = list(stack.parameters())
        self.compiled = compiled and optimizer == "adam"
        self.optimizer = self._optimizer(optimizer)
        self.ceiling = 1e6 * max(power, 1e-12)
        self.silent_for = torch.zeros(stack.b_enc.shape, dtype=torch.long, device=stack.b_enc.device)
        self.diverged = torch.zeros(len(stack), dtype=torch.bool, device=stack.b_enc.device)
        self.frozen = False
        self.sound = [p.detach().clone() for p in self.parameters]

    def _optimizer(self, name: str) -> Any:
        """Torch's, or one that keeps decoder rows at norm 1 by itself."""
        if self.compiled:
            from absorption.saes.fit.compiled.adam import Adam

            return Adam(self.stack, self.lr)
        kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[name]
        return kind(self.parameters, lr=self.lr, fused=True)

    def rate(self) -> float:
        """The learning rate of the next step: a trapezoid."""
        rising = (self.done + 1) / self.rise if self.done < self.rise else 1.0
        falling = (self.steps - self.done) / self.fall if self.done >= self.steps - self.fall else 1.0
        return self.lr * min(rising, falling)

    def step(self, evaluate: Callable[[Bool[Tensor, "sae d_sae"] | None], Losses]) -> Losses:
        """One optimiser step on what `evaluate` returns, given the latents that the revival term may use."""
        revives = "revival" in self.stack.terms
        losses = evaluate(self.silent_for > self.stack.recipe.dead_after if revives else None)
        for parameter in self.parameters:  # an optimiser's own way of it costs a small step dear
            parameter.grad = None
        losses.total.sum().backward()
        unit = self.stack.recipe.decoder == "unit"
        with torch.no_grad():
            if unit and not self.compiled:
                _remove_radial_gradient(self.stack.W_dec)
            if self.clip is not None:
                self._clip(self.clip)
            self.optimizer.param_groups[0]["lr"] = self.rate()
            if self.frozen:
                self._freeze()
            if (span := learning_span(self.stack)) is not None:
                self._hold_all_but(*span)
            self.optimizer.step()
            if unit and not self.compiled:
                self.stack.W_dec.div_(self.stack.W_dec.norm(dim=-1, keepdim=True).clamp_min(1e-12))
            if isinstance(self.stack.recipe.activation, JumpReLU):
                # Below zero a threshold means what zero means, and would only have to find its way back.
                self.stack.threshold.clamp_(min=0)
            if revives:
                self.silent_for.add_(1).masked_fill_(losses.fired(), 0)
        self.done += 1
        self.stack.clock = Clock(self.done, self.steps)
        if self.done % GUARD_EVERY == 0 or self.done == self.steps:
            self._guard(losses)
        return losses

    def _clip(self, largest: float) -> None:
        """Shrink each member's gradient to the given norm, as `torch.nn.utils.clip_grad_norm_` does for one."""
        if self.compiled:
            return self.optimizer.clip(largest)
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

    def _hold_all_but(self, start: int, end: int) -> None:
        """No gradient and no momentum for the latents outside [start, end)."""
        for name, parameter in self.stack.named_parameters():
            if parameter.grad is None or name == "b_dec":
                continue
            moments = [m for m in self.optimizer.state[parameter].values() if m.shape == parameter.shape]
            for tensor in (parameter.grad, *moments):
                by_latent = tensor.movedim(-1, 1) if name == "_W_enc" else tensor
                by_latent[:, :start] = 0
                by_latent[:, end:] = 0

    def report(
        self,
        losses: Losses,
        x: Float[Tensor, "*sae batch d_in"],
        weights: Float[Tensor, "sae_or_one batch"],
        trace: Sequence[Tensor] = (),
        fired: Bool[Tensor, "sae d_sae"] | None = None,
    ) -> FitReport:
        """The end of the run: losses, how `encode` uses the latents on x, what was observed, and what else had fired."""
        l0, alive = usage_in_encoding(self.stack, x, weights)
        if fired is not None:
            alive = alive | fired
        dead = 1 - alive.to(losses.mse).mean(-1)
        stacked = torch.stack(list(trace)) if trace else None
        return FitReport(losses.total.detach(), losses.mse, l0, dead, self.diverged, stacked)


def _remove_radial_gradient(W_dec: Float[Tensor, "sae d_sae d_in"]) -> None:
    """Keep only the part of the gradient along the unit sphere, so that Adam's moments do not fill with the rest."""
    assert W_dec.grad is not None
    W_dec.grad.sub_((W_dec.grad * W_dec).sum(-1, keepdim=True) * W_dec)
