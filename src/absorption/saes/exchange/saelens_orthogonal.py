"""SAELens' BatchTopK SAE with an orthogonality penalty: importing this module registers it under `orthogonal_batchtopk`.

It trains wherever a SAELens training SAE does (`train_toy_sae`, `SAETrainer`, the training runners) and is saved, as
BatchTopK SAEs are, as a JumpReLU SAE that needs nothing from here.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, register_sae_training_class
from sae_lens.registry import SAE_TRAINING_CLASS_REGISTRY
from sae_lens.saes.sae import TrainStepInput
from torch import Tensor
from typing_extensions import override

from absorption.saes.clock import Clock
from absorption.saes.losses.orthogonality import chunk_cost
from absorption.saes.losses.pairs import mean_cost
from absorption.saes.losses.schemes import AllPairs, RandomChunks

ARCHITECTURE = "orthogonal_batchtopk"


@dataclass
class OrthogonalBatchTopKTrainingSAEConfig(BatchTopKTrainingSAEConfig):
    """BatchTopK with a penalty on decoder directions that are not orthogonal; the other fields are SAELens'.

    >>> OrthogonalBatchTopKTrainingSAEConfig(d_in=4, d_sae=8, k=2, pairs="all").orthogonality_scheme
    AllPairs(exponent=2.0, hinge=0.0)

    Raises:
        ValueError: as the schemes do, and for a negative weight.
    """

    orthogonality: float = 0.25
    """Weight of the penalty (0.25 is OrtSAE's, arXiv:2509.22033)."""
    pairs: Literal["all", "chunks"] = "chunks"
    """`all`: the mean cost over all pairs, `AllPairs`. `chunks`: OrtSAE's nearest in random chunks, `RandomChunks`."""
    exponent: float = 2.0
    hinge: float = 0.0
    chunk_size: int = 8192
    every: int = 1
    """Steps between two evaluations, of `chunks`."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        super().__post_init__()
        if self.orthogonality < 0:
            raise ValueError(f"orthogonality must not be negative, got {self.orthogonality}.")
        if self.pairs not in ("all", "chunks"):
            raise ValueError(f"pairs must be 'all' or 'chunks', not {self.pairs!r}.")
        _ = self.orthogonality_scheme

    @property
    def orthogonality_scheme(self) -> AllPairs | RandomChunks:
        """The same choice as a recipe's scheme."""
        if self.pairs == "all":
            return AllPairs(exponent=self.exponent, hinge=self.hinge)
        return RandomChunks(self.chunk_size, every=self.every, exponent=self.exponent, hinge=self.hinge)

    @override
    @classmethod
    def architecture(cls) -> str:
        """The name under which it is registered."""
        return ARCHITECTURE


class OrthogonalBatchTopKTrainingSAE(BatchTopKTrainingSAE):
    """A BatchTopK SAE in training whose loss has one term more, `orthogonality_loss`.

    >>> import torch
    >>> from sae_lens.saes.sae import TrainStepInput
    >>> sae = OrthogonalBatchTopKTrainingSAE(OrthogonalBatchTopKTrainingSAEConfig(d_in=4, d_sae=8, k=2))
    >>> step = TrainStepInput(torch.eye(4), {}, None, 0, is_logging_step=False)
    >>> sorted(sae.training_forward_pass(step).losses)
    ['auxiliary_reconstruction_loss', 'mse_loss', 'orthogonality_loss']
    """

    cfg: OrthogonalBatchTopKTrainingSAEConfig  # type: ignore[assignment]

    @override
    def calculate_aux_loss(
        self, step_input: TrainStepInput, feature_acts: Tensor, hidden_pre: Tensor, sae_out: Tensor
    ) -> dict[str, Tensor]:
        """SAELens' revival term, and the weighted penalty; the chunks are a function of the step alone."""
        losses = super().calculate_aux_loss(step_input, feature_acts, hidden_pre, sae_out)
        dictionary, scheme = self.W_dec[None], self.cfg.orthogonality_scheme
        step = step_input.n_training_steps
        with torch.autocast(self.W_dec.device.type, enabled=False):
            if isinstance(scheme, RandomChunks):
                cost = chunk_cost(dictionary, scheme, Clock(step, step + 1))
            else:
                cost = mean_cost(dictionary, scheme.exponent, scheme.hinge)
        return losses | {"orthogonality_loss": self.cfg.orthogonality * cost[0]}


if ARCHITECTURE not in SAE_TRAINING_CLASS_REGISTRY:
    register_sae_training_class(
        ARCHITECTURE, OrthogonalBatchTopKTrainingSAE, OrthogonalBatchTopKTrainingSAEConfig
    )
