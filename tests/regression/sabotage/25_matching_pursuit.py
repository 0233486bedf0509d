# A pursuit that stops after its first choice, and so never sees what that one left.
from absorption.experiments import pursued, pursuits
from absorption.saes import stack as stack_module
from absorption.saes.losses import objective

to_the_end, by_gram = stack_module.matching_pursuit, pursued.choices


def first_only(centred, dictionary, k, threshold):
    return to_the_end(centred, dictionary, k.clamp(max=1), threshold)


def first_by_gram(centred, rows, k, short=0.01):
    return by_gram(centred, rows, 1, short)


stack_module.matching_pursuit = objective.matching_pursuit = first_only
pursued.choices = pursuits.choices = first_by_gram
