# On the tree a pursuit stops after its first choice, and so never sees what that one left.
from absorption.experiments import pursuit_steps
from absorption.saes import stack as stack_module

to_the_end, fast = stack_module.matching_pursuit, pursuit_steps.pursue


def first_only(centred, dictionary, k, threshold):
    return to_the_end(centred, dictionary, k.clamp(max=1), threshold)


def first_step(x, rows, k, short):
    return fast(x, rows, k.clamp(max=1) if len(rows) > 1 else k, short)


stack_module.matching_pursuit, pursuit_steps.pursue = first_only, first_step
