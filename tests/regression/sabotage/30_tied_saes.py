# The fix is trained with one active latent, the plain SAEs with all of theirs: what is compared is no longer one sparsity.
from dataclasses import replace

recipes_as_named = recipes


def recipes(k, d_sae):
    made = recipes_as_named(k, d_sae)
    sparser = {
        name: replace(recipe, activation=replace(recipe.activation, k=1)) for name, recipe in made.items()
    }
    return sparser | {"plain": made["plain"]}
