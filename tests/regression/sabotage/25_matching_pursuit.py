# On the tree a pursuit stops after its first choice, and so never sees what that one left.
from absorption.saes import stack as stack_module
from absorption.saes.losses import objective

to_the_end = stack_module.matching_pursuit


def first_only(centred, dictionary, k, threshold):
    return to_the_end(centred, dictionary, k.clamp(max=1), threshold)


stack_module.matching_pursuit = objective.matching_pursuit = first_only
