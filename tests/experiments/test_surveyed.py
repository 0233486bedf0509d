"""Every recipe after every block: which SAEs have learned, and what letters have beyond half-spaces."""

import numpy as np
import pytest

from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.blockwise import Blocks
from absorption.experiments.fixes import RATES
from absorption.experiments.surveyed import by_block, excesses, has_learned, of_each_sae

RATE_OF = {"letters": 0.4, "free": 0.3, "matched": 0.1}


def one(scale=1.0, f1=0.6, explained=0.7, dead=0.01):
    by = {
        kind: {rate: np.array([[scale * of * (1 + at), np.nan]]) for at, rate in enumerate(RATES)}
        for kind, of in RATE_OF.items()
    }
    by["letters"]["f1"] = np.array([[f1, f1]])
    return Judgement(by, explained, l0=16.0, dead=dead)


SURVEY = {
    ("SmolLM2", "plain"): Blocks((4, 11), (one(), one(0.5))),
    ("SmolLM2", "tied"): Blocks((4, 11), (one(0.25), one())),
    ("Gemma", "plain"): Blocks((10,), (one(),)),
}


@pytest.mark.parametrize("lacking", [dict(explained=0.4), dict(dead=0.2), dict(f1=0.3)])
def test_saes_that_fail_one_gate_have_not_learned(lacking):
    assert has_learned(Blocks((4,), (one(),)))
    assert not has_learned(Blocks((4,), (one(**lacking),)))


def test_gates_are_asked_of_means_over_saes():
    assert has_learned(Blocks((4, 4), (one(dead=0.15), one(dead=0.01))))


def test_every_block_of_a_model_has_each_of_its_recipes():
    found = by_block(SURVEY)
    assert list(found) == [
        ("SmolLM2", 4, "plain"), ("SmolLM2", 4, "tied"), ("SmolLM2", 11, "plain"), ("SmolLM2", 11, "tied"),
        ("Gemma", 10, "plain"),
    ]  # fmt: skip
    assert found["SmolLM2", 11, "plain"].each("full").tolist() == pytest.approx([0.2])


def test_what_letters_have_beyond_is_told_rate_by_rate_of_places_and_of_blocks():
    found = excesses(SURVEY)
    assert set(found) == {(*place, rate) for place in SURVEY for rate in RATES}
    np.testing.assert_allclose(found["SmolLM2", "plain", RATES[1]], [[[0.6, np.nan]], [[0.3, np.nan]]])
    np.testing.assert_allclose(
        excesses(by_block(SURVEY))["SmolLM2", 4, "tied", RATES[0]], [[[0.075, np.nan]]]
    )


def test_a_row_has_each_rate_of_letters_and_of_both_half_spaces():
    found = of_each_sae(SURVEY["SmolLM2", "plain"])
    for at, rate in enumerate(RATES):
        for kind, of in RATE_OF.items():
            assert found[rate, kind].tolist() == pytest.approx([of * (1 + at), of * (1 + at) / 2])
    assert found["SAE", "F1"].tolist() == [0.6, 0.6] and found["SAE", "dead"].tolist() == [0.01, 0.01]
