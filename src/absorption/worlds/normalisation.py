"""A model's activations made comparable: positions that attention is parked on marked, the rest centred and scaled."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

ROUNDED = 1e-6
"""Of a float32 sum of thousands of numbers, about what its last bits are."""


def attention_sinks(x: Float[Tensor, "batch d_model"], multiple: float = 2.5) -> Bool[Tensor, " batch"]:
    """Which activations are longer than `multiple` times the median: positions that attention is parked on.

    >>> import torch
    >>> attention_sinks(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 9.0]])).tolist()
    [False, False, True]
    """
    norms = x.norm(dim=-1)
    return norms > multiple * norms.median()


@dataclass(frozen=True)
class Normalisation:
    """x ↦ (x − mean) / (widths · scale): `mean [d_model]`, `widths [d_model]` or none, and one number `scale`, the mean
    length after centring and dividing by the widths.

    >>> import torch
    >>> x = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    >>> Normalisation.of(x)(x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> x = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 100.0], [0.0, -100.0]])
    >>> Normalisation.of(x, each=True)(x).round().tolist()
    [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]

    One scale for all dimensions changes no angle, so directions found by a probe and by an SAE compare. Where a few
    dimensions vary many times as much as the others, the others hardly count; then each is divided by a width of its own.
    """

    mean: Float[Tensor, " d_model"]
    scale: float
    widths: Float[Tensor, " d_model"] | None = None

    @classmethod
    def of(
        cls,
        x: Float[Tensor, "batch d_model"],
        weights: Float[Tensor, " batch"] | None = None,
        each: bool = False,
    ) -> "Normalisation":
        """The one that gives `x` mean zero and mean length one, under probabilities `weights` if given.

        With `each`, every dimension that varies has the same standard deviation afterwards. The widths are standard
        deviations over their median, so that a typical dimension keeps its unit.
        """
        p = x.new_full((len(x),), 1 / len(x)) if weights is None else weights.to(x.dtype)
        mean = p @ x
        if not each:
            return cls(mean, float(p @ (x - mean).norm(dim=-1)))
        widths = _widths((p @ (x - mean).square()).sqrt(), mean)
        return cls(mean, float(p @ ((x - mean) / widths).norm(dim=-1)), widths)

    def __call__(self, x: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch d_model"]:
        """The normalised activations."""
        centred = x - self.mean
        return (centred if self.widths is None else centred / self.widths) / self.scale

    def undone(self, change: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        """What a change of the normalised activations is to the model's own: the mean is not added.

        >>> import torch
        >>> Normalisation(torch.ones(2), 3.0, widths=torch.tensor([1.0, 10.0])).undone(torch.ones(2)).tolist()
        [3.0, 30.0]
        """
        return self.scale * (change if self.widths is None else change * self.widths)


def _widths(
    deviations: Float[Tensor, " d_model"], mean: Float[Tensor, " d_model"]
) -> Float[Tensor, " d_model"]:
    """Over the median of those that are not zero; 1 for a dimension that varies no more than its mean is rounded."""
    varies = deviations > ROUNDED * mean.abs()
    if not varies.any():
        return torch.ones_like(deviations)
    return (deviations / deviations[varies].median()).where(varies, 1.0)
