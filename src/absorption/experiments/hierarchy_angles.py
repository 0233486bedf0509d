"""Hierarchy as orthogonality, on words with labels: the cosine of child − parent with parent, beside labels without meaning."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.bank.yardstick import Yardstick
from absorption.measures.geometry import category_vector, hierarchy_cosine

KINDS = ("true", "dealt out anew", "half-spaces")


def sizes_of_cosines(
    by: Yardstick, white: Float[Tensor, "word d_in"], n_members: int, seed: int
) -> list[list[float]]:
    """Mean size of the cosine `[KINDS label]`: of the true labels, of the same dealt out anew among the words, of free half-spaces.

    A label's vector is estimated from training words that have it; its children are held-out words that have it.

    >>> from absorption.experiments.small import a_yardstick_and_an_sae
    >>> by = a_yardstick_and_an_sae()[0]
    >>> [len(sizes) for sizes in sizes_of_cosines(by, by.x, n_members=50, seed=0)]
    [2, 2, 2]

    Args:
        by: Words, labels and their split.
        white: The same words, as `measures.geometry.whitened`.
        n_members: Words from which a label's vector is estimated, at most.
        seed: Deals labels out, and draws members.

    Raises:
        ValueError: a label with fewer than two training words.
    """
    generator = torch.Generator().manual_seed(seed)
    true, half_spaces = by.labels[:, : by.n_letters], by.labels[:, by.n_letters :]
    dealt = true[torch.randperm(len(true), generator=generator)]

    def size(column: Bool[Tensor, " word"]) -> float:
        members = by.split.train[column[by.split.train]]
        members = members[torch.randperm(len(members), generator=generator)[:n_members]]
        children = white[by.split.held_out[column[by.split.held_out]]]
        return float(hierarchy_cosine(children, category_vector(white[members])).abs().mean())

    return [[size(column) for column in of.T] for of in (true, dealt, half_spaces)]
