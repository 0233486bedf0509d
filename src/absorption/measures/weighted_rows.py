"""What a probe of few latents is fitted on: words on which one of them is active, and all others as one weighted row a class."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents


def weighted_rows(
    z: Float[Tensor, "batch d_sae"] | ActiveLatents,
    latents: Int64[Tensor, "letter k"],
    scale: Float[Tensor, "letter k"],
    positive: Bool[Tensor, "letter batch"],
) -> tuple[Float[Tensor, "letter row k_plus_1"], Float[Tensor, "letter row"], Float[Tensor, "letter row"]]:
    """Inputs (1, scaled latents) `[letter row k + 1]`, targets and balanced weights `[letter row]`; the silent words of each class are
    one row, after the others. Letters with fewer rows are filled up with rows that weigh nothing.

    >>> z, positive = torch.tensor([[2.0], [0.0], [0.0]]), torch.tensor([[True, True, False]])
    >>> x, y, weight = weighted_rows(z, torch.tensor([[0]]), torch.tensor([[2.0]]), positive)
    >>> x.tolist(), y.tolist(), weight.tolist()
    ([[[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]]], [[1.0, 1.0, 0.0]], [[0.75, 0.75, 1.5]])

    Args:
        z: Activations, of a table or of what is active.
        latents: Which of them each letter's probe reads.
        scale: What each is divided by.
        positive: The letter's words.
    """
    (n_letters, k), n = latents.shape, positive.shape[1]
    place, word, value = _entries(z, latents.flatten())
    letter, column = place // k, place % k
    active = positive.new_zeros(n_letters, n)
    active[letter[value > 0], word[value > 0]] = True
    at = active.cumsum(1) - 1  # the row of a word that is active
    counts = active.sum(1)
    shape = (n_letters, int(counts.max()) + 2)
    rows = torch.arange(shape[1], device=positive.device)
    x = scale.new_zeros(*shape, k + 1)
    x[..., 0] = rows < counts[:, None] + 2
    kept = active[letter, word]
    letter, column, word, value = letter[kept], column[kept], word[kept], value[kept]
    x[letter, at[letter, word], column + 1] = value / scale[letter, column]
    owner, word = active.nonzero(as_tuple=True)
    y, times = scale.new_zeros(shape), x[..., 0].clone()
    y[owner, at[owner, word]] = positive[owner, word].to(y)
    n_positive, found = positive.sum(1), (active & positive).sum(1)
    every = torch.arange(n_letters, device=positive.device)
    y[every, counts] = 1.0
    times[every, counts] = (n_positive - found).to(times)
    times[every, counts + 1] = (n - n_positive - (counts - found)).to(times)
    share = torch.where(y > 0, (n / (2 * n_positive))[:, None], (n / (2 * (n - n_positive)))[:, None])
    return x, y, times * share


def _entries(
    z: Tensor | ActiveLatents, numbers: Int64[Tensor, " some"]
) -> tuple[Int64[Tensor, " entry"], Int64[Tensor, " entry"], Float[Tensor, " entry"]]:
    """Where some latents are not zero: which of them, on which word, and how strongly."""
    if not isinstance(z, ActiveLatents):
        columns = z[:, numbers].T
        place, word = columns.nonzero(as_tuple=True)
        return place, word, columns[place, word]
    chosen = z.by_latent.rows(numbers)
    place = torch.arange(len(numbers), device=z.device).repeat_interleave(chosen.per_row)
    return place, chosen.latents.long(), chosen.values
