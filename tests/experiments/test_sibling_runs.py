"""What families of siblings say together, and what presses each architecture."""

from dataclasses import replace

import numpy as np
import pytest

from absorption.experiments.sibling_rates import AtRates, first_order, shares_at
from absorption.experiments.sibling_runs import FamilyRuns, pressures
from absorption.experiments.sibling_summary import by_world, summarised, varied
from absorption.experiments.siblings import KINDS, fixed

FAMILIES = {(kind, n): fixed(kind, [0.5, 0.4], [[0.3] * n, [0.2] * n]) for kind in KINDS for n in (2, 3)}


def made(families, kind):
    """Two worlds and three settings, the first without sparsity; every number tells where it comes from."""
    shape = (2, 3, families.n_children)
    base = {"together": 0.1, "exclusive": 1.0, "unrelated": -0.02}[kind]
    share = np.broadcast_to(base * np.array([0.0, 1.0, 3.0])[None, :, None], shape).copy()
    l0 = np.repeat(families.least_l0[:, None], 3, axis=1)
    rates = dict.fromkeys(("recall", "recall_single", "absorbed", "by_one"), share)
    return families, FamilyRuns(share=share, l0=l0, one=l0 * 0, explained=1 - l0 * 0, **rates)


RUNS = {(kind, n): made(families, kind) for (kind, n), families in FAMILIES.items()}


def test_worlds_with_two_and_three_children_follow_each_other():
    assert by_world(RUNS, "share", "together").shape == (4,)
    np.testing.assert_allclose(by_world(RUNS, "share", "together"), 0.2)  # without the first setting
    np.testing.assert_allclose(by_world(RUNS, "share", "exclusive", [-1]), 3.0)


def test_every_number_is_of_the_kind_and_settings_that_its_name_says():
    numbers = summarised(RUNS)
    np.testing.assert_allclose(numbers["more"], 0.2)
    np.testing.assert_allclose(numbers["taken"], 0.5)  # 0.3 is more than a tenth, 0.1 is not
    np.testing.assert_allclose(numbers["sum_large"], [0.6, 0.6, 0.9, 0.9])
    np.testing.assert_allclose(numbers["sum_small"], [0.2, 0.2, 0.3, 0.3])
    np.testing.assert_allclose(numbers["strangers"], 0.04)
    np.testing.assert_allclose(numbers["saved"], 1.0)  # nothing fires that absorption could save
    np.testing.assert_allclose(numbers["without_sparsity"], 0.0)
    np.testing.assert_allclose(numbers["exclusive"], 2.0)


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_one_a_child_but_for_exclusive_children(kind):
    families, together = FAMILIES[kind, 2], FAMILIES["together", 2]
    expected = 1 if kind == "exclusive" else 2
    assert pressures("TopK", families, together, 0.1).tolist() == [[expected], [expected]]
    assert pressures("L1", families, together, 0.1).tolist() == [[0.1], [0.1]]
    middle = (together.true_l0 + together.least_l0) / 2
    np.testing.assert_allclose(pressures("BatchTopK", families, together, 0.1)[:, 0], middle, atol=2e-3)


def test_biases_are_told_by_the_largest_change_and_longer_training_by_the_mean_one():
    _, two = RUNS["together", 2]
    moved = two.share.copy()
    moved[0, 2, 1] += 0.05  # one child, at one setting
    moved[:, 0] += 9  # without sparsity, which does not count
    biased = {n: (FAMILIES["together", n], RUNS["together", n][1]) for n in (2, 3)}
    biased[2] = FAMILIES["together", 2], replace(two, share=moved, absorbed=moved)
    found = varied(RUNS, biased, biased[2])
    np.testing.assert_allclose(found["bias_change"], [0.05, 0, 0, 0])
    np.testing.assert_allclose(found["moved"], [0.0125, 0])


def test_formulas_are_held_against_delta_where_lambda_is_small_beside_the_rate():
    rates, sparsities = [0.1, 0.3], [0.01, 0.02, 0.1]
    exact = np.array([[[first_order(lam, q)] * 2 for lam in sparsities] for q in rates])
    _, runs = made(fixed("together", [0.4, 0.4], [[q, q] for q in rates]), "together")
    runs = replace(runs, share=exact, recall=np.full((2, 3, 2), 0.75))
    at = AtRates(rates, sparsities, runs, runs, runs)
    errors = at.errors(within=0.2)
    np.testing.assert_allclose(errors["first_order"], 0, atol=1e-12)
    assert errors["plain"].shape == (4,)  # at λ = 0.1 both rates are too small
    delta, silent, law, _ = at.drawn(0.1, np.array([0.1, 0.3]))
    np.testing.assert_allclose(delta, exact[:, 2, 0])
    np.testing.assert_allclose(silent, 0.25)
    assert np.isnan(law[0]) and law[1] <= 1  # at the smaller rate nothing is predicted


def test_shares_of_unequal_children_sum_to_the_parent():
    np.testing.assert_allclose(shares_at([1, 2, 6]).sum(1), 1)
    np.testing.assert_allclose(shares_at([6]), [[1, 0]], atol=1e-9)
