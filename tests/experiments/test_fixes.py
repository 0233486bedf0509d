"""What a fix saves, for letters and beyond half-spaces."""

import numpy as np
import pytest

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.blockwise import Blocks
from absorption.experiments.fixes import Fix, excess


def one(letters, half_spaces, f1=0.6, explained=0.7, l0=16.0, dead=0.01):
    own = {"full": np.array(letters), "f1": np.full(np.shape(letters), f1)}
    by = {"letters": own, "matched": {"full": np.array(half_spaces)}}
    return Judgement(by, explained, l0, dead)


PLAIN = one([[0.06, 0.04], [0.08, 0.02]], [[0.05, 0.03], [0.05, np.nan]])
FIXED = one([[0.02, 0.04], [0.02, 0.00]], [[0.04, 0.03], [0.05, 0.01]], 0.5, 0.6, 17.0, 0.03)
FIX = Fix(Blocks((4,), (PLAIN,)), Blocks((4,), (FIXED,)))


def test_what_is_saved_beyond_half_spaces_is_the_change_of_the_excess():
    expected = [[[0.03, 0.0], [0.06, np.nan]]]
    np.testing.assert_allclose(FIX.beyond(), expected, atol=1e-12)
    np.testing.assert_allclose(FIX.beyond(), excess(FIX.plain) - excess(FIX.fixed))


def test_savings_and_costs_are_plain_less_fixed():
    assert FIX.saved().tolist() == pytest.approx([0.03])
    assert FIX.lost("explained").tolist() == pytest.approx([0.1])


def test_the_worse_of_two_is_the_one_that_has_learned_less():
    worse = {name: values.tolist() for name, values in FIX.worse().items()}
    assert worse == {"explained": [0.6], "dead": [0.03], "best_f1": [0.5], "l0_off": [1 / 16]}
