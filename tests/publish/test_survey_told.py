"""What a page says of every recipe beside both nulls."""

import numpy as np
import pytest

from absorption.claims import Evidence
from absorption.publish.averages import averages
from absorption.publish.surveyed import (
    LOOKS,
    TITLES,
    Of,
    counted,
    in_words,
    of_excesses,
    rates_beside_nulls,
    told,
)

FACTORS = ("SAEs", "splits", "letters")
MORE, LESS, OPEN = (Evidence("any", at, at - 0.05, at + 0.05) for at in (0.1, -0.1, 0.0))
FOUND: dict[Of, Evidence] = {
    ("SmolLM2", "plain", "full"): MORE,
    ("SmolLM2", "nested", "full"): LESS,
    ("SmolLM2", "tied", "full"): LESS,
    ("SmolLM2", "plain", "silent"): LESS,
    ("Gemma", "plain", "full"): OPEN,
    ("Gemma", "nested", "full"): LESS,
}


def test_a_sentence_names_the_recipes_on_either_side_model_by_model():
    assert told(FOUND, "full") == (
        "In SmolLM2 letters have more in plain SAEs; letters have less in nested and tied SAEs. "
        "In Gemma letters have less in nested SAEs; in plain ones it is not told."
    )


def test_what_has_not_learned_is_left_out_of_the_sentence():
    assert told(FOUND, "full", [("Gemma", "nested")]).endswith("In Gemma it is not told in plain ones.")


def test_a_title_counts_the_rows_of_its_rate():
    assert counted(FOUND, "full") == "more in 1 of 5,\nless in 3"
    assert counted(FOUND, "silent") == "more in 0 of 1,\nless in 1"


def test_evidence_is_named_by_its_place_and_clipped_to_what_is_possible():
    cells = np.linspace(-0.2, 0.2, 24).reshape(2, 3, 4)
    found = of_excesses({("SmolLM2", 4, "nested and orthogonal", "full"): cells}, FACTORS)
    (one,) = found.values()
    assert one.name == "smollm2_4_nested_and_orthogonal_full_above" and one.interval[0] >= -1


@pytest.mark.parametrize(
    ("of", "said"), [(MORE, "+0.100 (+0.050 to +0.150)"), (OPEN, "+0.000 (−0.050 to +0.050)")]
)
def test_numbers_are_signed(of, said):
    assert in_words(of) == said


def test_what_is_not_available_is_a_dash():
    assert in_words(Evidence.not_available("any", "hardly a letter has a half-space")) == "–"


def test_every_rate_has_a_panel_with_letters_and_both_half_spaces():
    row = {(rate, kind): np.array([0.1, 0.2]) + at / 10 for rate in TITLES for at, kind in enumerate(LOOKS)}
    figure = rates_beside_nulls({"SmolLM2, plain": row}, {})
    assert [(a.get_title() or a.get_title("left")) for a in figure.axes] == list(TITLES.values())
    centers = [float(np.asarray(line.get_xdata())[0]) for line in figure.axes[2].lines[:3]]
    assert centers == pytest.approx(
        [averages("", "child", [row["silent", kind]]).center[0] for kind in LOOKS]
    )
