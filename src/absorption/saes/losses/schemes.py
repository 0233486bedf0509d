"""How decoder directions are kept apart: what a pair of them costs, and which pairs are looked at in a step."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """A pair of directions costs max(0, |cosine| − hinge) to the power of the exponent.

    Raises:
        ValueError: an exponent below 1 or a hinge outside [0, 1).
    """

    exponent: float = 2.0
    """1 is Till's sum of |cosine|; a larger one spares slight angles and punishes near copies."""
    hinge: float = 0.0
    """|cosine| that is free: 0.3 leaves pairs alone that are more than 73 degrees apart."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        require(
            self.exponent >= 1,
            f"exponent of a pair's cost must be at least 1, or its slope at a right angle is infinite; got {self.exponent}.",
        )
        require(0 <= self.hinge < 1, f"hinge must lie in [0, 1): a cosine above it costs; got {self.hinge}.")


@dataclass(frozen=True)
class AllPairs(_Pairs):
    """The mean cost over all ordered pairs of distinct latents: exact (Till 2024 with exponent 1).

    >>> AllPairs(hinge=0.3)
    AllPairs(exponent=2.0, hinge=0.3)

    Linear in the number of latents for exponents 2 and 4 without a hinge (Gram matrices), else quadratic in
    time and linear in memory.
    """


@dataclass(frozen=True)
class RandomChunks(_Pairs):
    """Latents are dealt into chunks, anew at each step, and compared within them (OrtSAE, arXiv:2509.22033).

    >>> RandomChunks(size=1)
    Traceback (most recent call last):
    ValueError: size must be at least 2: one latent alone has no pair; got 1.

    Linear in the number of latents at a fixed chunk size.
    """

    size: int = 8192
    """Latents in a chunk (the last one may hold fewer); at d_sae and above there is one chunk, and nothing is random."""
    aggregate: Literal["max", "mean"] = "max"
    """`max`: the cost of each latent's nearest in its chunk, averaged over latents (OrtSAE). `mean`: the mean
    over the pairs within chunks, an unbiased estimate of the mean over all pairs."""
    every: int = 1
    """Steps between two evaluations; the penalty is multiplied by it, so that its mean over steps stays."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        super().__post_init__()
        require(self.size >= 2, f"size must be at least 2: one latent alone has no pair; got {self.size}.")
        require(self.every >= 1, f"every must be at least one step, got {self.every}.")
        require(
            self.aggregate in ("max", "mean"), f"aggregate must be 'max' or 'mean', not {self.aggregate!r}."
        )


@dataclass(frozen=True)
class Neighbours(_Pairs):
    """Each latent is compared with its nearest ones, on a list that is made anew now and then.

    >>> Neighbours(count=4)
    Neighbours(exponent=2.0, hinge=0.0, count=4, every=100)

    The sum over listed pairs, divided by the number of all ordered pairs: never above `AllPairs`, and equal to it when
    the list holds everybody. The idea is C. Steiner's, in the comments below Till 2024. Linear in the number
    of latents but for making the list.
    """

    count: int = 16
    """Neighbours on the list of each latent; no more than the others there are."""
    every: int = 100
    """Steps for which a list is kept."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        super().__post_init__()
        require(self.count >= 1, f"count must be at least 1 neighbour, got {self.count}.")
        require(self.every >= 1, f"every must be at least one step, got {self.every}.")


@dataclass(frozen=True)
class FrozenBatches(_Pairs):
    """Latents are learned in batches, one after the other; a batch that is done is frozen (Till 2024).

    >>> FrozenBatches(batches=4).span(fraction=0.5, d_sae=64)
    (32, 48)

    A batch is kept apart within itself and from the frozen ones; those that wait take no part at all. Every
    batch gets the same share of the steps. The sum over such pairs, divided by the number of all ordered pairs
    of latents that have begun.
    """

    batches: int = 4

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        super().__post_init__()
        require(
            self.batches >= 2, f"batches must be at least 2, or nothing is ever frozen; got {self.batches}."
        )

    def span(self, fraction: float, d_sae: int) -> tuple[int, int]:
        """First and last-but-one latent of the batch that learns when this fraction of the training is done."""
        batch = min(int(fraction * self.batches), self.batches - 1)
        return round(d_sae * batch / self.batches), round(d_sae * (batch + 1) / self.batches)


Scheme = AllPairs | RandomChunks | Neighbours | FrozenBatches


def require(condition: bool, reason: str) -> None:
    """Raise ValueError with the reason unless the condition holds.

    >>> require(1 + 1 == 3, "one and one must be three")
    Traceback (most recent call last):
    ValueError: one and one must be three
    """
    if not condition:
        raise ValueError(reason)
