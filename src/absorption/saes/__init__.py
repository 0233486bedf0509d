"""What is trained: recipes, stacks of SAEs, and the two ways to fit them. Takes tensors, knows no world."""

from absorption.saes.optimiser import FitReport
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, Recipe, ReLU, TopK
from absorption.saes.stack import SAEStack
from absorption.saes.training import fit_batches, fit_population

__all__ = [
    "BatchTopK",
    "FitReport",
    "Gated",
    "JumpReLU",
    "ReLU",
    "Recipe",
    "SAEStack",
    "TopK",
    "fit_batches",
    "fit_population",
]
