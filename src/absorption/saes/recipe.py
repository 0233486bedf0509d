"""What an SAE is: a combination of independent choices.

Vanilla, TopK, BatchTopK, JumpReLU, gated, tied, Matryoshka and orthogonal SAEs are points of one space.
A recipe is checked when it is made: a combination that has no meaning is refused with the reason.
"""

from dataclasses import dataclass, field
from typing import Literal

from absorption.saes.losses.schemes import AllPairs, FrozenBatches, Scheme


@dataclass(frozen=True)
class ReLU:
    """z = max(0, pre)."""


@dataclass(frozen=True)
class TopK:
    """The k largest pre-activations of each input, the rest zero (Gao et al. 2024, arXiv:2406.04093).

    >>> Recipe(TopK(4)).k
    4
    """

    k: int


@dataclass(frozen=True)
class BatchTopK:
    """The largest pre-activations of the whole batch, k an input on average (Bussmann et al. 2024, arXiv:2412.06410).

    >>> BatchTopK(2.5)
    BatchTopK(k=2.5, threshold_rate=0.01)

    On an exact population: the most entries whose probability-weighted mean L0 is at most k. At inference
    a learned threshold takes the batch's place.
    """

    k: float
    threshold_rate: float = 0.01
    """How far the inference threshold moves towards each batch's smallest kept activation (fraction)."""


@dataclass(frozen=True)
class JumpReLU:
    """z = pre where pre exceeds a learned threshold a latent (Rajamanoharan et al. 2024, arXiv:2407.14435).

    The sparsity penalty is then L0 itself, with straight-through gradients to the threshold alone.
    """

    threshold: float = 0.01
    """Initial threshold, in units of pre-activation."""
    bandwidth: float = 0.05
    """Width of the rectangle kernel of the straight-through gradient, in units of pre-activation."""


@dataclass(frozen=True)
class Gated:
    """One encoder decides which latents fire, a rescaled copy how strongly (Rajamanoharan et al. 2024, arXiv:2404.16014).

    As in SAELens, the auxiliary reconstruction also trains the decoder (the paper detaches it there).
    """


@dataclass(frozen=True)
class MatchingPursuit:
    """At most k latents, chosen one after the other, each on what is left (Costa et al. 2025, arXiv:2506.03093).

    >>> Recipe(MatchingPursuit(4), tied=True, encoder_bias=False).k
    4

    The decoder encodes, so weights are tied and there is no encoder bias.
    """

    k: int
    residual_threshold: float = 0.01
    """Length of what is left below which an input needs no further latent, in units of x."""


Activation = ReLU | TopK | BatchTopK | JumpReLU | Gated | MatchingPursuit


@dataclass(frozen=True)
class Recipe:
    """Everything that tells one kind of SAE from another; widths and seeds belong to the stack.

    >>> Recipe(TopK(4), nesting=(8, 32)).levels
    2
    >>> Recipe(tied=True, decoder="normalised")
    Traceback (most recent call last):
    ValueError: tied weights have one norm for both sides, so there is none to divide out: use decoder='unit' or 'free'.

    The loss of one SAE is ‖x − x̂‖² (summed over d_in, averaged over inputs; summed over nesting levels
    with their weights) plus the terms below. Every coefficient can be swept, a value an SAE, through
    `SAEStack(..., sweep={...})`.

    Raises:
        ValueError: a value out of range, or a combination that has no meaning; the message says which and why.
    """

    activation: Activation = field(default_factory=ReLU)
    tied: bool = False
    """Encoder = transposed decoder."""
    decoder: Literal["free", "unit", "normalised"] = "unit"
    """`free`: any norm. `unit`: projected back to norm 1 after each step. `normalised`: a free parameter
    whose norm is divided out in the forward pass (SAELens' `rescale_acts_by_decoder_norm`)."""
    encoder_bias: bool = True
    decoder_bias: bool = True
    """When on, it is also subtracted from the input, as in SAELens (`apply_b_dec_to_input`)."""
    sparsity: float = 0.0
    """λ, the weight of the sparsity penalty."""
    weighting: Literal["plain", "decoder_norm"] = "plain"
    """Whether an activation is multiplied by its decoder's norm before it is penalised."""
    spaces: tuple[int, ...] = ()
    """Widths of the spaces, one after the other, of a crosscoder's inputs: a row's norm is the sum of those in all."""
    exponent: float = 1.0
    """p of the L_p penalty; where it is annealed, p at the start."""
    exponent_end: float | None = None
    """p at the end of training, which anneals the exponent (Karvonen et al. 2024, arXiv:2408.00113). As there, λ is
    rescaled so that the penalty keeps its size; here to that of L1 on the same inputs, so that it needs no memory."""
    annealing: tuple[float, float] = (0.0, 1.0)
    """Fractions of training between which the exponent moves, linearly."""
    aggregate: Literal["sum", "norm"] = "sum"
    """`sum`: Σ zᵖ. `norm`: (Σ zᵖ)^(1/p), as in SAELens. Equal at p = 1."""
    nesting: tuple[int, ...] = ()
    """Matryoshka widths, increasing, the last one being d_sae; each prefix reconstructs alone."""
    random_nesting: int = 0
    """How many Matryoshka prefixes reconstruct alone, the full width included, where the other widths are drawn
    anew at each step (Nabeshima 2024; see `saes/nesting.py`). Takes the place of `nesting`."""
    level_weights: tuple[float, ...] = ()
    """Weight of each level's reconstruction, from the shortest prefix to the full width; all 1 when empty."""
    orthogonality: float = 0.0
    """Weight of the penalty on decoder directions that are not orthogonal."""
    orthogonality_scheme: Scheme = field(default_factory=AllPairs)
    """What a pair of directions costs and which pairs are looked at; by default the mean squared cosine over
    all of them. `FrozenBatches` also decides when each latent learns, whatever the weight."""
    encoder_decay: float = 0.0
    """μ: adds μ‖W_enc‖²."""
    revival: float = 0.0
    """Weight of the auxiliary loss in which dead latents reconstruct the residual (Gao et al. 2024)."""
    dead_after: int = 1000
    """Steps without firing after which a latent counts as dead."""
    init_norm: float = 0.1
    """Norm of the decoder rows at the start (1 when `decoder='unit'`)."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        self._check_numbers()
        self._check_activation()
        self._check_tying()
        self._check_levels()

    def _check_numbers(self) -> None:
        for name in ("sparsity", "orthogonality", "encoder_decay", "revival"):
            _require(getattr(self, name) >= 0, f"{name} must not be negative, got {getattr(self, name)}.")
        _require(self.exponent > 0, f"exponent must be positive, got {self.exponent}.")
        _require(
            self.exponent_end is None or self.exponent_end > 0,
            f"exponent_end must be positive, got {self.exponent_end}.",
        )
        start, end = self.annealing
        _require(0 <= start < end <= 1, f"annealing must be two rising fractions, got {self.annealing}.")
        _require(self.init_norm > 0, f"init_norm must be positive, got {self.init_norm}.")
        _require(min(self.spaces, default=1) > 0, f"spaces must be positive widths, got {self.spaces}.")
        _require(
            not (self.spaces and self.decoder == "unit"),
            "decoder='unit' keeps one norm, and a crosscoder's row has one a space: use decoder='free' or 'normalised'.",
        )
        _require(self.dead_after > 0, f"dead_after must be at least one step, got {self.dead_after}.")

    def _check_activation(self) -> None:
        match self.activation:
            case TopK(k) | BatchTopK(k):
                _require(k > 0, f"k must be positive, got {k}.")
            case MatchingPursuit(k, threshold):
                _require(k > 0, f"k must be positive, got {k}.")
                _require(threshold >= 0, f"residual_threshold must not be negative, got {threshold}.")
                _require(
                    self.tied and not self.encoder_bias and self.decoder != "normalised",
                    "MatchingPursuit encodes with the decoder: it needs tied=True, encoder_bias=False and decoder='unit' or 'free'.",
                )
                _require(
                    self.revival == 0 and not isinstance(self.orthogonality_scheme, FrozenBatches),
                    "MatchingPursuit has no pre-activations that revival or FrozenBatches could act on.",
                )
            case JumpReLU(threshold, bandwidth):
                _require(bandwidth > 0, f"bandwidth must be positive, got {bandwidth}.")
                _require(threshold >= 0, f"threshold must not be negative, got {threshold}.")
                _require(
                    self.exponent == 1
                    and self.exponent_end is None
                    and self.aggregate == "sum"
                    and self.weighting == "plain",
                    "JumpReLU is penalised by its L0, which has no exponent, aggregate or weighting: leave them at their defaults.",
                )
            case _:
                pass

    def _check_tying(self) -> None:
        _require(
            not (self.tied and self.decoder == "normalised"),
            "tied weights have one norm for both sides, so there is none to divide out: use decoder='unit' or 'free'.",
        )
        _require(
            not (self.tied and self.encoder_decay > 0 and self.decoder == "unit"),
            "encoder_decay has no effect on a tied encoder whose rows have norm 1: untie it or free the decoder.",
        )

    def _check_levels(self) -> None:
        rising = all(a < b for a, b in zip((0, *self.nesting), self.nesting, strict=False))
        _require(rising, f"nesting must be positive and strictly increasing, got {self.nesting}.")
        _require(
            not (self.nesting and self.random_nesting),
            "nesting fixes the widths that random_nesting draws: give one of the two.",
        )
        _require(
            self.random_nesting == 0 or self.random_nesting >= 2,
            f"random_nesting counts the full width too, so it is 0 or at least 2, got {self.random_nesting}.",
        )
        if isinstance(self.orthogonality_scheme, FrozenBatches):
            _require(
                self.levels == 1,
                "FrozenBatches and nesting both decide in which order latents are learned: use one of the two.",
            )
            _require(
                self.revival == 0,
                "revival takes the latents that FrozenBatches has frozen or keeps waiting for dead ones: set it to 0.",
            )
        _require(
            not self.level_weights or len(self.level_weights) == self.levels,
            f"level_weights needs one weight for each of the {self.levels} nesting levels, got {len(self.level_weights)}.",
        )
        _require(
            min(self.level_weights, default=0) >= 0,
            f"level_weights must not be negative, got {self.level_weights}.",
        )

    @property
    def levels(self) -> int:
        """How many prefixes reconstruct: 1 for a flat SAE."""
        return self.random_nesting or max(1, len(self.nesting))

    @property
    def k(self) -> float | None:
        """The k of TopK, BatchTopK and MatchingPursuit, else None."""
        return self.activation.k if isinstance(self.activation, TopK | BatchTopK | MatchingPursuit) else None

    def exponent_at(self, fraction: float) -> float:
        """p after this fraction of training."""
        if self.exponent_end is None:
            return self.exponent
        start, end = self.annealing
        done = min(1.0, max(0.0, (fraction - start) / (end - start)))
        return self.exponent + done * (self.exponent_end - self.exponent)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
