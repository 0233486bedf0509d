"""SAEs trained on a table of activations and kept in the cache, so that what two notebooks train alike is trained once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.runtime.cache import cached
from absorption.saes.fit.training import fit_batches
from absorption.saes.recipe import Recipe
from absorption.saes.stack import SAEStack


@dataclass(frozen=True)
class Table:
    """Activations `x [row d_in]`, drawn with probabilities `weights [row]`, or row by row in shuffled passes.

    >>> import torch
    >>> table = Table(torch.eye(5))
    >>> [len(batch) for batch in table.batches(2, steps=3, generator=torch.Generator().manual_seed(0))]
    [2, 2, 2]
    """

    x: Float[Tensor, "row d_in"]
    weights: Float[Tensor, " row"] | None = None

    def batches(
        self, size: int, steps: int, generator: torch.Generator
    ) -> Iterator[Float[Tensor, "size d_in"]]:
        """`steps` batches; what is left of a pass that does not fill a batch is dropped.

        Raises:
            ValueError: a batch is larger than the table, whose rows are each drawn once a pass.
        """
        if self.weights is None and size > len(self.x):
            raise ValueError(f"a batch of {size} asks for more rows than the {len(self.x)} of the table.")
        passes: Iterator[Tensor] = iter(())
        for _ in range(steps):
            if self.weights is not None:
                rows = torch.multinomial(self.weights, size, replacement=True, generator=generator)
            else:
                rows = next(passes, None)
                if rows is None or len(rows) < size:
                    passes = iter(torch.randperm(len(self.x), generator=generator).split(size))
                    rows = next(passes)
            yield self.x.index_select(0, rows)

    def fingerprint(self) -> list[str]:
        """Hashes of both tensors."""
        parts = [self.x] if self.weights is None else [self.x, self.weights]
        return [hashlib.sha256(part.contiguous().numpy().tobytes()).hexdigest() for part in parts]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: activations in all (what fills no batch is left out), activations a step, peak rate of Adam,
    its rise and fall. There is at least one step, or a ValueError."""

    samples: int
    batch_size: int = 1024
    lr: float = 5e-3
    warmup: float = 0.05
    decay: float = 0.3


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
    """A stack fitted to the table, from the cache where the very same fit was made before; on the CPU, without gradients.

    >>> import os, tempfile, torch
    >>> from unittest.mock import patch
    >>> from absorption.saes.recipe import TopK
    >>> table, schedule = Table(torch.eye(4)), Schedule(samples=16, batch_size=4)
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_CACHE=folder):
    ...     stack = trained(table, Recipe(activation=TopK(1)), d_sae=6, seed=0, schedule=schedule)
    >>> stack.W_enc.shape
    torch.Size([1, 4, 6])

    Args:
        table: The activations.
        recipe: Of all members.
        d_sae: Latents a member.
        seed: Of the initial weights of every member and of the order of the data, which all members see.
        schedule: How it is trained.
        sweep: As for `SAEStack`; its length is the number of members, one if it is left out.
        frozen_decoder: Keep the random initial decoder, and train the rest around it.
        device: Where it is trained.
        description: What the progress bar says.
    """
    swept = dict(sweep or {})
    seeds = [seed] * (len(next(iter(swept.values()))) if swept else 1)

    def fit() -> dict[str, Tensor]:
        made = SAEStack(recipe, table.x.shape[1], d_sae, seeds, sweep=swept, device=device)
        if frozen_decoder:
            made.W_dec.register_hook(torch.zeros_like)
        steps = schedule.samples // schedule.batch_size
        batches = table.batches(schedule.batch_size, steps, torch.Generator().manual_seed(seed))
        fit_batches(
            made, batches, steps=steps, lr=schedule.lr, warmup=schedule.warmup, decay=schedule.decay,
            description=description, quiet=True,
        )  # fmt: skip
        return {name: value.detach().cpu().contiguous() for name, value in made.state_dict().items()}

    state = cached(
        "trained",
        fit,
        made_by=__name__,
        parameters={
            "table": table.fingerprint(),
            "recipe": repr(recipe),
            "sweep": {name: value.tolist() for name, value in swept.items()},
            "schedule": asdict(schedule),
            "numbers": [d_sae, seed, frozen_decoder, device],
        },
    )
    kept = SAEStack(recipe, table.x.shape[1], d_sae, seeds, sweep=swept)
    kept.load_state_dict(state)
    return kept.requires_grad_(False)


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
