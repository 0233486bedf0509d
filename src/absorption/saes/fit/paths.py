"""Which of the paths finds loss and gradients on a batch: dense, sparse or compiled."""

from typing import TYPE_CHECKING

from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses.errors import Error
from absorption.saes.stack import SAEStack

if TYPE_CHECKING:  # Numba is loaded where it is used
    from absorption.saes.fit.compiled.objective import CompiledObjective


def objective_of(
    stack: SAEStack, error: Error | None = None, sparse: bool | None = None, compiled: bool = False
) -> "SparseObjective | CompiledObjective | None":
    """What `fit_batches` asks for the loss, in the words in which it is asked; None means the dense path.

    >>> from absorption.saes import Recipe, TopK
    >>> objective_of(SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0])) is None
    True
    >>> type(objective_of(SAEStack(Recipe(TopK(4)), d_in=2, d_sae=256, seeds=[0]))).__name__
    'SparseObjective'

    Raises:
        ValueError: `sparse` or `compiled` is asked of a recipe, a device or an error that it does not cover.
    """
    if compiled:
        from absorption.saes.fit.compiled.objective import CompiledObjective

        if error is not None or sparse is not None:
            raise ValueError(
                "compiled training knows the squared error only, and is sparse: leave error and sparse out."
            )
        return CompiledObjective(stack)
    use_sparse = SparseObjective.pays(stack) if sparse is None else sparse
    return SparseObjective(stack, error) if use_sparse else None
