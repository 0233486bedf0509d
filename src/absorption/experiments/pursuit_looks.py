"""An MP-SAE and a BatchTopK SAE of one seed side by side: how their latents interfere, and which words each of them absorbs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.bank import Table, encode_rows
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.increments import Absorbed, how_told, increment_cosines
from absorption.experiments.pursued import Pursued
from absorption.experiments.pursuits import ROWS, on_words
from absorption.measures.active import ActiveLatents
from absorption.measures.coherence import babel, babel_active, with_active
from absorption.runtime.parallel import in_parallel

Pair = tuple[Wanted, Pursued]
"""A BatchTopK SAE and an MP-SAE."""


@dataclass(frozen=True, eq=False)
class Latents:
    """What fires on words, and what it writes."""

    z: ActiveLatents
    rows: Float[Tensor, "d_sae d_in"]
    b_dec: Float[Tensor, " d_in"]

    @classmethod
    def of(cls, one: Wanted | Pursued, k: float) -> "Latents":
        """On its source's words: an MP-SAE as it was trained, a BatchTopK SAE where k latents fire on an average word.

        Raises:
            ValueError: no threshold gives so many, by `with_l0`.
        """
        if isinstance(one, Pursued):
            stack = one.get()
            return cls(on_words(one, None), stack.dictionary[0], stack.b_dec[0])
        assert isinstance(one.source, WordsIn)
        x = one.source.read().x
        stack = with_l0(one.get()[0], Table(x), k)
        parts = [ActiveLatents.of(encode_rows(stack, 0, part)) for part in x.split(ROWS)]
        return cls(ActiveLatents.joined(parts), stack.dictionary[0], stack.b_dec[0])


def interference(
    several: Sequence[Latents], inputs: Tensor, counts: Sequence[int]
) -> Float[np.ndarray, "sae count"]:
    """Mean Babel function of the strongest latents of an input, so many of them, on inputs on which all SAEs have as many.

    >>> import torch
    >>> z = ActiveLatents.of(torch.tensor([[3.0, 2.0, 1.0]]))
    >>> rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> interference([Latents(z, rows, torch.zeros(2))], torch.arange(1), counts=(2, 3)).tolist()
    [[0.0, 1.0]]

    An SAE is nan where there is no such input.
    """
    found = np.full((len(several), len(counts)), np.nan)
    for column, r in enumerate(counts):
        shared = with_active([one.z for one in several], inputs, r)
        if len(shared):
            found[:, column] = [babel_active(one.z, one.rows, shared, r) for one in several]
    return found


def interferences(
    pairs: Sequence[Pair], by: Yardstick, k: int, counts: Sequence[int]
) -> tuple[Float[np.ndarray, "sae pair count"], Float[np.ndarray, "sae pair"]]:
    """`interference` on a yardstick's held-out words, and the Babel function of half of k latents of the whole dictionary.

    >>> import torch
    >>> by = Yardstick.of(torch.randn(600, 4), torch.arange(600) % 2, seed=0, n_letters=2)
    >>> interferences([], by, k=4, counts=(2, 4))[0].shape
    (2, 0, 2)
    """

    def look(pair: Pair) -> tuple[np.ndarray, list[float]]:
        both = [Latents.of(one, k) for one in pair]
        return interference(both, by.split.held_out, counts), [babel(one.rows, k // 2) for one in both]

    looks = in_parallel(look, pairs)
    active = np.array([one for one, _ in looks]).reshape(len(pairs), 2, len(counts)).transpose(1, 0, 2)
    return active, np.array([whole for _, whole in looks]).reshape(len(pairs), 2).T


def told(
    pairs: Sequence[Pair],
    by: Yardstick,
    k: int,
    words: Int64[Tensor, " word"] | None = None,
    least_f1: float = 0.0,
) -> Callable[[str], Float[np.ndarray, "sae pair"]]:
    """`how_told` of every SAE: what is called with `park`, `probe` or `beyond`.

    >>> import torch
    >>> by = Yardstick.of(torch.randn(600, 4), torch.arange(600) % 2, seed=0, n_letters=2)
    >>> told([], by, k=4)("park").shape
    (2, 0)

    Args:
        pairs: SAEs of each seed. by: words and labels.
        k: At how many active latents BatchTopK SAEs are read.
        words: Which of the source's words the yardstick has, in its order; all by default.
        least_f1: Labels whose best latent is worse are left out.
    """
    cosines = increment_cosines(by.x, by.labels[:, : by.n_letters], by.split.train)

    def look(one: Wanted | Pursued) -> dict[str, float]:
        latents = Latents.of(one, k)
        z = latents.z if words is None else latents.z.rows(words)
        absorbed = Absorbed.of(z, latents.rows, latents.b_dec, by)
        return how_told(absorbed, by, cosines, least_f1)

    looks = in_parallel(look, [one for pair in pairs for one in pair])
    return lambda name: np.array([one[name] for one in looks]).reshape(len(pairs), 2).T
