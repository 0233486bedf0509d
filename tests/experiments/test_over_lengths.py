"""What the length of training makes of several recipes."""

import numpy as np
import pytest

from absorption.experiments.over_lengths import OverLengths


@pytest.fixture
def found():
    plain = np.array([[0.02, 0.04], [0.1, 0.2], [0.3, 0.3], [0.4, 0.4]])  # [length seed]
    nested = np.array([[0.4, 0.1], [0.2, 0.2], [0.2, 0.2], [0.2, 0.5]])
    return OverLengths.stacked(
        {name: [{"full": row} for row in rows] for name, rows in (("plain", plain), ("nested", nested))}
    )


def test_lengths_have_names(found):
    named = found.named(["full"])
    assert list(named)[:2] == ["full_plain_severe", "full_plain_short"]
    assert named["full_plain_middle"].tolist() == [0.3, 0.3]
    assert named["full_nested_longest"].tolist() == [0.2, 0.5]


def test_short_trainings_are_held_against_the_longest_of_their_own_recipe(found):
    ratios = found.ratios(["full"])
    assert list(ratios) == [f"full{of}_{at}_ratio" for of in ("", "_nested") for at in ("severe", "short")]
    first, last, note = ratios["full_nested_short_ratio"]
    assert (first / last).round(9).tolist() == [1.0, 0.4] and note.startswith("nested")


def test_both_recipes_together(found):
    second_last, last, _ = found.settled(["full"])["full_settled"]
    assert second_last.tolist() == [0.5, 0.5] and last.round(9).tolist() == [0.6, 0.9]
    assert found.of("full", np.min).tolist() == [0.2, 0.4]
    assert found.gain("full").round(9).tolist() == [0.1, 0.3]
    assert found.saved(["full"])["full_saved_severe"].round(9).tolist() == [-0.38, -0.06]


def test_every_length_of_every_recipe_is_held_against_plain_at_the_longest(found):
    assert found.off("full").round(9).tolist() == [0.95, 0.9]
