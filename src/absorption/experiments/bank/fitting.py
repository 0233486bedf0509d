"""SAEs trained on a table of activations and kept in the cache, so that what two notebooks train alike is trained once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.table import Table
from absorption.runtime.cache import cached, cached_at
from absorption.saes.fit.report import FitReport
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack

PREFIX = "trained"
REPORTED = ("loss", "mse", "l0", "dead", "diverged")
"""What is kept of the report on a fit."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: activations in all (what fills no batch is left out), activations a step, peak rate of Adam,
    its rise and fall. There is at least one step, or a ValueError."""

    samples: int
    batch_size: int = 1024
    lr: float = 5e-3
    warmup: float = 0.05
    decay: float = 0.3
    compiled: bool = False
    """Whether by compiled kernels: the same loss in other rounding, and much faster where a penalty sets L0 (see `fit_batches`)."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit that can be asked for: what is trained on a table, and how. Equal fits to equal tables give the same bytes."""

    recipe: Recipe
    """Of all members."""
    d_sae: int
    """Latents a member."""
    seed: int
    """Of the initial weights of every member and of the order of the data, which all members see."""
    schedule: Schedule
    """How it is trained."""
    sweep: Mapping[str, Tensor] = field(default_factory=dict)
    """As for `SAEStack`; its length is the number of members, one if it is empty."""
    frozen_decoder: bool = False
    """Keep the random initial decoder, and train the rest around it."""
    device: str = "cpu"
    """Where it is trained."""

    @property
    def seeds(self) -> list[int]:
        """One a member, all alike."""
        return [self.seed] * (len(next(iter(self.sweep.values()))) if self.sweep else 1)

    def at(self, fingerprint: Sequence[str]) -> Path:
        """The file in which the cache keeps this fit to the table of this fingerprint, whether it is there or not."""
        return cached_at(PREFIX, **self._kept_under(fingerprint))

    def to(self, table: Table, description: str = "SAEs") -> tuple[SAEStack, FitReport]:
        """The stack fitted to the table, from the cache where it was made before; on the CPU, without gradients.

        Args:
            table: The activations.
            description: What the progress bar says.
        """
        d_in = table.x.shape[1]
        words = self._kept_under(table.fingerprint())
        state = cached(PREFIX, lambda: self._run(table, description), **words)
        report = FitReport(**{name: state.pop(f"report.{name}") for name in REPORTED}, trace=None)
        d_out = None if table.targets is None else table.targets.shape[1]
        kept = SAEStack(self.recipe, d_in, self.d_sae, self.seeds, sweep=self.sweep, d_out=d_out)
        kept.load_state_dict(state)
        return kept.requires_grad_(False), report

    def _kept_under(self, fingerprint: Sequence[str]) -> dict[str, Any]:
        """The words in which the cache is asked."""
        return {
            "made_by": __name__,
            "parameters": {
                "table": list(fingerprint),
                "recipe": repr(self.recipe),
                "sweep": {name: value.tolist() for name, value in self.sweep.items()},
                "schedule": asdict(self.schedule),
                "numbers": [self.d_sae, self.seed, self.frozen_decoder, self.device],
            },
        }

    def _run(self, table: Table, description: str) -> dict[str, Tensor]:
        d_in, how = table.x.shape[1], self.schedule
        d_out = None if table.targets is None else table.targets.shape[1]
        made = SAEStack(
            self.recipe, d_in, self.d_sae, self.seeds, sweep=self.sweep, device=self.device, d_out=d_out
        )
        if self.frozen_decoder:
            made.W_dec.register_hook(torch.zeros_like)
        steps = how.samples // how.batch_size
        batches = table.batches(how.batch_size, steps, torch.Generator().manual_seed(self.seed))
        report = fit_batches(
            made, batches, steps=steps, lr=how.lr, warmup=how.warmup, decay=how.decay, quiet=True,
            compiled=how.compiled, description=description,
        )  # fmt: skip
        tensors = made.state_dict() | {f"report.{name}": getattr(report, name) for name in REPORTED}
        return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def trained(
    table: Table,
    recipe: Recipe,
    d_sae: int,
    seed: int,
    schedule: Schedule,
    sweep: Mapping[str, Tensor] | None = None,
    frozen_decoder: bool = False,
    device: str = "cpu",
    description: str = "SAEs",
) -> SAEStack:
    """The stack of a `Fit` to the table.

    >>> import os, tempfile, torch
    >>> from unittest.mock import patch
    >>> from absorption.saes.recipe import TopK
    >>> table, schedule = Table(torch.eye(4)), Schedule(samples=16, batch_size=4)
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_CACHE=folder):
    ...     stack = trained(table, Recipe(activation=TopK(1)), d_sae=6, seed=0, schedule=schedule)
    >>> stack.W_enc.shape
    torch.Size([1, 4, 6])
    """
    fit = Fit(recipe, d_sae, seed, schedule, sweep or {}, frozen_decoder, device)
    return fit.to(table, description)[0]


def encode_rows(
    stack: SAEStack, member: int, x: Float[Tensor, "row d_in"], rows: int = 4096
) -> Float[Tensor, "row d_sae"]:
    """One member's activations for any number of inputs, some thousand at a time.

    >>> import torch
    >>> from absorption.saes.recipe import TopK
    >>> stack = SAEStack(Recipe(activation=TopK(1)), 4, 6, seeds=[0, 1])
    >>> encode_rows(stack, 1, torch.eye(4)).shape
    torch.Size([4, 6])
    """
    one, z = stack.select([member]), x.new_empty(len(x), stack.d_sae)
    for part in torch.arange(len(x)).split(rows):
        z[part] = one.encode(x[part])[0]
    return z
