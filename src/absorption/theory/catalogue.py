"""Every proposition of the book, in the order of the page."""

from absorption.theory.counting import hard_sparsity
from absorption.theory.decay import weight_decay
from absorption.theory.landscape import biases, global_optimum
from absorption.theory.penalties import norm_weighted, rescaling, weighted_exponents
from absorption.theory.relaxations import child_alone, correlated, random_magnitude
from absorption.theory.statement import Proposition
from absorption.theory.theorem import any_loss, exponents, theorem
from absorption.theory.tying import tied


def propositions() -> tuple[Proposition, ...]:
    """The theorem first, then what remains of it when each assumption is dropped.

    >>> [proposition.label for proposition in propositions()][:3]
    ['thm-delta', 'cor-any-loss', 'prop-exponents']
    """
    return (
        theorem(),
        any_loss(),
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
