"""What a training step costs, counted: multiplications an input, the same on every machine."""

from absorption.saes.losses import orthogonality
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, Recipe, ReLU, TopK

LISTED = 5
"""Products of the sparse path in which each active entry takes part: computed, decoded; values, encoder, decoder."""


def multiplications(recipe: Recipe, d_in: int, d_sae: int, batch: int) -> float:
    """Multiplications an input in the matrix products of one step, forward and backward.

    >>> from absorption.saes import Recipe, ReLU, TopK
    >>> multiplications(Recipe(ReLU()), d_in=16, d_sae=64, batch=32)
    5120.0
    >>> multiplications(Recipe(TopK(4)), d_in=16, d_sae=64, batch=32)
    1344

    TopK and BatchTopK take the sparse path: one full encoder product, and d_in for each active entry of the
    others. ReLU and JumpReLU take part in five full products (encoder and decoder forward; both weights and the
    activations backward), a gated SAE in three more for its second reconstruction. A nesting level adds its error's
    3 d_in (square, gradient, running sum), and no product. What orthogonality adds depends on its scheme
    (`orthogonality.multiplications`).

    Args:
        recipe: What is trained. Tying saves memory and the optimiser's work, no product.
        d_in, d_sae: Widths.
        batch: Inputs a step, over which what concerns the weights alone is spread.

    Raises:
        ValueError: an activation that is not counted here.
    """
    full = d_in * d_sae
    match recipe.activation:
        case TopK(k) | BatchTopK(k):
            products = full + LISTED * k * d_in
        case ReLU() | JumpReLU():
            products = 5.0 * full
        case Gated():
            products = 8.0 * full
        case other:
            raise ValueError(f"the products of {type(other).__name__} are not counted here.")
    if recipe.levels > 1:
        products += 3 * recipe.levels * d_in
    if recipe.orthogonality > 0:
        products += orthogonality.multiplications(recipe.orthogonality_scheme, d_sae, d_in) / batch
    return products
