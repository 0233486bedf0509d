"""How far a fit is: what changes during training is a function of it alone."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Clock:
    """How far training is; what changes on the way (annealing, drawn widths, chunks) is a function of it alone.

    >>> Clock(step=25, steps=100).fraction
    0.25
    """

    step: int = 0
    steps: int = 1

    @property
    def fraction(self) -> float:
        """0 at the first step, 1 once training has ended."""
        return min(1.0, self.step / self.steps)

    def generator(self, seed: int = 0) -> torch.Generator:
        """Randomness of this step: the same whenever the step is run again."""
        return torch.Generator().manual_seed(1_000_003 * (seed + 1) + self.step)
