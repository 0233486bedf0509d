"""What is trained: recipes, stacks of SAEs, and the two ways to fit them. Takes tensors, knows no world."""

from absorption.saes.optimiser import FitReport
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, TopK
from absorption.saes.schemes import AllPairs, FrozenBatches, Neighbours, RandomChunks
from absorption.saes.stack import SAEStack
from absorption.saes.training import fit_batches, fit_population

__all__ = [
    "AllPairs",
    "BatchTopK",
    "FitReport",
    "FrozenBatches",
    "Gated",
    "JumpReLU",
    "MatchingPursuit",
    "Neighbours",
    "RandomChunks",
    "ReLU",
    "Recipe",
    "SAEStack",
    "TopK",
    "fit_batches",
    "fit_population",
]
