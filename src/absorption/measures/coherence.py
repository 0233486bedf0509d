"""How much the rows of a dictionary interfere: the Babel function, of all of them and of those that are active together."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents


def babel(rows: Float[Tensor, "row d_in"], r: int) -> float:
    """Largest sum of the absolute cosines of one row with the r others that are nearest to it (Tropp 2004, doi:10.1109/TIT.2004.834793).

    >>> babel(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), r=2).__round__(3)
    1.414

    Raises:
        ValueError: r is not between 1 and the number of the others.
    """
    if not 1 <= r < len(rows):
        raise ValueError(f"r must lie between 1 and {len(rows) - 1}, got {r}.")
    unit = torch.nn.functional.normalize(rows, dim=-1)
    cosines = (unit @ unit.T).abs().fill_diagonal_(0)
    return float(cosines.topk(r, dim=1).values.sum(1).max())


def with_active(
    several: Sequence[ActiveLatents], inputs: Int64[Tensor, " some"], r: int
) -> Int64[Tensor, " fewer"]:
    """The inputs on which each of several SAEs has at least r active latents.

    >>> one = ActiveLatents.of(torch.tensor([[3.0, 2.0], [1.0, 0.0]]))
    >>> other = ActiveLatents.of(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    >>> with_active([one, other], torch.arange(2), r=2).tolist(), with_active([one], torch.arange(2), r=2).tolist()
    ([], [0])
    """
    enough = torch.stack([z.per_row[inputs] >= r for z in several]).all(0)
    return inputs[enough]


def babel_active(
    z: ActiveLatents, rows: Float[Tensor, "row d_in"], inputs: Int64[Tensor, " some"], r: int
) -> float:
    """Mean over inputs of `babel` of the r strongest latents of each; inputs with fewer are left out.

    >>> z = ActiveLatents.of(torch.tensor([[3.0, 2.0, 1.0], [1.0, 0.0, 0.0]]))
    >>> babel_active(z, torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.arange(2), r=2)
    0.0

    Each latent's absolute cosines with the r − 1 others of its input are summed, and the largest sum counts.

    Raises:
        ValueError: no input has r active latents.
    """
    unit = torch.nn.functional.normalize(rows, dim=-1)
    latents, values = z.rows(inputs).padded()
    full = (values > 0).sum(1) >= r
    if not bool(full.any()):
        raise ValueError(f"no input has {r} active latents.")
    at = values[full].topk(r, dim=1).indices
    chosen = unit[latents[full].gather(1, at)]
    cosines = (chosen @ chosen.mT).abs() - torch.eye(r)
    return float(cosines.sum(-1).amax(-1).mean())
