"""What is trained: recipes, stacks of SAEs, and the two ways to fit them. Takes tensors, knows no world."""

from absorption.saes.fit.report import FitReport, FitWarning
from absorption.saes.fit.training import fit_batches, fit_population
from absorption.saes.losses.schemes import AllPairs, FrozenBatches, Neighbours, RandomChunks
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, TopK
from absorption.saes.stack import SAEStack

__all__ = [
    "AllPairs",
    "BatchTopK",
    "FitReport",
    "FitWarning",
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
