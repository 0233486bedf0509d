"""Nulls: the same numbers, with the one thing taken out that a claim is about.

Labels and predicted values are dealt to the wrong places, which keeps how often each occurs; directions are drawn at
random, which keeps the data. The generator is passed in, and each function draws from it once.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.measures.letters import Words


def permuted(labels: Tensor, generator: torch.Generator) -> Tensor:
    """Labels `[row …]` dealt to other rows: as many of each as before, and no meaning.

    >>> import torch
    >>> dealt_out = permuted(torch.tensor([0, 0, 1, 2]), torch.Generator().manual_seed(0))
    >>> dealt_out.sort().values
    tensor([0, 0, 1, 2])
    """
    return labels[torch.randperm(len(labels), generator=generator)]


def with_permuted_letters(words: Words, generator: torch.Generator) -> Words:
    """Words whose letters were dealt to other words; split, probes and judged words stay those of the true letters.

    >>> import torch
    >>> x = torch.eye(2).repeat(5, 1)
    >>> words = Words.of([*"abababababab"][:10], torch.arange(10) % 2, torch.full((10,), 0.1), x)
    >>> null = with_permuted_letters(words, torch.Generator().manual_seed(0))
    >>> int(null.letters.sum()), null.split is words.split
    (5, True)
    """
    return replace(words, letters=permuted(words.letters, generator))


def dealt(values: np.ndarray | Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Predicted values `[point]` dealt to the wrong points.

    >>> import numpy as np
    >>> sorted(dealt([0.1, 0.2, 0.3], np.random.default_rng(0)).tolist())
    [0.1, 0.2, 0.3]
    """
    return rng.permutation(np.asarray(values))


def dealt_error(
    predicted: np.ndarray | Sequence[float], measured: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """How far a law's values, dealt to the wrong points, are from what was measured: mean `|error|`, `[… point]` → `[…]`.

    >>> import numpy as np
    >>> dealt_error([0.0, 1.0], np.array([[0.5, 0.5], [1.0, 0.5]]), np.random.default_rng(0)).shape
    (2,)
    """
    return np.asarray(np.abs(dealt(predicted, rng) - measured).mean(-1))


def random_cosine(
    x: Float[Tensor, "row d_in"],
    generator: torch.Generator,
    n: int = 500,
    quantile: float = 0.95,
    every: int = 7,
) -> float:
    """The `|cosine|` with the data that so large a share of random directions stay below; data of any length.

    >>> import torch
    >>> round(random_cosine(torch.eye(100), torch.Generator().manual_seed(0)), 1)  # 2 / √100
    0.2

    Args:
        x: Activations; each is brought to length 1.
        generator: Of the directions, uniform on the sphere.
        n: How many directions.
        quantile: Which quantile over rows and directions.
        every: Take one in so many of the cosines: torch's quantile refuses more than 16 million.
    """
    unit = torch.nn.functional.normalize
    drawn = unit(torch.randn(n, x.shape[1], generator=generator), dim=1)
    return float((unit(x, dim=1) @ drawn.T).abs().flatten()[::every].quantile(quantile))
