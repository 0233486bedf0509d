"""What pages on ways to mend absorption share: their figure, and evidence of what is saved beyond half-spaces."""

import numpy as np
import pytest

from absorption.claims import Evidence, Finding
from absorption.claims.crossed import of_crossed
from absorption.publish.fixes import left_out, of_cells, of_controls, of_other_saes, scores_and_price

FACTORS = ("SAEs", "splits", "letters")


def row(least):
    numbers = ("full", "full, matched", "fraction", "fraction, matched", "explained")
    return {name: np.array([0.0, 0.02]) + least + 0.1 * i for i, name in enumerate(numbers)}


def test_titles_give_the_means_of_the_first_rows_and_every_row_is_drawn():
    rows = {"SmolLM2, plain": row(0.1), "SmolLM2, nested": row(0.3), "Gemma, plain": row(0.2)}
    full, _, explained = scores_and_price(rows, ("plain", "nested")).axes
    title = full.get_title() or full.get_title("left")
    assert title == "In full: 11.0% plain,\n31.0% nested"
    letters, null = full.lines[:2]
    np.testing.assert_allclose(np.asarray(letters.get_xdata(), float), [0.11, 0.31, 0.21])
    np.testing.assert_allclose(np.asarray(null.get_xdata(), float), [0.21, 0.41, 0.31])
    np.testing.assert_allclose(np.asarray(explained.lines[0].get_xdata(), float), [0.51, 0.71, 0.61])


def test_what_is_beyond_half_spaces_has_the_wider_interval():
    drawn = np.random.default_rng(0).normal(size=(4, 3, 20)) / 100
    cells = drawn + np.linspace(-0.5, 0.5, 20)  # letters differ much more than SAEs
    (found,) = of_cells({"beyond": cells}, FACTORS)
    wide = of_crossed("beyond", cells, FACTORS, possible=(-2, 2))
    assert found.interval == wide.interval and found.value == wide.value


def test_the_worst_control_counts():
    controls = [
        {"oracle": 0.0, "planted": 0.3, "probe_f1": 0.8},
        {"oracle": 0.1, "planted": 0.2, "probe_f1": 0.9},
    ]
    assert {one.name: one.value for one in of_controls(controls)} == {
        "full_oracle": 0.1,
        "full_planted": 0.2,
        "probe_f1": 0.8,
    }


def test_a_second_model_is_told_by_its_own_numbers():
    names = ("saved", "saved_beyond", "explained_lost", "f1_lost", "dead")
    theirs = [Evidence(f"gemma_{name}", i / 8, i / 8, i / 8) for i, name in enumerate(names)]
    told = of_other_saes([*theirs, Evidence.exactly("saved", 1.0)], "gemma", "nesting", "nested")
    assert told.startswith("On one split of the words nesting saves 0.000 (0.000 to 0.000) of full")
    assert "a share of 0.500 (0.500 to 0.500) of nested SAEs' latents" in told


def test_findings_without_a_number_are_told_with_the_reason():
    findings = (Finding("one", "here", "toy"), Finding("two", "gone", "toy"))
    (lacking,) = left_out(findings, [Evidence.exactly("here", 1.0)], "not installed")
    assert (lacking.name, str(lacking)) == ("gone", "not available: not installed")


@pytest.mark.parametrize("name", ["oracle", "planted"])
def test_a_control_that_lacks_a_number_is_no_control(name):
    one = {"oracle": 0.0, "planted": 0.2, "probe_f1": 0.9}
    del one[name]
    with pytest.raises(KeyError):
        of_controls([one])
