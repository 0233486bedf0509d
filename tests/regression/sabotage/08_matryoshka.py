# Every level sees the whole dictionary: nothing is nested any more, only weighted more heavily.
import absorption.saes.losses.objective as objective

true_prefixes = objective.prefix_reconstructions


def whole_dictionary(stack, acts):
    *_, whole = true_prefixes(stack, acts)
    return (whole for _ in range(stack.recipe.levels))


objective.prefix_reconstructions = whole_dictionary
