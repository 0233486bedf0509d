"""Every proposition of the book, in the order of the page."""

from absorption.theory.delta import exponents, theorem
from absorption.theory.landscape import biases, global_optimum, tied
from absorption.theory.penalties import hard_sparsity, norm_weighted, rescaling, weighted_exponents
from absorption.theory.relaxations import child_alone, correlated, random_magnitude, weight_decay
from absorption.theory.statement import Proposition


def propositions() -> tuple[Proposition, ...]:
    """The theorem first, then what remains of it when each assumption is dropped.

    >>> [proposition.label for proposition in propositions()][:3]
    ['thm-delta', 'prop-exponents', 'prop-rescaling']
    """
    return (
        theorem(),
        exponents(),
        rescaling(),
        norm_weighted(),
        weighted_exponents(),
        hard_sparsity(),
        child_alone(),
        correlated(),
        random_magnitude(),
        weight_decay(),
        global_optimum(),
        biases(),
        tied(),
    )
