# Nothing is tied: every stack that is asked for a transposed encoder gets one of its own.
import absorption.experiments.architectures as architectures_module
import absorption.experiments.forests as forests_module
import absorption.experiments.single_trees as single_trees_module

named = architectures_module.recipe_of


def untied(name, tied=False, encoder_bias=True):
    return named(name, False, encoder_bias)


forests_module.recipe_of = untied
single_trees_module.recipe_of = untied
