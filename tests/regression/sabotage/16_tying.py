# Nothing is tied: every stack that is asked for a transposed encoder gets one of its own.
import absorption.experiments.pressed as pressed_module

recipe = pressed_module.pressed_recipe


def untied(name, tied=False, inner=1, d_sae=2):
    return recipe(name, False, inner, d_sae)


pressed_module.pressed_recipe = untied
