"""Scores sorted latent by latent, of those above each latent's smallest one alone: most of an SAE's are silent."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


@dataclass(frozen=True)
class Descending:
    """The entries above each latent's smallest score, latent by latent, from the highest score down.

    >>> import torch
    >>> Descending.of(torch.tensor([[0.0, 1.0], [2.0, 1.0], [1.0, 3.0]])).rows.tolist()
    [1, 2, 2]
    """

    rows: Int64[Tensor, " entry"]
    latents: Int64[Tensor, " entry"]
    values: Float[Tensor, " entry"]
    per_latent: Int64[Tensor, " latent"]
    starts: Int64[Tensor, " latent"]
    floor: Float[Tensor, " latent"]

    @classmethod
    def of(cls, scores: Float[Tensor, "batch latent"]) -> "Descending":
        """From a table with all scores; equal ones stay in the order of their rows."""
        floor = scores.amin(0)
        latents, rows = (floor[:, None] < scores.T).nonzero(as_tuple=True)
        values = scores[rows, latents]
        by_value = values.argsort(descending=True, stable=True)
        order = by_value[latents[by_value].argsort(stable=True)]
        per_latent = torch.bincount(latents, minlength=scores.shape[1])
        return cls(rows[order], latents, values[order], per_latent, per_latent.cumsum(0) - per_latent, floor)

    @property
    def position(self) -> Int64[Tensor, " entry"]:
        """How many entries of the same latent come before."""
        return torch.arange(len(self.rows), device=self.rows.device) - self.starts[self.latents]

    @property
    def last_of_tie(self) -> Bool[Tensor, " entry"]:
        """Whether the next entry has another score or belongs to another latent."""
        last = torch.ones(len(self.rows), dtype=torch.bool, device=self.rows.device)
        last[:-1] = (self.values[1:] != self.values[:-1]) | (self.latents[1:] != self.latents[:-1])
        return last

    @property
    def tie_ends(self) -> Int64[Tensor, " entry"]:
        """The last entry with each entry's score and latent."""
        ends = self.last_of_tie.nonzero()[:, 0]
        return ends[torch.searchsorted(ends, torch.arange(len(self.rows), device=ends.device))]

    @property
    def cuts(self) -> Float[Tensor, " entry"]:
        """Half-way from each entry to the next score below it."""
        below = self.floor[self.latents].clone()
        same = self.latents[1:] == self.latents[:-1]
        below[:-1] = torch.where(same, self.values[1:], below[:-1])
        middle = below + (self.values - below) / 2
        return torch.where(middle < self.values, middle, below)  # they may be neighbouring floats

    def ranks(self, batch: int) -> Float[Tensor, " entry"]:
        """Rank among all `batch` scores of the latent, 1 for the smallest; ties share their mean rank."""
        run = torch.cat([self.last_of_tie.new_zeros(1), self.last_of_tie[:-1]]).cumsum(0)
        size = torch.bincount(run, minlength=1)
        total = torch.zeros(len(size), dtype=torch.float64, device=run.device)
        total.index_add_(0, run, (batch - self.position).double())
        return (total / size)[run]
