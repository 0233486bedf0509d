"""What a word is: one of several letters, or any number of labels at once; one conversion serves both.

Exclusive labels are an index a word; others are a table of truth values, a column a label. What reads labels takes
either, and asks here for one label's words or for all of them.
"""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Labels = Int64[Tensor, " batch"] | Bool[Tensor, "batch label"]


def one_hot(labels: Labels, n_labels: int = 26) -> Float[Tensor, "batch label"]:
    """1 where the word has the label, else 0.

    >>> import torch
    >>> one_hot(torch.tensor([0, 2]), n_labels=3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> one_hot(torch.tensor([[True, True], [False, False]]), n_labels=2).tolist()
    [[1.0, 1.0], [0.0, 0.0]]

    Raises:
        ValueError: a table has another number of columns than `n_labels`.
    """
    if labels.ndim == 1:
        return torch.nn.functional.one_hot(labels, n_labels).to(torch.get_default_dtype())
    if labels.shape[1] != n_labels:
        raise ValueError(f"labels has {labels.shape[1]} columns for {n_labels} labels.")
    return labels.to(torch.get_default_dtype())


def holds(labels: Labels, label: int | Tensor) -> Bool[Tensor, " batch"]:
    """Which words have one label.

    >>> import torch
    >>> holds(torch.tensor([0, 2, 0]), 0).tolist()
    [True, False, True]
    """
    return labels == label if labels.ndim == 1 else labels[:, label]
