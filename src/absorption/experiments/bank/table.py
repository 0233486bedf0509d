"""What SAEs are trained on: rows of activations, and how often each is drawn."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor

from absorption.runtime.paths import write_atomically

Draw = Literal["frequency", "root", "even"]
"""How words are drawn: as often as they are met, by the root of that, or all alike."""


def draw_weights(frequencies: Float[Tensor, " row"], draw: Draw) -> Float[Tensor, " row"]:
    """How often each row is drawn, summing to one as the frequencies do.

    >>> import torch
    >>> [draw_weights(torch.tensor([0.9, 0.1]), draw)[0].item().__round__(2) for draw in ("frequency", "root", "even")]
    [0.9, 0.75, 0.5]

    Drawn as often as they are met, ten words supply a fifth of what an SAE of English words sees, and it hardly meets the
    others, on which it is judged.

    Raises:
        ValueError: no such draw.
    """
    if draw not in get_args(Draw):
        raise ValueError(f"draw must be one of {', '.join(get_args(Draw))}, not {draw!r}.")
    if draw == "frequency":
        return frequencies
    weights = frequencies.sqrt() if draw == "root" else torch.ones_like(frequencies)
    return weights / weights.sum()


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
    targets: Float[Tensor, "row d_out"] | None = None
    """What is to be made of each row, where that is not the row itself (a transcoder)."""

    def batches(
        self, size: int, steps: int, generator: torch.Generator
    ) -> Iterator[Tensor | tuple[Tensor, Tensor]]:
        """`steps` batches `[size d_in]`, or pairs with their targets; what is left of a pass that does not fill a batch is dropped.

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
            inputs = self.x.index_select(0, rows)
            yield inputs if self.targets is None else (inputs, self.targets.index_select(0, rows))

    def fingerprint(self) -> list[str]:
        """Hashes of its tensors."""
        parts = [part for part in (self.x, self.weights, self.targets) if part is not None]
        return [hashlib.sha256(part.contiguous().numpy().tobytes()).hexdigest() for part in parts]

    def keep(self, path: Path) -> None:
        """Write it to a file that other processes read, if it is not there yet."""
        if not path.exists():
            parts = {name: part for name, part in vars(self).items() if part is not None}
            parts = {name: part.contiguous() for name, part in parts.items()}
            write_atomically(path, lambda temporary: save_file(parts, temporary))

    @classmethod
    def read(cls, path: Path) -> "Table":
        """What `keep` wrote.

        >>> import tempfile, torch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Table(torch.eye(2)).keep(Path(folder, "table"))
        ...     Table.read(Path(folder, "table")).x.tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        parts = load_file(path)
        return cls(**parts)
