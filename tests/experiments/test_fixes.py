"""What a fix saves, for letters and beyond half-spaces."""

import numpy as np
import pytest
import torch

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.blockwise import Blocks
from absorption.experiments.fixes import COLUMNS, RATES, Fix, excess, numbers_of, read_as_written


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


def complete(letters, half_spaces, explained):
    """An SAE of which everything is known that a page tells."""
    by = {"letters": dict.fromkeys((*RATES, "f1", "main"), np.array(letters))}
    by["saebench"] = {"full": np.array(letters) / 2}
    by["matched"] = dict.fromkeys(RATES, np.array(half_spaces))
    return Blocks((4, 4), (Judgement(by, explained, l0=16.0, dead=0.1),) * 2)


def test_a_page_gets_all_numbers_by_the_range_that_they_cannot_leave():
    fix = Fix(complete([[0.4, 0.2]], [[0.5, 0.3]], 0.7), complete([[0.1, 0.1]], [[0.3, 0.1]], 0.6))
    told = {name: values.mean() for of in fix.by_range("nested").values() for name, values in of.items()}
    changes = dict.fromkeys(("full_saved", "fraction_saved", "f1_lost"), 0.2)
    changes |= {"saebench_saved": 0.1, "explained_lost": 0.1}
    expected = {f"nested_{name}": value for name, value in changes.items()}
    expected |= {"plain_full": 0.3, "nested_full": 0.1, "plain_null": 0.4, "nested_null": 0.2}
    assert told == pytest.approx(expected | {"explained": 0.6, "dead": 0.1, "best_f1": 0.1, "l0_off": 0.0})
    for (low, high), of in fix.by_range("nested").items():
        assert all(low <= values.min() and values.max() <= high for values in of.values())


def test_of_another_pair_a_page_says_what_is_saved_and_what_it_costs():
    fix = Fix(complete([[0.4, 0.2]], [[0.5, 0.3]], 0.7), complete([[0.1, 0.1]], [[0.3, 0.1]], 0.6))
    told = {name: values.mean() for name, values in fix.in_short("gemma").items()}
    expected = {"saved": 0.2, "f1_lost": 0.2, "explained_lost": 0.1}
    assert told == pytest.approx({f"gemma_{name}": value for name, value in expected.items()})


def test_a_table_has_letters_and_half_spaces_apart():
    numbers = numbers_of({"plain": complete([[0.4, 0.2]], [[0.1, 0.3]], 0.7)})["plain"]
    assert list(numbers) == list(COLUMNS)
    assert numbers["full"].tolist() == pytest.approx([0.3, 0.3])
    assert numbers["full, matched"].tolist() == pytest.approx([0.2, 0.2])


def test_a_tied_sae_reads_along_what_it_writes():
    dictionary = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert read_as_written(2 * dictionary.T, dictionary) == pytest.approx(1.0)
    half = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert read_as_written(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), half) == pytest.approx((1 + 0.5**0.5) / 2)
