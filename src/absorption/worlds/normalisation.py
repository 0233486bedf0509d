"""A model's activations made comparable: positions that attention is parked on marked, the rest centred and scaled."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor


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
    """x ↦ (x − mean) / scale: `mean [d_model]`, and the mean length after centring as one number.

    >>> import torch
    >>> x = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    >>> Normalisation.of(x)(x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]

    One scale for all dimensions: it changes no angle, so directions found by a probe and by an SAE compare.
    """

    mean: Float[Tensor, " d_model"]
    scale: float

    @classmethod
    def of(
        cls, x: Float[Tensor, "batch d_model"], weights: Float[Tensor, " batch"] | None = None
    ) -> "Normalisation":
        """The one that gives `x` mean zero and mean length one, under probabilities `weights` if given."""
        p = x.new_full((len(x),), 1 / len(x)) if weights is None else weights.to(x.dtype)
        mean = p @ x
        return cls(mean, float(p @ (x - mean).norm(dim=-1)))

    def __call__(self, x: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch d_model"]:
        """The normalised activations."""
        return (x - self.mean) / self.scale
